package definition_test

import (
	"strings"
	"testing"

	"entrepot/definition"

	"github.com/stretchr/testify/require"
)

func TestLocalesSayHowNumbersAndDatesAreWritten(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{
		"en", "en-US", "en-GB", "tr", "vi", "ja", "de", "fr", "es", "it", "nl", "pt-BR", "pl",
	} {
		require.Contains(t, definition.Locales(), tag)
	}
	for _, tag := range definition.Locales() {
		l, ok := definition.FindLocale(tag)
		require.True(t, ok, tag)
		require.Equal(t, tag, l.Tag)
		require.Contains(t, ".,", string(l.Point), tag)
		require.NotEmpty(t, l.Groups, tag)
		require.NotContains(t, l.Groups, string(l.Point), tag)
		require.Empty(t, strings.Trim(l.Groups, "., '"), tag)
		require.Empty(t, definition.Format{Locale: tag}.Check(), tag)
	}
	l, ok := definition.FindLocale("PT_br")
	require.True(t, ok)
	require.Equal(t, "pt", l.Language())
	for _, tag := range []string{"", "tr-US", "xx", "english", "e"} {
		_, ok := definition.FindLocale(tag)
		require.False(t, ok, tag)
	}
}

func TestNumberStyle(t *testing.T) {
	t.Parallel()
	type style = definition.NumberStyle
	for _, test := range []struct {
		locale, decimal, thousands string
		want                       style
	}{
		{"", "", "", style{}},
		{"tr", "", "", style{Point: ',', Groups: "."}},
		{"tr", ".", "", style{Point: '.'}},
		{"tr", "", " ", style{Point: ',', Groups: " "}},
		{"en-IN", "", "", style{Point: '.', Groups: ",", Indian: true}},
		{"", ",", "", style{Point: ','}},
		{"", "", ",", style{Point: '.', Groups: ","}},
		{"", ",", "\u202F", style{Point: ',', Groups: " "}},
		{"", ".", "’", style{Point: '.', Groups: "'"}},
	} {
		f := definition.Format{Locale: test.locale, DecimalSeparator: test.decimal, ThousandsSeparator: test.thousands}
		require.Equal(t, test.want, f.NumberStyle(), "%+v", f)
	}
}

func TestAppendNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ locale, number, want string }{
		{"", "1234.5", "1234.5"},
		{"", "1.234", "1.2340"},
		{"", "-12.345", "-12.3450"},
		{"", "0.123", "0.123"},
		{"", "1234", "1234"},
		{"", "1.234E5", "1.234E5"},
		{"tr", "1.234", "1,234"},
		{"tr", "-1.5e-7", "-1,5e-7"},
		{"en-US", "1.234", "1.234"},
	} {
		f := definition.Format{Locale: test.locale}
		require.Equal(t, "x"+test.want, string(f.AppendNumber([]byte("x"), []byte(test.number))), "%+v", test)
	}
}

func TestLooksGrouped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1.234": true, "12,345": true, "999.000": true, "-1,234": true, "+1.234": true, "0.123": false, "1234.567": false,
		"1.23": false, "1.2345": false, "1.234.567": false, "1 234": false, ".123": false, "": false, "1.23a": false,
		"1234": false, "--1.234": false,
	} {
		require.Equal(t, want, definition.LooksGrouped([]byte(text)), text)
	}
}

// TestFormatFitsItsKind names what belongs to one kind of file together with each of them.
func TestFormatFitsItsKind(t *testing.T) {
	t.Parallel()
	for field, test := range map[string]struct {
		format definition.Format
		kinds  []definition.FileKind
	}{
		"encoding":  {definition.Format{Encoding: "UTF-8"}, []definition.FileKind{definition.KindCSV, definition.KindJSONL}},
		"delimiter": {definition.Format{Delimiter: ";"}, []definition.FileKind{definition.KindCSV}},
		"quote":     {definition.Format{Quote: "'"}, []definition.FileKind{definition.KindCSV}},
		"escape":    {definition.Format{Escape: `\`}, []definition.FileKind{definition.KindCSV}},
		"sheet":     {definition.Format{Sheet: "Veri"}, []definition.FileKind{definition.KindXLSX}},
		"headerRow": {definition.Format{HeaderRow: 2}, []definition.FileKind{definition.KindCSV, definition.KindXLSX}},
		"locale": {
			definition.Format{Locale: "tr"},
			[]definition.FileKind{definition.KindCSV, definition.KindXLSX, definition.KindJSONL},
		},
	} {
		require.Empty(t, test.format.Check(), field)
		for _, kind := range []definition.FileKind{definition.KindCSV, definition.KindXLSX, definition.KindJSONL} {
			f := test.format
			f.Kind = kind
			fits := false
			for _, k := range test.kinds {
				fits = fits || k == kind
			}
			problems := f.Check()
			if fits {
				require.Empty(t, problems, "%s %s", field, kind)
				continue
			}
			require.Len(t, problems, 1, "%s %s", field, kind)
			require.Equal(t, []string{"format", field}, problems[0].Path)
			require.Equal(t, definition.Param{Name: "rule", Value: "kind"}, problems[0].Params[0])
		}
	}
}

func TestFormatRefusesWhatNoFileHas(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		format      definition.Format
		field, rule string
	}{
		"locale":              {definition.Format{Locale: "klingon"}, "locale", "enum"},
		"sheet too long":      {definition.Format{Sheet: strings.Repeat("ş", 32)}, "sheet", "long"},
		"sheet of pairs":      {definition.Format{Sheet: strings.Repeat("😀", 16)}, "sheet", "long"},
		"sheet with a slash":  {definition.Format{Sheet: "a/b"}, "sheet", "bytes"},
		"sheet not UTF-8":     {definition.Format{Sheet: "\xff"}, "sheet", "bytes"},
		"escape of two":       {definition.Format{Escape: `\\`}, "escape", "character"},
		"escape as delimiter": {definition.Format{Delimiter: "|", Escape: "|"}, "escape", "same"},
		"locale's point":      {definition.Format{Locale: "tr", ThousandsSeparator: ","}, "thousandsSeparator", "same"},
	} {
		problems := test.format.Check()
		require.Len(t, problems, 1, name)
		require.Equal(t, []string{"format", test.field}, problems[0].Path, name)
		require.Equal(t, test.rule, problems[0].Params[0].Value, name)
	}
	require.Empty(t, definition.Format{Locale: "tr", ThousandsSeparator: "."}.Check())
	require.Empty(t, definition.Format{Sheet: strings.Repeat("ş", 31)}.Check())
}
