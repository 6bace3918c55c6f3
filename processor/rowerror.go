package processor

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"entrepot/definition"
)

const (
	// maxValue is how many characters of a cell a row error shows.
	maxValue = 200
	// maxSiteKey is how many characters name a site.
	maxSiteKey = definition.MaxName
)

// explanation is what a row error says beside the cell; it is made once per column and code.
type explanation struct {
	message string
	params  []definition.Param // shared by all of them, and never changed
}

type explanationKey struct {
	column int
	code   definition.RowErrorCode
}

// fail notes an error of the row at hand.
func (w *Worker) fail(column int, code definition.RowErrorCode, cell []byte) {
	key := explanationKey{column, code}
	e, known := w.explanations[key]
	if !known {
		e = w.plan.explain(&w.plan.columns[column], code)
		w.explanations[key] = e
	}
	w.errs = append(w.errs, definition.RowError{
		Row:     w.number,
		Line:    w.line,
		Column:  w.plan.columns[column].name,
		Code:    code,
		Value:   shown(cell),
		Message: e.message,
		Params:  e.params,
	})
}

// shown is the cell as text that a database and a client take, cut at 200 characters.
func shown(cell []byte) string {
	var b strings.Builder
	for n := 0; n < maxValue && len(cell) > 0; n++ {
		r, width := utf8.DecodeRune(cell)
		if r == 0 {
			r = utf8.RuneError
		}
		b.WriteRune(r)
		cell = cell[width:]
	}
	return b.String()
}

// explain says what a cell of the column should have been. It never quotes the cell, for who may read the message may
// not be allowed to read the file.
func (p *plan) explain(c *column, code definition.RowErrorCode) explanation {
	params := []definition.Param{{Name: "column", Value: c.name}}
	with := func(name, value string) {
		params = append(params, definition.Param{Name: name, Value: value})
	}
	var text string
	switch code {
	case definition.RowMissingRequired:
		text = "needs a value in every row"
	case definition.RowNumberInvalid, definition.RowIntegerInvalid:
		text = c.explainNumber(code, with)
	case definition.RowNumberAmbiguous:
		with("example", "1.234")
		text = "expects a number that can be read in one way: 1.234 or 1,234 may be more than a thousand or a little more " +
			"than one: name the locale or the decimal separator in the format of the definition or the import"
	case definition.RowNumberOutOfRange:
		if c.kind == definition.TypeInteger {
			with("max", strconv.Itoa(maxInteger))
			text = fmt.Sprintf("expects an integer between -%d and %d", maxInteger, maxInteger)
			break
		}
		with("digits", strconv.Itoa(maxDigits))
		with("exponent", strconv.Itoa(maxExponent))
		text = fmt.Sprintf("expects a number with at most %d significant digits and an exponent between -%d and %d",
			maxDigits, maxExponent, maxExponent)
		if p.scripted {
			with("max", "1.7976931348623157e308")
			text += ", up to 1.7976931348623157e308, the largest that code can be given"
		}
	case definition.RowBooleanInvalid:
		text = "expects true or false, yes or no, evet or hayır, có or không, はい or いいえ, or 1 or 0"
	case definition.RowDateInvalid:
		text = "expects " + c.expectedDate(with)
	case definition.RowDateAmbiguous:
		with("example", "01/02/2024")
		text = "expects a date that can be read in one way: in 01/02/2024 day and month could be exchanged: name the " +
			"locale, or the date format such as DD/MM/YYYY, in the definition or the import"
	case definition.RowPeriodInvalid:
		text = "expects " + c.expectedPeriod(with)
	case definition.RowPeriodTooCoarse:
		with("periodUnit", string(units[p.finest]))
		word := unitWords[p.finest]
		text = "expects a " + word + ", for an output has one value per " + word
	case definition.RowYearMismatch:
		with("year", strconv.Itoa(p.year))
		text = fmt.Sprintf("expects the year %d, which this import is for", p.year)
	case definition.RowSiteMissing:
		text = "needs to name the site in every row"
	case definition.RowSiteUnknown:
		text = "expects the key, name or an alias of a known site"
	case definition.RowCellTooLarge:
		with("max", strconv.Itoa(maxSiteKey))
		text = fmt.Sprintf("names the site in at most %d characters", maxSiteKey)
	case definition.RowEncodingInvalid:
		text = "expects valid UTF-8"
	case definition.RowCellError:
		text = "holds an error that a formula came to, such as #REF! or #DIV/0!: put the formula or the value right"
	case definition.RowNULByte:
		text = "must not hold a NUL character"
	}
	return explanation{"Column '" + c.name + "' " + text + ".", params}
}

func (c *column) explainNumber(code definition.RowErrorCode, with func(name, value string)) string {
	n, what := &c.numbers, "a number"
	point, group := string(n.point), ""
	if len(n.groups) > 0 {
		group = n.groups[:1]
	}
	if code == definition.RowIntegerInvalid {
		what = "an integer"
	}
	if n.free {
		example := "1234.5 or 1.234,50"
		if code == definition.RowIntegerInvalid {
			example = "1234"
		}
		return "expects " + what + " such as " + example + ", with a currency or % beside it at most"
	}
	with("decimalSeparator", point)
	if group != "" {
		with("thousandsSeparator", group)
	}
	example := "1" + group + "234"
	if n.indian {
		example = "12" + group + "34" + group + "567"
	}
	if code != definition.RowIntegerInvalid {
		example += point + "5"
	}
	with("example", example)
	text := "expects " + what + " such as " + example
	if group == "" && code != definition.RowIntegerInvalid {
		text += ", with '" + point + "' before the decimals and nothing between thousands"
	}
	return text
}

const fourDigits = "; a year has four digits, for nobody can tell the century of two"

func (c *column) expectedDate(with func(name, value string)) string {
	var ways []string
	for _, layout := range c.dates.layouts {
		ways = append(ways, layout.String())
	}
	what := "a date"
	if c.kind == definition.TypeDateTime {
		what = "a date and time"
	}
	if c.dates.iso && c.kind == definition.TypeDateTime {
		ways = append(ways, "YYYY-MM-DD HH:mm:ss", "YYYY-MM-DDTHH:mm:ssZ")
	} else if c.dates.iso {
		ways = append(ways, "YYYY-MM-DD")
	}
	if c.dates.free {
		ways = append(ways, c.dates.numeric()+c.timeOfDay(), "15 March 2024"+c.timeOfDay())
	}
	with("formats", strings.Join(ways, ", "))
	return what + " that exists, written as " + strings.Join(ways, " or ") + fourDigits
}

// timeOfDay is what stands behind the date in an example.
func (c *column) timeOfDay() string {
	if c.kind == definition.TypeDateTime {
		return " 10:30"
	}
	return ""
}

// numeric is an example of a numeric date in the order that is known; without one, of a date that has only one.
func (r *dateReader) numeric() string {
	if r.order == definition.MonthFirst {
		return "12/31/2024"
	}
	return "31/12/2024"
}

func (c *column) expectedPeriod(with func(name, value string)) string {
	if c.kind == definition.TypeInteger {
		return "a year such as 2024"
	}
	if c.kind != definition.TypeString {
		return "a date in every row"
	}
	var ways []string
	for _, layout := range c.periods {
		ways = append(ways, layout.String())
	}
	if !c.ownFormat {
		ways = append(ways, "2024-03", "03.2024", "March 2024", "Q1 2024", "2024")
	}
	with("formats", strings.Join(ways, ", "))
	return "a period in every row, written as " + strings.Join(ways, " or ") + fourDigits
}

// unitWords are the words for units.
var unitWords = [...]string{"year", "quarter", "month"}
