// Package tabular turns the bytes of a file into records with positions: CSV in any dialect and encoding, workbooks and
// JSON Lines, packed with gzip or zstd or not. It has no idea of imports, sites or databases: importer, upload and
// download call it, and it calls nobody.
//
// Promises: one bad row costs one row, which is named by row and line; no cell is changed or dropped silently (besides
// quotes and escapes that belong to the dialect, and the tones of windows-1258, which are composed); what is guessed is
// told, and what is declared is obeyed; any input ends in records or in an Error with a stable code; memory is bounded
// by Limits, whatever the size of the file; what is read does not depend on how the source cuts its reads.
//
// A line ends with LF, CRLF or a lone CR, also mixed. A quote opens a quoted cell only as its first byte and is literal
// text elsewhere; it closes only before a delimiter, a line end or the end of the file, or the row is set aside.
//
// It may import the standard library, golang.org/x/text, github.com/klauspost/compress and entrepot/definition.
package tabular
