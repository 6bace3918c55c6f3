// Package tabular turns bytes into records with positions. It reads CSV in UTF-8 and has no idea of imports, sites or
// databases: importer and upload call it, and it calls nobody.
//
// Promises: one bad row costs one row, which is named by row and line; no cell is changed or dropped silently (besides
// the quotes that RFC 4180 adds); any input ends in records or in an Error with a stable code; memory is bounded by
// Limits.MaxRowBytes, whatever the size of the file; what is read does not depend on how the source cuts its reads.
//
// A line ends with LF, CRLF or a lone CR, also mixed. A quote opens a quoted cell only as its first byte and is literal
// text elsewhere; it closes only before a delimiter, a line end or the end of the file. Anything else after it sets the
// row aside, since readers disagree about what such a cell says.
//
// It may import the standard library, golang.org/x/text and entrepot/definition.
package tabular
