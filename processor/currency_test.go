package processor_test

import (
	"math/rand/v2"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// currencyError adds the rows to three workers in any order, and returns what Results says of their currencies.
func currencyError(t testing.TB, f table, seed uint64) *processor.CurrencyError {
	t.Helper()
	a, err := processor.New(f.config())
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(seed, 9))
	workers := []*processor.Worker{a.Worker(), a.Worker(), a.Worker()}
	for _, i := range random.Perm(len(f.rows)) {
		workers[random.IntN(3)].Add(newRow(int64(i+1), int64(i+2), split(f.rows[i])))
	}
	_, err = a.Results(t.Context())
	if err == nil {
		return nil
	}
	var mixed *processor.CurrencyError
	require.ErrorAs(t, err, &mixed)
	return mixed
}

func TestTwoCurrenciesFailTheImport(t *testing.T) {
	t.Parallel()
	f := table{year: 2024, version: definition.Version{
		Columns: []definition.Column{column("other", definition.TypeNumber), column("cost", definition.TypeNumber)},
		Outputs: []definition.Output{output("sum", definition.Sum, "cost"), output("n", definition.Count, "other")},
	}}
	// Row 2 is rejected, and so proves nothing; what is only counted may mix.
	f.rows = []string{"1|5", "x|€7", "€1|6 TL", "$1|₺8", "1|5 EUR", "1|TRY 9", "1|€ 7"}
	for seed := range uint64(20) {
		mixed := currencyError(t, f, seed)
		require.NotNil(t, mixed)
		require.Equal(t, "column 'cost' mixes currencies: TRY in row 3 (line 4) and EUR in row 5 (line 6); "+
			"split the file or give each currency a column of its own", mixed.Error())
		require.Equal(t, definition.ErrorInvalidRows, mixed.Code)
		require.Contains(t, mixed.Params, definition.Param{Name: "currency", Value: "TRY"})
		require.Contains(t, mixed.Params, definition.Param{Name: "row", Value: "5"})
	}
	f.rows = []string{"1|5 TL", "1|₺5", "1|TRY 5", "1|5"}
	require.Nil(t, currencyError(t, f, 1))
}

func TestSharedSignsAreTheLocalesOwn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		locale string
		rows   []string
		mixed  bool
	}{
		{"", []string{"$5", "$6"}, false},
		{"", []string{"$5", "5 USD"}, true},
		{"en-US", []string{"$5", "5 USD"}, false},
		{"en-AU", []string{"$5", "5 USD"}, true},
		{"en-AU", []string{"$5", "AUD 5", "A$5"}, false},
		{"es-MX", []string{"$5", "5 MXN"}, false},
		{"ja", []string{"¥5", "5円", "￥5", "JPY 5"}, false},
		{"", []string{"¥5", "5円"}, true},
		{"en-IN", []string{"Rs 5", "₹5"}, false},
		{"tr", []string{"$5", "5 USD"}, true},
	} {
		f := firstOf("cost", definition.TypeNumber)
		f.version.Format.Locale, f.rows = test.locale, test.rows
		require.Equal(t, test.mixed, currencyError(t, f, 1) != nil, "%s %q", test.locale, test.rows)
	}
}
