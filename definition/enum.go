package definition

import (
	"io"
	"slices"
)

// ImportStatus is the state of an Import; the last four are final.
type ImportStatus string

// The values of ImportStatus.
const (
	ImportPending            ImportStatus = "PENDING"
	ImportProcessing         ImportStatus = "PROCESSING"
	ImportCompleted          ImportStatus = "COMPLETED"
	ImportPartiallyCompleted ImportStatus = "PARTIALLY_COMPLETED"
	ImportFailed             ImportStatus = "FAILED"
	ImportCanceled           ImportStatus = "CANCELED"
)

// Values lists every ImportStatus in the contract's order.
func (ImportStatus) Values() []string {
	return []string{
		string(ImportPending),
		string(ImportProcessing),
		string(ImportCompleted),
		string(ImportPartiallyCompleted),
		string(ImportFailed),
		string(ImportCanceled),
	}
}

// Valid tells whether v is one of the contract's values.
func (v ImportStatus) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v ImportStatus) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *ImportStatus) UnmarshalGQL(in any) error { return readName(v, in) }

// PeriodUnit is how long the period of a result is.
type PeriodUnit string

// The values of PeriodUnit.
const (
	Yearly    PeriodUnit = "YEARLY"
	Quarterly PeriodUnit = "QUARTERLY"
	Monthly   PeriodUnit = "MONTHLY"
)

// Values lists every PeriodUnit in the contract's order.
func (PeriodUnit) Values() []string {
	return []string{
		string(Yearly),
		string(Quarterly),
		string(Monthly),
	}
}

// Valid tells whether v is one of the contract's values.
func (v PeriodUnit) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v PeriodUnit) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *PeriodUnit) UnmarshalGQL(in any) error { return readName(v, in) }

// ColumnType is what the cells of an input column hold.
type ColumnType string

// The values of ColumnType.
const (
	TypeString   ColumnType = "STRING"
	TypeNumber   ColumnType = "NUMBER"
	TypeInteger  ColumnType = "INTEGER"
	TypeBoolean  ColumnType = "BOOLEAN"
	TypeDate     ColumnType = "DATE"
	TypeDateTime ColumnType = "DATETIME"
)

// Values lists every ColumnType in the contract's order.
func (ColumnType) Values() []string {
	return []string{
		string(TypeString),
		string(TypeNumber),
		string(TypeInteger),
		string(TypeBoolean),
		string(TypeDate),
		string(TypeDateTime),
	}
}

// Valid tells whether v is one of the contract's values.
func (v ColumnType) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v ColumnType) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *ColumnType) UnmarshalGQL(in any) error { return readName(v, in) }

// ColumnRole is what a column means beside its values.
type ColumnRole string

// The values of ColumnRole.
const (
	RoleSiteIdentifier ColumnRole = "SITE_IDENTIFIER"
	RolePeriod         ColumnRole = "PERIOD"
)

// Values lists every ColumnRole in the contract's order.
func (ColumnRole) Values() []string {
	return []string{
		string(RoleSiteIdentifier),
		string(RolePeriod),
	}
}

// Valid tells whether v is one of the contract's values.
func (v ColumnRole) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v ColumnRole) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *ColumnRole) UnmarshalGQL(in any) error { return readName(v, in) }

// Aggregate is how an output comes out of the values of a group.
type Aggregate string

// The values of Aggregate.
const (
	Sum     Aggregate = "SUM"
	Average Aggregate = "AVERAGE"
	Min     Aggregate = "MIN"
	Max     Aggregate = "MAX"
	Count   Aggregate = "COUNT"
	First   Aggregate = "FIRST"
	Last    Aggregate = "LAST"
)

// Values lists every Aggregate in the contract's order.
func (Aggregate) Values() []string {
	return []string{
		string(Sum),
		string(Average),
		string(Min),
		string(Max),
		string(Count),
		string(First),
		string(Last),
	}
}

// Valid tells whether v is one of the contract's values.
func (v Aggregate) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v Aggregate) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *Aggregate) UnmarshalGQL(in any) error { return readName(v, in) }

// InvalidRowPolicy is what a row that cannot be accepted does to its import.
type InvalidRowPolicy string

// The values of InvalidRowPolicy.
const (
	InvalidRowFail InvalidRowPolicy = "FAIL"
	InvalidRowSkip InvalidRowPolicy = "SKIP"
)

// Values lists every InvalidRowPolicy in the contract's order.
func (InvalidRowPolicy) Values() []string {
	return []string{
		string(InvalidRowFail),
		string(InvalidRowSkip),
	}
}

// Valid tells whether v is one of the contract's values.
func (v InvalidRowPolicy) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v InvalidRowPolicy) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *InvalidRowPolicy) UnmarshalGQL(in any) error { return readName(v, in) }

// UnknownSitePolicy is what happens to a row whose site is not known.
type UnknownSitePolicy string

// The values of UnknownSitePolicy.
const (
	UnknownSiteAccept UnknownSitePolicy = "ACCEPT"
	UnknownSiteReject UnknownSitePolicy = "REJECT"
)

