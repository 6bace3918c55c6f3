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
		text = p.explainNumber(code, with)
	case definition.RowNumberAmbiguous:
		text = "expects a number; here the comma may separate decimals or thousands: " +
			"name the separators in the format of the definition or the import"
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
	case definition.RowBooleanInvalid:
		text = "expects true or false, yes or no, 1 or 0"
	case definition.RowDateInvalid:
		text = "expects " + c.expectedDate(with)
	case definition.RowDateAmbiguous:
		text = "expects " + c.expectedDate(with) + "; here the day and the month could be exchanged: " +
			"name the date format, such as DD/MM/YYYY, in the definition or the import"
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

func (p *plan) explainNumber(code definition.RowErrorCode, with func(name, value string)) string {
	if code == definition.RowIntegerInvalid {
		if p.numbers.thousands != nil {
			with("thousandsSeparator", string(p.numbers.thousands[0]))
		}
		return "expects an integer such as 1234"
	}
	point := string(p.numbers.point)
	with("decimalSeparator", point)
	if p.numbers.thousands == nil {
		return "expects a number such as 1234" + point + "5, with '" + point +
			"' before the decimals and nothing between thousands"
	}
	thousands := string(p.numbers.thousands[0])
	with("thousandsSeparator", thousands)
	return "expects a number such as 1" + thousands + "234" + point + "5"
}

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
	with("formats", strings.Join(ways, ", "))
	return what + " that exists, written as " + strings.Join(ways, " or ")
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
	return "a period in every row, written as " + strings.Join(ways, " or ")
}

// unitWords are the words for units.
var unitWords = [...]string{"year", "quarter", "month"}
