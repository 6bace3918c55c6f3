// Package definition holds the words that everybody may know: the columns, outputs and formats of an ImportDefinition,
// the statuses and codes of imports and rows, and the checks that need nothing but the values themselves.
//
// It is a leaf: it imports the standard library and golang.org/x/text only, does no I/O but for loading time zones, and
// is imported by ent/schema (these types are the contents of its JSON columns), tabular, processor, importer, upload,
// graph and rest.
package definition

// Column is one input column: what a definition expects a file to have.
type Column struct {
	// Name is the header that the column is looked for under, and the name that outputs refer to.
	Name string `json:"name"`
	// Type says how cells are read.
	Type ColumnType `json:"type"`
	// Required refuses a file without the column and a row without a value in it.
	Required bool `json:"required,omitempty"`
	// Role marks the column that names the site or the period; at most one column per role.
	Role ColumnRole `json:"role,omitempty"`
	// Aliases are other headers that the column is known under.
	Aliases []string `json:"aliases,omitempty"`
	// Format is the layout of dates (such as DD.MM.YYYY), or empty for the file format's.
	Format string `json:"format,omitempty"`
	// Description is for people.
	Description string `json:"description,omitempty"`
}

// Output is one value that an import computes per site and period.
type Output struct {
	// Key names the value in processedData.
	Key string `json:"key"`
	// Label is the name for people.
	Label string `json:"label"`
	// Type is what the value is.
	Type OutputType `json:"type"`
	// PeriodUnit is the length of the period that each value stands for.
	PeriodUnit PeriodUnit `json:"periodUnit"`
	// Unit is the unit of measure, for people.
	Unit string `json:"unit,omitempty"`
	// Aggregate computes the value from Column; empty where the version has code, which computes it.
	Aggregate Aggregate `json:"aggregate,omitempty"`
	// Column is the input column's name; only COUNT goes without, and then counts rows.
	Column string `json:"column,omitempty"`
	// FormElementID ties the value to a form of the client's.
	FormElementID string `json:"formElementId,omitempty"`
}

// Format says how a file is written. A zero value means: detect, or the default.
type Format struct {
	Kind      FileKind `json:"kind,omitempty"`
	Encoding  string   `json:"encoding,omitempty"`
	Delimiter string   `json:"delimiter,omitempty"`
	Quote     string   `json:"quote,omitempty"`
	// Escape stands before a quote, or before itself, within a quoted cell, in the place of a doubled quote.
	Escape string `json:"escape,omitempty"`
	// Sheet is the name of a workbook's sheet.
	Sheet     string `json:"sheet,omitempty"`
	HeaderRow int    `json:"headerRow,omitempty"`
	// Locale is one of Locales, such as tr or en-US: how numbers and dates are written where the fields below do not say.
	Locale             string `json:"locale,omitempty"`
	DecimalSeparator   string `json:"decimalSeparator,omitempty"`
	ThousandsSeparator string `json:"thousandsSeparator,omitempty"`
	// DateFormats are tried in this order, such as DD.MM.YYYY; empty means ISO 8601 and what else is written in one way
	// only, or in the locale's.
	DateFormats []string `json:"dateFormats,omitempty"`
	// TimeZone is an IANA name; date-times fall into periods in it. Empty means UTC.
	TimeZone string `json:"timeZone,omitempty"`
}

// ColumnMapping says which header of a file feeds an input column.
type ColumnMapping struct {
	Column string `json:"column"`
	Header string `json:"header"`
}

// Param is one value that a message was written with, so that it can be written again in another language.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Warning tells of something odd about a file that stops nothing.
type Warning struct {
	Code    WarningCode `json:"code"`
	Message string      `json:"message"`
	Params  []Param     `json:"params,omitempty"`
}

// DetectedFormat is how a file was found to be written.
type DetectedFormat struct {
	Kind               FileKind `json:"kind"`
	Encoding           string   `json:"encoding,omitempty"`
	EncodingConfidence float64  `json:"encodingConfidence,omitempty"`
	ByteOrderMark      bool     `json:"byteOrderMark,omitempty"`
	Delimiter          string   `json:"delimiter,omitempty"`
	Quote              string   `json:"quote,omitempty"`
	Escape             string   `json:"escape,omitempty"`
	LineEnding         string   `json:"lineEnding,omitempty"`
	// Compression is gzip or zstd; empty for none.
	Compression string `json:"compression,omitempty"`
	// Sheets are the names of a workbook's sheets, and Sheet the one that is read.
	Sheets    []string `json:"sheets,omitempty"`
	Sheet     string   `json:"sheet,omitempty"`
	HeaderRow int      `json:"headerRow"`
	// Date1904 tells that the workbook counts days from 1904-01-01.
	Date1904 bool `json:"date1904,omitempty"`
}

// DetectedColumn is one column of an uploaded file.
type DetectedColumn struct {
	Index   int        `json:"index"`
	Header  string     `json:"header"`
	Type    ColumnType `json:"type"`
	Samples []string   `json:"samples,omitempty"`
}

// ResultMapping ties one value of a result to the client's form.
type ResultMapping struct {
	OutputKey     string `json:"outputKey"`
	FormElementID string `json:"formElementId,omitempty"`
	// ValueInserted is the value as JSON text.
	ValueInserted string `json:"valueInserted"`
}

// RowRange is a run of data rows, both ends included.
type RowRange struct {
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// RowError is one thing that is wrong in one row.
type RowError struct {
	// Row counts data rows from 1, blank ones not.
	Row int64 `json:"row"`
	// Line is the physical line that the row starts on, header included; 0 when unknown.
	Line int64 `json:"line,omitempty"`
	// Column is the input column's name or the file's header; empty when the whole row is meant.
	Column string       `json:"column,omitempty"`
	Code   RowErrorCode `json:"code"`
	// Value is the raw cell, cut at 200 characters; never quoted in Message.
	Value   string  `json:"value,omitempty"`
	Message string  `json:"message"`
	Params  []Param `json:"params,omitempty"`
}

// ErrorGroup counts the row errors of one code and column, exact beyond the cap on kept errors.
type ErrorGroup struct {
	Code   RowErrorCode `json:"code"`
	Column string       `json:"column,omitempty"`
	Count  int64        `json:"count"`
	// RowRanges are the first runs of rows that have this error.
	RowRanges []RowRange `json:"rowRanges"`
	// Sample is the first of them.
	Sample RowError `json:"sample"`
}

// LogLine is one line that a processor wrote to its console.
type LogLine struct {
	Level   LogLevel `json:"level"`
	Message string   `json:"message"`
	// SiteKey is the site whose rows were processed; nil without a SITE_IDENTIFIER column, and for what an import says
	// itself.
	SiteKey *string `json:"siteKey,omitempty"`
}

// Version is what an import runs: one immutable version of a definition.
type Version struct {
	Columns       []Column          `json:"columns"`
	Outputs       []Output          `json:"outputs"`
	Format        Format            `json:"format"`
	OnInvalidRow  InvalidRowPolicy  `json:"onInvalidRow"`
	OnUnknownSite UnknownSitePolicy `json:"onUnknownSite"`
	// Code is JavaScript that defines process(rows, context), which computes all outputs; empty: their aggregates do.
	Code string `json:"code,omitempty"`
}