// Values lists every UnknownSitePolicy in the contract's order.
func (UnknownSitePolicy) Values() []string {
	return []string{
		string(UnknownSiteAccept),
		string(UnknownSiteReject),
	}
}

// Valid tells whether v is one of the contract's values.
func (v UnknownSitePolicy) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v UnknownSitePolicy) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *UnknownSitePolicy) UnmarshalGQL(in any) error { return readName(v, in) }

// OutputType is what an output holds.
type OutputType string

// The values of OutputType.
const (
	OutputNumber  OutputType = "NUMBER"
	OutputString  OutputType = "STRING"
	OutputBoolean OutputType = "BOOLEAN"
)

// Values lists every OutputType in the contract's order.
func (OutputType) Values() []string {
	return []string{
		string(OutputNumber),
		string(OutputString),
		string(OutputBoolean),
	}
}

// Valid tells whether v is one of the contract's values.
func (v OutputType) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v OutputType) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *OutputType) UnmarshalGQL(in any) error { return readName(v, in) }

// FileKind is the format of a file.
type FileKind string

// The values of FileKind.
const (
	KindCSV   FileKind = "CSV"
	KindXLSX  FileKind = "XLSX"
	KindJSONL FileKind = "JSONL"
)

// Values lists every FileKind in the contract's order.
func (FileKind) Values() []string {
	return []string{
		string(KindCSV),
		string(KindXLSX),
		string(KindJSONL),
	}
}

// Valid tells whether v is one of the contract's values.
func (v FileKind) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v FileKind) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *FileKind) UnmarshalGQL(in any) error { return readName(v, in) }

// ImportErrorCode is why an Import failed; stable, clients accept ones that they do not know.
type ImportErrorCode string

// The values of ImportErrorCode.
const (
	ErrorFileMissing          ImportErrorCode = "FILE_MISSING"
	ErrorFileUnreadable       ImportErrorCode = "FILE_UNREADABLE"
	ErrorSourceChanged        ImportErrorCode = "SOURCE_CHANGED"
	ErrorEncodingUnknown      ImportErrorCode = "ENCODING_UNKNOWN"
	ErrorNoHeader             ImportErrorCode = "NO_HEADER"
	ErrorNoRows               ImportErrorCode = "NO_ROWS"
	ErrorNoValidRows          ImportErrorCode = "NO_VALID_ROWS"
	ErrorColumnMissing        ImportErrorCode = "COLUMN_MISSING"
	ErrorColumnAmbiguous      ImportErrorCode = "COLUMN_AMBIGUOUS"
	ErrorInvalidRows          ImportErrorCode = "INVALID_ROWS"
	ErrorLimitExceeded        ImportErrorCode = "LIMIT_EXCEEDED"
	ErrorScriptThrew          ImportErrorCode = "SCRIPT_THREW"
	ErrorScriptTimeout        ImportErrorCode = "SCRIPT_TIMEOUT"
	ErrorScriptMemory         ImportErrorCode = "SCRIPT_MEMORY"
	ErrorScriptOutputInvalid  ImportErrorCode = "SCRIPT_OUTPUT_INVALID"
	ErrorProcessorUnavailable ImportErrorCode = "PROCESSOR_UNAVAILABLE"
	ErrorConstraintViolation  ImportErrorCode = "CONSTRAINT_VIOLATION"
	ErrorWorkerCrashed        ImportErrorCode = "WORKER_CRASHED"
	ErrorStorageUnavailable   ImportErrorCode = "STORAGE_UNAVAILABLE"
	ErrorInternal             ImportErrorCode = "INTERNAL"
)

// Values lists every ImportErrorCode in the contract's order.
func (ImportErrorCode) Values() []string {
	return []string{
		string(ErrorFileMissing),
		string(ErrorFileUnreadable),
		string(ErrorSourceChanged),
		string(ErrorEncodingUnknown),
		string(ErrorNoHeader),
		string(ErrorNoRows),
		string(ErrorNoValidRows),
		string(ErrorColumnMissing),
		string(ErrorColumnAmbiguous),
		string(ErrorInvalidRows),
		string(ErrorLimitExceeded),
		string(ErrorScriptThrew),
		string(ErrorScriptTimeout),
		string(ErrorScriptMemory),
		string(ErrorScriptOutputInvalid),
		string(ErrorProcessorUnavailable),
		string(ErrorConstraintViolation),
		string(ErrorWorkerCrashed),
		string(ErrorStorageUnavailable),
		string(ErrorInternal),
	}
}

// Valid tells whether v is one of the contract's values.
func (v ImportErrorCode) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v ImportErrorCode) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *ImportErrorCode) UnmarshalGQL(in any) error { return readName(v, in) }

// RowErrorCode is what is wrong in a row; stable, clients accept ones that they do not know.
type RowErrorCode string

