package tabular

import (
	"strconv"
	"strings"
)

// numberFormat is what a cell's format says about its number beyond how it is shown.
type numberFormat struct {
	class formatClass
	// zeros is to how many digits the integer part is filled up with zeros; 0 for not at all.
	zeros uint8
}

type formatClass uint8

const (
	formatNumber formatClass = iota
	// formatDate shows a day, formatDateTime a day and a time. What shows a time without a day, or a duration, is a
	// number: there is no day in it.
	formatDate
	formatDateTime
)

// maxZeros is the most leading zeros that are filled in.
const maxZeros = 30

// builtInFormat is the format of a number below 164, which the file does not spell out (ECMA-376-1, 18.8.30). Some
// mean a day in Japanese and Korean and a time in Chinese: these are taken for days, and a number below one day, which
// is how a time is stored, is left a number by who reads the cell.
func builtInFormat(id int) numberFormat {
	switch {
	case id == 22 || id == 77:
		return numberFormat{class: formatDateTime}
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id >= 34 && id <= 36, id >= 50 && id <= 58, id >= 71 && id <= 74,
		id == 81:
		return numberFormat{class: formatDate}
	default:
		return numberFormat{}
	}
}

// parseFormat reads a format code, such as yyyy-mm-dd;@ or 00000. Codes are stored in English whatever the language of
// the program (ECMA-376-1, 18.8.31).
func parseFormat(code string) numberFormat {
	var all, first formatScan
	for i, section := range splitSections(code) {
		scan := scanSection(section)
		if i == 0 {
			first = scan
		}
		if i < 3 { // the fourth is for text
			all.day = all.day || scan.day
			all.time = all.time || scan.time
			all.elapsed = all.elapsed || scan.elapsed
		}
	}
	switch {
	case all.day && all.time:
		return numberFormat{class: formatDateTime}
	case all.day:
		return numberFormat{class: formatDate}
	case all.time || all.elapsed || first.other || first.zeros < 2:
		return numberFormat{}
	default:
		return numberFormat{zeros: uint8(min(first.zeros, maxZeros))}
	}
}

// formatScan is what one section of a format code has.
type formatScan struct {
	day, time, elapsed bool
	zeros              int  // placeholders of the integer part that show a zero
	other              bool // scales the number, or shows it as a fraction, in percent or with an exponent
}

// splitSections splits a code at the semicolons that are not quoted.
func splitSections(code string) []string {
	var sections []string
	start := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case ';':
			sections = append(sections, code[start:i])
			start = i + 1
		case '"', '[':
			i = skipLiteral(code, i)
		case '\\', '_', '*':
			i++
		}
	}
	return append(sections, code[start:])
}

// skipLiteral gives where the text in quotes, or the brackets, that start at i end.
func skipLiteral(code string, i int) int {
	end := byte('"')
	if code[i] == '[' {
		end = ']'
	}
	length := strings.IndexByte(code[i+1:], end)
	if length < 0 {
		return len(code) - 1
	}
	return i + 1 + length
}

// scanSection looks at the letters of a section that are neither quoted nor escaped.
func scanSection(section string) formatScan {
	var s formatScan
	lower := strings.ToLower(section)
	if strings.Contains(lower, "general") {
		s.other = true
		return s
	}
	months, decimals, digits := 0, false, false
	last := byte(0) // the last letter of a date or time, 'M' for months
	for i := 0; i < len(lower); i++ {
		c := lower[i]
		run := 1
		for i+run < len(lower) && lower[i+run] == c {
			run++
		}
		switch c {
		case '"', '[':
			end := skipLiteral(lower, i)
			if c == '[' && end > i+1 && strings.Trim(lower[i+1:end], string(lower[i+1])) == "" &&
				strings.IndexByte("hms", lower[i+1]) >= 0 {
				s.elapsed, last = true, lower[i+1]
			}
			i = end
			continue
		case '\\', '_', '*':
			i++
			continue
		case 'a':
			rest := lower[i:]
			switch {
			case strings.HasPrefix(rest, "am/pm"):
				s.time, last, run = true, 'h', len("am/pm")
			case strings.HasPrefix(rest, "a/p"):
				s.time, last, run = true, 'h', len("a/p")
			case run >= 3:
				s.day = true
			}
		case 'e':
			if i+1 < len(lower) && (lower[i+1] == '+' || lower[i+1] == '-') {
				s.other = true
			} else {
				s.day, last = true, 'y'
			}
		case 'y', 'd', 'b', 'g':
			s.day, last = true, 'd'
		case 'h':
			s.time, last = true, 'h'
		case 's':
			if last == 'M' {
				months-- // minutes, seen from here
			}
			s.time, last = true, 's'
		case 'm':
			if last == 'h' {
				last = 'm'
			} else {
				last = 'M'
				months++
			}
		case '#':
			digits = true
		case '0':
			if !decimals {
				s.zeros += run
				digits = true
			}
		case '.':
			decimals = true
		case '%', '/', '?':
			s.other = true
		}
		i += run - 1
	}
	s.day = s.day || months > 0
	if digits { // the letters are a unit that somebody left without quotes
		s.day, s.time = false, false
	}
	return s
}

// styles are the formats of a workbook's cells. Its zero value, for a workbook without any, shows all numbers as they
// are.
type styles struct {
	formats []numberFormat // by the number that a cell names
	given   bool
}

// of is the format that a cell names; false where the workbook has none of that number.
func (s *styles) of(index int) (numberFormat, bool) {
	if index >= 0 && index < len(s.formats) {
		return s.formats[index], true
	}
	return numberFormat{}, !s.given
}

// maxStyles is how many formats a workbook may have: Excel keeps 65,490.
const maxStyles = 1 << 17

// readStyles reads the part that says how cells are shown.
func readStyles(x *xmlReader) (styles, error) {
	s := styles{given: true}
	custom := map[int]numberFormat{}
	group := ""
	for {
		token, err := x.next()
		if err != nil {
			return s, err
		}
		switch {
		case token == xmlEOF:
			return s, nil
		case token == xmlStart && x.depth() == 2:
			group = string(x.name)
		case token == xmlStart && x.depth() == 3 && (group == "numFmts" || group == "cellXfs"):
			id, err := x.attribute("numFmtId")
			if err != nil {
				return s, err
			}
			number, _ := strconv.Atoi(id)
			if group == "cellXfs" {
				format, ok := custom[number]
				if !ok {
					format = builtInFormat(number)
				}
				s.formats = append(s.formats, format)
			} else {
				code, err := x.attribute("formatCode")
				if err != nil {
					return s, err
				}
				custom[number] = parseFormat(code)
			}
			if len(s.formats) > maxStyles || len(custom) > maxStyles {
				return s, limitError("the workbook has more than "+strconv.Itoa(maxStyles)+" cell formats", "cellFormats", maxStyles)
			}
		}
	}
}
