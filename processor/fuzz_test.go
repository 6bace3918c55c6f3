package processor_test

import (
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"entrepot/definition"

	"github.com/cockroachdb/apd/v3"
	"github.com/stretchr/testify/require"
)

// numberForms are the ways to write a number with one decimal separator and one mark between thousands, by the two.
var numberForms = func() map[string]*regexp.Regexp {
	forms := make(map[string]*regexp.Regexp)
	for _, marks := range []string{".,", ".'", ". ", ",.", ",'", ", "} {
		p, g := regexp.QuoteMeta(marks[:1]), regexp.QuoteMeta(marks[1:])
		forms[marks] = regexp.MustCompile(`^[+-]?(?:(\d*)(?:` + p + `(\d*))?(?:[eE][+-]?\d+)?|` +
			`[1-9]\d{0,2}(?:` + g + `\d{3})+(?:` + p + `\d*(?:[eE][+-]?\d+)?)?)$`)
	}
	return forms
}()

// numberIn reads a plain text in one of the forms; nil means that it is none.
func numberIn(text, marks string) *big.Rat {
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	if !numberForms[marks].MatchString(text) || !strings.ContainsAny(mantissa, "0123456789") {
		return nil
	}
	d, _, err := apd.NewFromString(strings.ReplaceAll(strings.ReplaceAll(text, marks[1:], ""), marks[:1], "."))
	if err != nil || d.Exponent > 400 || d.Exponent < -400 {
		return nil
	}
	r, _ := new(big.Rat).SetString(d.Text('f'))
	return r
}

var plainNumber = regexp.MustCompile(`^[+-]?[0-9][0-9.,' ]*([eE][+-]?\d{1,3})?$`)

// FuzzNumber checks texts of digits and marks, of which nothing else is known, against all their readings: a number is
// taken for one only where there is no other.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{
		"1", "-0.0", "1,234", "1.234", "1e308", ".5e-7", "12345678901234567890.123", "1.234,5", "00012", "9e-308", "5.",
		"+1E+2", "1 234,567", "1'234.5", "1.234.567", "0.123", "1234.567", "12,75",
		"0.000000000000000000000000000000000000001", "99999999999999999999999999999999990", "1e99999999999",
		"\u00a07", "12-", "(5)", "5 %", "₺1,5", "１２３", "1.234e5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		got := read(t, definition.Format{}, column("", definition.TypeNumber), cell)
		isNumber := got != "{" && !strings.HasPrefix(got, "NUMBER_")
		if isNumber {
			requirePlain(t, got)
		}
		text := strings.TrimSpace(cell)
		if !plainNumber.MatchString(text) {
			return
		}
		readings := map[string]bool{}
		for marks := range numberForms {
			if r := numberIn(text, marks); r != nil {
				readings[r.String()] = true
			}
		}
		if isNumber {
			require.Len(t, readings, 1, "%q became %s", cell, got)
			require.True(t, readings[rat(t, got).String()], "%q became %s", cell, got)
		} else if got == "NUMBER_INVALID" && !strings.ContainsAny(text, "eE") {
			require.Empty(t, readings, "%q is a number", cell)
		} else if got == "NUMBER_AMBIGUOUS" {
			require.Len(t, readings, 2, "%q is not ambiguous", cell)
		}
	})
}

// FuzzGroupedNumber checks numbers with separators against the same text without them.
func FuzzGroupedNumber(f *testing.F) {
	for _, seed := range []string{"1.234,5", "1.2345", "12.345.678", "1,5", "0.123", "-.5", "1..2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		format := definition.Format{DecimalSeparator: ",", ThousandsSeparator: "."}
		got := read(t, format, column("", definition.TypeNumber), cell)
		if got == "{" || strings.HasPrefix(got, "NUMBER_") || !plainNumber.MatchString(strings.TrimSpace(cell)) {
			return
		}
		plain := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(cell), ".", ""), ",", ".")
		require.Zero(t, rat(t, got).Cmp(rat(t, plain)), "%q became %s", cell, got)
	})
}

var numericDates = regexp.MustCompile(`^(\d\d?)([./-])(\d\d?)([./-])(\d{4})$`)