// The values of RowErrorCode.
const (
	RowColumnCountMismatch RowErrorCode = "COLUMN_COUNT_MISMATCH"
	RowMissingRequired     RowErrorCode = "MISSING_REQUIRED"
	RowNumberInvalid       RowErrorCode = "NUMBER_INVALID"
	RowNumberAmbiguous     RowErrorCode = "NUMBER_AMBIGUOUS"
	RowNumberOutOfRange    RowErrorCode = "NUMBER_OUT_OF_RANGE"
	RowIntegerInvalid      RowErrorCode = "INTEGER_INVALID"
	RowBooleanInvalid      RowErrorCode = "BOOLEAN_INVALID"
	RowDateInvalid         RowErrorCode = "DATE_INVALID"
	RowDateAmbiguous       RowErrorCode = "DATE_AMBIGUOUS"
	RowPeriodInvalid       RowErrorCode = "PERIOD_INVALID"
	RowPeriodTooCoarse     RowErrorCode = "PERIOD_TOO_COARSE"
	RowYearMismatch        RowErrorCode = "YEAR_MISMATCH"
	RowSiteMissing         RowErrorCode = "SITE_MISSING"
	RowSiteUnknown         RowErrorCode = "SITE_UNKNOWN"
	RowEncodingInvalid     RowErrorCode = "ENCODING_INVALID"
	RowNULByte             RowErrorCode = "NUL_BYTE"
	RowCellTooLarge        RowErrorCode = "CELL_TOO_LARGE"
	RowCellError           RowErrorCode = "CELL_ERROR"
	RowRowTooLarge         RowErrorCode = "ROW_TOO_LARGE"
	RowQuoteUnclosed       RowErrorCode = "QUOTE_UNCLOSED"
)

// Values lists every RowErrorCode in the contract's order.
func (RowErrorCode) Values() []string {
	return []string{
		string(RowColumnCountMismatch),
		string(RowMissingRequired),
		string(RowNumberInvalid),
		string(RowNumberAmbiguous),
		string(RowNumberOutOfRange),
		string(RowIntegerInvalid),
		string(RowBooleanInvalid),
		string(RowDateInvalid),
		string(RowDateAmbiguous),
		string(RowPeriodInvalid),
		string(RowPeriodTooCoarse),
		string(RowYearMismatch),
		string(RowSiteMissing),
		string(RowSiteUnknown),
		string(RowEncodingInvalid),
		string(RowNULByte),
		string(RowCellTooLarge),
		string(RowCellError),
		string(RowRowTooLarge),
		string(RowQuoteUnclosed),
	}
}

// Valid tells whether v is one of the contract's values.
func (v RowErrorCode) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v RowErrorCode) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *RowErrorCode) UnmarshalGQL(in any) error { return readName(v, in) }

// WarningCode is what was odd about a file without being wrong.
type WarningCode string

// The values of WarningCode.
const (
	WarningDuplicateFile      WarningCode = "DUPLICATE_FILE"
	WarningDuplicateHeader    WarningCode = "DUPLICATE_HEADER"
	WarningEmptyHeader        WarningCode = "EMPTY_HEADER"
	WarningExtraColumns       WarningCode = "EXTRA_COLUMNS"
	WarningEncodingGuessed    WarningCode = "ENCODING_GUESSED"
	WarningDelimiterGuessed   WarningCode = "DELIMITER_GUESSED"
	WarningPreambleSkipped    WarningCode = "PREAMBLE_SKIPPED"
	WarningRowErrorsTruncated WarningCode = "ROW_ERRORS_TRUNCATED"
)

// Values lists every WarningCode in the contract's order.
func (WarningCode) Values() []string {
	return []string{
		string(WarningDuplicateFile),
		string(WarningDuplicateHeader),
		string(WarningEmptyHeader),
		string(WarningExtraColumns),
		string(WarningEncodingGuessed),
		string(WarningDelimiterGuessed),
		string(WarningPreambleSkipped),
		string(WarningRowErrorsTruncated),
	}
}

// Valid tells whether v is one of the contract's values.
func (v WarningCode) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v WarningCode) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *WarningCode) UnmarshalGQL(in any) error { return readName(v, in) }

// LogLevel is how a processor wrote a line to its console.
type LogLevel string

// The values of LogLevel.
const (
	LogLevelLog   LogLevel = "LOG"
	LogLevelInfo  LogLevel = "INFO"
	LogLevelWarn  LogLevel = "WARN"
	LogLevelError LogLevel = "ERROR"
)

// Values lists every LogLevel in the contract's order.
func (LogLevel) Values() []string {
	return []string{string(LogLevelLog), string(LogLevelInfo), string(LogLevelWarn), string(LogLevelError)}
}

// Valid tells whether v is one of the contract's values.
func (v LogLevel) Valid() bool { return slices.Contains(v.Values(), string(v)) }

// MarshalGQL writes the enum's name.
func (v LogLevel) MarshalGQL(w io.Writer) { writeName(w, string(v)) }

// UnmarshalGQL takes the enum's name and refuses everything else.
func (v *LogLevel) UnmarshalGQL(in any) error { return readName(v, in) }
