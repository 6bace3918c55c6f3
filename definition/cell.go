package definition

// CellKind is what is known about a cell before anybody reads its text.
type CellKind uint8

// The values of CellKind.
const (
	// CellText is text as it was written; the format says how to read it. All cells of a CSV file are.
	CellText CellKind = iota
	// CellNumber is a number in one spelling for all: a sign, digits, '.' and decimals, and an exponent. A number that a
	// workbook shows with leading zeros keeps them.
	CellNumber
	// CellBoolean is true or false.
	CellBoolean
	// CellDate is YYYY-MM-DD.
	CellDate
	// CellDateTime is YYYY-MM-DDTHH:mm:ss, with a fraction where there is one, and no offset.
	CellDateTime
	// CellError is what a program put in the place of a value that it could not compute, such as #REF!.
	CellError
)