// FuzzDate checks dates against the standard library, and that no numeric date is read whose day and month could be
// exchanged.
func FuzzDate(f *testing.F) {
	for _, seed := range []string{
		"2024-02-29", "20240229", "01/02/2024", "2024-03-15T10:00:00.5+03:00", "2024-03-15 10:00", "0000-00-00",
		"9999-12-31T23:59:59Z", "31/12/2024", "15 Mart 2024", "2024年3月15日", "令和6年3月15日", "15 tháng 3 năm 2024",
		"3/15/2024 1:30 PM", "05.05.2024", "2024/3/5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		text := strings.TrimSpace(cell)
		got := read(t, definition.Format{}, column("", definition.TypeDate), cell)
		isDate := strings.HasPrefix(got, `"`)
		if isDate {
			_, err := time.Parse(`"`+time.DateOnly+`"`, got)
			require.NoError(t, err, "%q became %s", cell, got)
		}
		want, err := time.Parse(time.DateOnly, text)
		if err != nil {
			want, err = time.Parse("20060102", text)
		}
		if err == nil && want.Year() > 0 {
			require.Equal(t, `"`+want.Format(time.DateOnly)+`"`, got)
		}
		if m := numericDates.FindStringSubmatch(text); m != nil && m[2] == m[4] {
			dayFirst, err1 := time.Parse("2/1/2006", m[1]+"/"+m[3]+"/"+m[5])
			monthFirst, err2 := time.Parse("1/2/2006", m[1]+"/"+m[3]+"/"+m[5])
			switch {
			case err1 == nil && err2 == nil && !dayFirst.Equal(monthFirst):
				require.False(t, isDate, "%q became %s", cell, got)
			case isDate && err1 == nil:
				require.Equal(t, dayFirst.Format(`"2006-01-02"`), got)
			case isDate:
				require.NoError(t, err2)
				require.Equal(t, monthFirst.Format(`"2006-01-02"`), got)
			}
		}
		got = read(t, definition.Format{}, column("", definition.TypeDateTime), cell)
		if strings.HasPrefix(got, `"`) {
			_, err := time.Parse(`"`+time.RFC3339Nano+`"`, got)
			require.True(t, err == nil || got[1] == '-' || got[5] != '-', "%q became %s", cell, got)
		} else if want, err := time.Parse(time.RFC3339, text); err == nil && len(text) <= 30 {
			require.Zero(t, want.Year(), "%q should be a time", cell)
		}
	})
}

// FuzzBoolean checks that case, accents and space around a word do not count.
func FuzzBoolean(f *testing.F) {
	for _, seed := range []string{"true", "HAYIR", "có", "いいえ", "x", "ja", "не", "Y", "×"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		got := read(t, definition.Format{}, column("", definition.TypeBoolean), cell)
		require.Contains(t, []string{"true", "false", "{", "BOOLEAN_INVALID"}, got)
		if got == "true" || got == "false" {
			folded := definition.NormalizeName(cell)
			require.Equal(t, got, read(t, definition.Format{}, column("", definition.TypeBoolean), " "+folded+"\t"))
			require.LessOrEqual(t, utf8.RuneCountInString(folded), 12, cell)
		}
	})
}

// FuzzPeriod checks that no text makes a period that does not exist.
func FuzzPeriod(f *testing.F) {
	for _, seed := range []string{
		"2024-03", "Mart 2024", "Q1 2024", "2024", "15 Mart 2024", "1. Çeyrek 2024",
		"03.2024", "\xff", "0 Q 0", "tháng 3 năm 2024", "2024年3月", "令和6年3月", "平成31年5月", "202403", "Quý IV/2024",
		"tháng mười hai 2024", "Th3 2024", "01/02/2024",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		for _, unit := range []definition.PeriodUnit{definition.Monthly, definition.Quarterly, definition.Yearly} {
			a, w := newPeriodWorker(t, unit)
			if len(w.Add(newRow(1, 1, [][]byte{[]byte(cell)}))) > 0 {
				continue
			}
			results, err := a.Results(t.Context())
			require.NoError(t, err)
			r := results[0]
			most := map[definition.PeriodUnit]int{definition.Monthly: 12, definition.Quarterly: 4, definition.Yearly: 1}[unit]
			require.True(t, r.Year >= 1 && r.Year <= 9999 && r.Period >= 1 && r.Period <= most, "%q: %+v", cell, r)
		}
	})
}
