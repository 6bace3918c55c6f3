package processor_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"entrepot/definition"

	"github.com/cockroachdb/apd/v3"
	"github.com/stretchr/testify/require"
)

// FuzzNumber checks that what is taken for a number is the number that other readers of decimals see.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{
		"1", "-0.0", "1,234", "1e308", ".5e-7", "12345678901234567890.123", "1.234,5", "00012", "9e-308", "5.",
		"+1E+2",
		"0.000000000000000000000000000000000000001", "99999999999999999999999999999999990", "1e99999999999",
		"\u00a07",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		got := read(t, definition.Format{}, column("", definition.TypeNumber), cell)
		text := strings.TrimSpace(cell)
		d, _, err := apd.NewFromString(text)
		switch {
		case got == "{":
			require.Empty(t, text)
		case got == "NUMBER_OUT_OF_RANGE":
			require.True(t, err != nil || d.NumDigits() > 34 || d.Exponent < -308 || d.Exponent > 200, cell)
		case strings.HasPrefix(got, "NUMBER_"):
			require.True(t, err != nil || d.Form != apd.Finite, "%q should be a number", cell)
		default:
			requirePlain(t, got)
			require.NoError(t, err, cell)
			want, ok := new(big.Rat).SetString(text)
			require.True(t, ok, cell)
			require.Zero(t, rat(t, got).Cmp(want), "%q became %s", cell, got)
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
		if got == "{" || strings.HasPrefix(got, "NUMBER_") {
			return
		}
		plain := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(cell), ".", ""), ",", ".")
		require.Zero(t, rat(t, got).Cmp(rat(t, plain)), "%q became %s", cell, got)
	})
}

// FuzzDate checks dates and times against the standard library.
func FuzzDate(f *testing.F) {
	for _, seed := range []string{
		"2024-02-29", "20240229", "01/02/2024", "2024-03-15T10:00:00.5+03:00", "2024-03-15 10:00", "0000-00-00",
		"9999-12-31T23:59:59Z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		text := strings.TrimSpace(cell)
		got := read(t, definition.Format{}, column("", definition.TypeDate), cell)
		want, err := time.Parse(time.DateOnly, text)
		if err != nil {
			want, err = time.Parse("20060102", text)
		}
		if strings.HasPrefix(got, `"`) {
			require.NoError(t, err, cell)
			require.Equal(t, `"`+want.Format(time.DateOnly)+`"`, got)
		} else {
			require.True(t, err != nil || want.Year() == 0, "%q should be a date", cell)
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

// FuzzPeriod checks that no text makes a period that does not exist.
func FuzzPeriod(f *testing.F) {
	for _, seed := range []string{
		"2024-03", "Mart 2024", "Q1 2024", "2024", "15 Mart 2024", "1. Çeyrek 2024",
		"03.2024", "\xff", "0 Q 0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		for _, unit := range []definition.PeriodUnit{definition.Monthly, definition.Quarterly, definition.Yearly} {
			a, w := newPeriodWorker(t, unit)
			if len(w.Add(newRow(1, 1, [][]byte{[]byte(cell)}))) > 0 {
				continue
			}
			results, err := a.Results()
			require.NoError(t, err)
			r := results[0]
			most := map[definition.PeriodUnit]int{definition.Monthly: 12, definition.Quarterly: 4, definition.Yearly: 1}[unit]
			require.True(t, r.Year >= 1 && r.Year <= 9999 && r.Period >= 1 && r.Period <= most, "%q: %+v", cell, r)
		}
	})
}
