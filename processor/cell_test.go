package processor_test

import (
	"strings"
	"testing"

	"entrepot/definition"
	"entrepot/processor"

	"github.com/stretchr/testify/require"
)

// read types one cell and returns FIRST of it, as JSON without the braces, or the code of the error.
func read(t testing.TB, format definition.Format, c definition.Column, cell string) string {
	t.Helper()
	return readFrom(t, processor.Config{Version: definition.Version{Format: format}}, c, cell, definition.CellText)
}

// readFrom does so with a cell of a kind, and a config that lacks only the column and the output.
func readFrom(
	t testing.TB, config processor.Config, c definition.Column, cell string, cellKind definition.CellKind,
) string {
	t.Helper()
	c.Name = "c"
	kind := definition.OutputNumber
	switch c.Type {
	case definition.TypeBoolean:
		kind = definition.OutputBoolean
	case definition.TypeString, definition.TypeDate, definition.TypeDateTime:
		kind = definition.OutputString
	}
	config.Version.Columns = []definition.Column{c}
	config.Version.Outputs = []definition.Output{{Key: "c", Aggregate: definition.First, Column: "c", Type: kind}}
	config.Version = config.Version.Normalize()
	config.Columns = []int{0}
	if c.Role != definition.RolePeriod {
		config.Year = 2024
	}
	a, err := processor.New(config)
	require.NoError(t, err)
	w := a.Worker()
	row := newRow(1, 1, [][]byte{[]byte(cell)})
	row.Kinds = []definition.CellKind{cellKind}
	if errs := w.Add(row); len(errs) > 0 {
		require.Len(t, errs, 1)
		return string(errs[0].Code)
	}
	results, err := a.Results(t.Context())
	require.NoError(t, err)
	return strings.TrimSuffix(strings.TrimPrefix(string(results[0].ProcessedData), `{"c":`), "}")
}

func TestCells(t *testing.T) {
	t.Parallel()
	const (
		number, integer, boolean = definition.TypeNumber, definition.TypeInteger, definition.TypeBoolean
		date, dateTime, text     = definition.TypeDate, definition.TypeDateTime, definition.TypeString
	)
	type format = definition.Format
	comma := format{DecimalSeparator: ","}
	turkish := format{DecimalSeparator: ",", ThousandsSeparator: "."}
	english := format{ThousandsSeparator: ","}
	french := format{DecimalSeparator: ",", ThousandsSeparator: " "}
	swiss := format{DecimalSeparator: ".", ThousandsSeparator: "'"}
	german := format{DateFormats: []string{"DD.MM.YYYY", "D/M/YYYY"}}
	istanbul := format{TimeZone: "Europe/Istanbul"}
	tests := []struct {
		format format
		kind   definition.ColumnType
		cells  map[string]string
	}{
		{format{}, number, map[string]string{
			"0": "0", "-0.00": "0", "+7": "7", "007": "7", ".5": "0.5", "5.": "5", "-.5": "-0.5", "1.50": "1.5",
			"0.001": "0.001",
			"1e3":   "1000", "1E-3": "0.001", "12.5e+1": "125", "1.234": "NUMBER_AMBIGUOUS", " 4\t": "4", "\u00a04": "4",
			"999999999999999999": "999999999999999999", "1234567890123456789": "1234567890123456789",
			"-9223372036854775808":                "-9223372036854775808",
			"1234567890123456789012345678901234":  "1234567890123456789012345678901234",
			"12345678901234567890123456789012345": "NUMBER_OUT_OF_RANGE",
			"0.1234567890123456789":               "0.1234567890123456789",
			"1" + strings.Repeat("0", 40):         "1" + strings.Repeat("0", 40),
			"1." + strings.Repeat("0", 40):        "1",
			"1." + strings.Repeat("0", 40) + "1":  "NUMBER_OUT_OF_RANGE",
			strings.Repeat("0", 50) + "1":         "1",
			"1e308":                               "1" + strings.Repeat("0", 308), "1e309": "NUMBER_OUT_OF_RANGE",
			"1e-308": "0." + strings.Repeat("0", 307) + "1", "1e-309": "NUMBER_OUT_OF_RANGE",
			"0e999999999999999999999": "0",
			"1e999999999999999999999": "NUMBER_OUT_OF_RANGE", "1e-999999999999999999999": "NUMBER_OUT_OF_RANGE",
			"1,234": "NUMBER_AMBIGUOUS", "-12,345": "NUMBER_AMBIGUOUS", "999,000": "NUMBER_AMBIGUOUS",
			"-1.234": "NUMBER_AMBIGUOUS", "+12.345": "NUMBER_AMBIGUOUS", "(1,234)": "NUMBER_AMBIGUOUS",
			"1.234-": "NUMBER_AMBIGUOUS", "₺1.234": "NUMBER_AMBIGUOUS", "1,234 %": "NUMBER_AMBIGUOUS",
			"１，２３４": "NUMBER_AMBIGUOUS",
			"1,23":  "1.23", "1,2345": "1.2345", "0,123": "0.123", "0.123": "0.123", "12,75": "12.75",
			"1234.567": "1234.567", "1234,567": "1234.567", "1.234e5": "123400", ",5": "0.5", "1,": "1",
			"1,234,567": "1234567", "1.234.567": "1234567", "-1.234.567,8": "-1234567.8",
			"1,234.5": "1234.5", "1.234,56": "1234.56", "1.234,567": "1234.567", "1 234": "1234",
			"1 234,567": "1234.567", "1\u00a0234,56": "1234.56", "1\u2009234.5": "1234.5", "1'234.56": "1234.56",
			"1’234’567": "1234567", "12 34": "NUMBER_INVALID", "1 234'567": "NUMBER_INVALID",
			"12,34,567": "NUMBER_INVALID", "1.234,5.6": "NUMBER_INVALID", "01.234,5": "NUMBER_INVALID",
			"1,234,56": "NUMBER_INVALID", "1,2,3": "NUMBER_INVALID", "1.23,456": "NUMBER_INVALID",
			"NaN": "NUMBER_INVALID", "Inf": "NUMBER_INVALID", "-Infinity": "NUMBER_INVALID", "-": "NUMBER_INVALID",
			".":   "NUMBER_INVALID",
			"+-1": "NUMBER_INVALID", "1..2": "NUMBER_INVALID", "1.2.3": "NUMBER_INVALID", "1 2": "NUMBER_INVALID",
			"1e":  "NUMBER_INVALID",
			"1e+": "NUMBER_INVALID", "e5": "NUMBER_INVALID", "1e5.0": "NUMBER_INVALID", "0x10": "NUMBER_INVALID",
			"1_000": "NUMBER_INVALID",
			"5%":    "0.05", "12,5 %": "0.125", "%12.5": "0.125", "-5 %": "-0.05", "5%%": "NUMBER_INVALID",
			"٣": "NUMBER_INVALID", "१": "NUMBER_INVALID", "12-": "-12", "-12-": "NUMBER_INVALID", "12 -": "NUMBER_INVALID",
			"12,-": "NUMBER_INVALID", "12.-": "NUMBER_INVALID", "12,50-TL": "NUMBER_INVALID", "+-": "NUMBER_INVALID",
			"(12)": "-12", "(1.234,56)": "-1234.56", "( 5 )": "-5", "(-5)": "NUMBER_INVALID", "-(5)": "NUMBER_INVALID",
			"(5": "NUMBER_INVALID", "5)": "NUMBER_INVALID", "()": "NUMBER_INVALID", "((5))": "NUMBER_INVALID",
			"−5": "-5", "–5": "-5", "- 5": "-5", "１２３": "123", "－１．５": "-1.5", "１，２３４．５": "1234.5",
			"$5": "5", "$-5": "-5", "-$5.50": "-5.5", "($5.50)": "-5.5", "5 USD": "5", "USD 5": "5", "12,50 TL": "12.5",
			"₺12,5": "12.5", "12TL": "12", "€ 5": "5", "£5": "5", "￥１００": "100", "100円": "100", "1.000.000 ₫": "1000000",
			"1.000.000 đ": "1000000", "R$ 1,5": "1.5", "5 zł": "5", "$5 USD": "NUMBER_INVALID", "5 $%": "NUMBER_INVALID",
			"$": "NUMBER_INVALID", "USD": "NUMBER_INVALID", "12 kWh": "NUMBER_INVALID", "5 m3": "NUMBER_INVALID",
			"m3 5": "NUMBER_INVALID", "12 €/MWh": "NUMBER_INVALID", "1e5 TL": "100000", "△5": "NUMBER_INVALID",
			"n/a": "NUMBER_INVALID", "5+": "NUMBER_INVALID", "+5": "5", "++5": "NUMBER_INVALID", "5万": "NUMBER_INVALID",
		}},
		{comma, number, map[string]string{
			"1,5": "1.5", "1,234": "1.234", "1.5": "NUMBER_INVALID", "1.234": "NUMBER_INVALID", "1,5e2": "150",
			"1,2,3": "NUMBER_INVALID",
		}},
		{turkish, number, map[string]string{
			"1.234,56": "1234.56", "1.234.567": "1234567", "1234,5": "1234.5", "1.23": "NUMBER_INVALID",
			"12.34.567": "NUMBER_INVALID",
			"1234.567":  "NUMBER_INVALID", "0.123": "NUMBER_INVALID", "1.234,567.8": "NUMBER_INVALID",
			".123":   "NUMBER_INVALID",
			"1..234": "NUMBER_INVALID", "1.234.": "NUMBER_INVALID", "-1.234": "-1234",
			"999.999.999.999.999.999": "999999999999999999",
		}},
		{english, number, map[string]string{
			"1,234": "1234", "1,234.5": "1234.5", "1,23": "NUMBER_INVALID",
			"1234": "1234",
		}},
		{french, number, map[string]string{
			"1 234,5": "1234.5", "1\u2007234,5": "1234.5", "1\u00a0234,5": "1234.5", "1\u202f234 567": "1234567",
			"1  234": "NUMBER_INVALID",
		}},
		{swiss, number, map[string]string{"1'234.5": "1234.5", "1’234.5": "1234.5"}},
		{format{}, integer, map[string]string{
			"42": "42", "-7": "-7", "5.0": "5", "1e3": "1000", "1.5": "INTEGER_INVALID", "x": "INTEGER_INVALID",
			"1,234":            "NUMBER_AMBIGUOUS",
			"9007199254740992": "9007199254740992", "9007199254740993": "NUMBER_OUT_OF_RANGE",
			"-9007199254740992": "-9007199254740992",
			"-9007199254740993": "NUMBER_OUT_OF_RANGE", "1e30": "NUMBER_OUT_OF_RANGE",
			"123456789012345678901.5": "INTEGER_INVALID",
			"1e-30":                   "INTEGER_INVALID",
		}},
		{turkish, integer, map[string]string{"1.234": "1234", "1,0": "1", "1,5": "INTEGER_INVALID"}},
		{format{}, boolean, map[string]string{
			"true": "true", "FALSE": "false", "1": "true", "0": "false", "Yes": "true", "nO": "false",
			"t": "true", "N": "false", "on": "true", "OFF": "false",
			"Evet": "true", "HAYIR": "false", "hayir": "false", "Doğru": "true", "YANLIŞ": "false", "var": "true",
			"yok": "false", "Có": "true", "KHÔNG": "false", "khong": "false", "Đúng": "true", "dung": "true", "sai": "false",
			"はい": "true", "いいえ": "false", "真": "true", "偽": "false", "有": "true", "無": "false", "○": "true", "×": "false",
			"ＴＲＵＥ": "true", "Ja": "true", "nein": "false", "oui": "true", "NON": "false", "sí": "true", "falso": "false",
			"tak": "true", "nie": "false", "não": "false", "nee": "false", "y": "true", "ÉVET": "true",
			"d": "BOOLEAN_INVALID", "x": "BOOLEAN_INVALID", "2": "BOOLEAN_INVALID", "falsehood": "BOOLEAN_INVALID",
			"true false": "BOOLEAN_INVALID", "✓": "BOOLEAN_INVALID", "hai": "BOOLEAN_INVALID",
			"açık": "BOOLEAN_INVALID", "evet\xff": "BOOLEAN_INVALID",
		}},
		{format{Locale: "tr"}, boolean, map[string]string{
			"d": "true", "D": "true", "y": "BOOLEAN_INVALID", "evet": "true", "yes": "true", "n": "false",
		}},
		{format{}, date, map[string]string{
			"2024-02-29": `"2024-02-29"`, "20240229": `"2024-02-29"`, "0001-01-01": `"0001-01-01"`,
			"9999-12-31": `"9999-12-31"`,
			"2023-02-29": "DATE_INVALID", "2024-13-01": "DATE_INVALID", "2024-00-01": "DATE_INVALID",
			"0000-01-01": "DATE_INVALID",
			"2024-1-1":   `"2024-01-01"`, "2024/01/31": `"2024-01-31"`, "2024.3.5": `"2024-03-05"`,
			"2024-03-15 10:00": "DATE_INVALID", "2024-03-15 00:00:00": `"2024-03-15"`, "15/03/2024 0:00": `"2024-03-15"`,
			"2024-03-15T00:00:00Z": "DATE_INVALID", "45000": "DATE_INVALID", "2024/31/01": "DATE_INVALID",
			"05/05/2024": `"2024-05-05"`, "31.12.2024": `"2024-12-31"`, "12/31/2024": `"2024-12-31"`,
			"31/31/2024": "DATE_INVALID", "31/02/2024": "DATE_INVALID", "15 Mart 2024": `"2024-03-15"`,
			"15. März 2024": `"2024-03-15"`, "March 15, 2024": `"2024-03-15"`, "15-Mar-2024": `"2024-03-15"`,
			"2024-Mar-15": `"2024-03-15"`, "15 de marzo de 2024": `"2024-03-15"`, "1 août 2024": `"2024-08-01"`,
			"12 października 2024": `"2024-10-12"`, "15 tháng 3 năm 2024": `"2024-03-15"`,
			"ngày 15 tháng 12 năm 2024": `"2024-12-15"`, "2024年3月15日": `"2024-03-15"`, "２０２４年３月１５日": `"2024-03-15"`,
			"令和6年3月15日": `"2024-03-15"`, "平成31年4月30日": `"2019-04-30"`, "令和元年5月1日": `"2019-05-01"`,
			"平成31年5月1日": "DATE_INVALID", "令和元年4月30日": "DATE_INVALID", "H31/4/30": "DATE_INVALID",
			"２０２４－０３－１５": `"2024-03-15"`, "２０２４／３／１５": `"2024-03-15"`, "March 2024": "DATE_INVALID",
			"15 Mart 24": "DATE_INVALID", "15/03/24": "DATE_INVALID", "24/03/15": "DATE_INVALID", "2024": "DATE_INVALID",
			"202403": "DATE_INVALID", "2024-W11-5": "DATE_INVALID", "31 Nisan 2024": "DATE_INVALID",
			"15 / 03 / 2024": `"2024-03-15"`, "15/03-2024": "DATE_INVALID", "15 03 2024": "DATE_INVALID",
			"2024年3月15": `"2024-03-15"`, "24年3月15日": "DATE_INVALID", "Friday, 15 March 2024": "DATE_INVALID",
			"01/02/2024": "DATE_AMBIGUOUS", "1.2.2024": "DATE_AMBIGUOUS", "03-04-2024": "DATE_AMBIGUOUS",
			"00/02/2024": "DATE_INVALID", "01/02-2024": "DATE_INVALID", "01/02/24": "DATE_INVALID",
			"2024-0a-01": "DATE_INVALID",
		}},
		{german, date, map[string]string{
			"29.02.2024": `"2024-02-29"`, "1/12/2024": `"2024-12-01"`, "2024-02-29": "DATE_INVALID",
			"29.02.2023": "DATE_INVALID",
			"01-02-2024": "DATE_INVALID",
		}},
		{istanbul, dateTime, map[string]string{
			"2024-03-15T10:00:00Z":   `"2024-03-15T13:00:00+03:00"`,
			"2024-03-15t10:00:00.5z": `"2024-03-15T13:00:00.5+03:00"`,
			"2024-03-15 10:00":       `"2024-03-15T10:00:00+03:00"`, "2024-03-15T10:00:05": `"2024-03-15T10:00:05+03:00"`,
			"2024-03-15T10:00:00-02:30": `"2024-03-15T15:30:00+03:00"`,
			"1969-07-20 20:17:40":       `"1969-07-20T20:17:40+02:00"`,
			"2024-03-15":                "DATE_INVALID", "2024-03-15 24:00": "DATE_INVALID", "2024-03-15 10:60": "DATE_INVALID",
			"2024-03-15 10:00:60": "DATE_INVALID", "2024-03-15 10:00:00.": "DATE_INVALID",
			"2024-03-15 10:00:00.1234567890": "DATE_INVALID",
			"2024-03-15 10:00+24:00":         "DATE_INVALID", "2024-03-15 10:00 Z": "DATE_INVALID",
			"01/02/2024 10:00": "DATE_AMBIGUOUS", "15/03/2024 9:05": `"2024-03-15T09:05:00+03:00"`,
			"3/15/2024 1:30:15 PM": `"2024-03-15T13:30:15+03:00"`, "3/15/2024 12:30am": `"2024-03-15T00:30:00+03:00"`,
			"3/15/2024 13:30 PM": "DATE_INVALID", "15 Mart 2024, 10:00": `"2024-03-15T10:00:00+03:00"`,
			"2024年3月15日 10:00": `"2024-03-15T10:00:00+03:00"`, "10:00": "DATE_INVALID", "15/03/2024 1:2": "DATE_INVALID",
			"Mart 2024 10:00": "DATE_INVALID",
		}},
		{format{Locale: "en-US"}, date, map[string]string{
			"01/02/2024": `"2024-01-02"`, "31/12/2024": "DATE_INVALID", "2024-03-15": `"2024-03-15"`,
		}},
		{format{Locale: "TR_tr"}, date, map[string]string{
			"01/02/2024": `"2024-02-01"`, "1.2.2024": `"2024-02-01"`, "12/31/2024": "DATE_INVALID",
		}},
		{format{Locale: "en"}, date, map[string]string{"01/02/2024": "DATE_AMBIGUOUS", "31/12/2024": `"2024-12-31"`}},
		{format{Locale: "ja"}, date, map[string]string{"01/02/2024": "DATE_AMBIGUOUS"}},
		{format{Locale: "en-US", DateFormats: []string{"DD.MM.YYYY"}}, date, map[string]string{
			"01.02.2024": `"2024-02-01"`, "01/02/2024": "DATE_INVALID",
		}},
		{format{Locale: "tr"}, number, map[string]string{
			"1.234": "1234", "1,234": "1.234", "1.234,56 TL": "1234.56", "1 234,5": "1234.5", "1.5": "NUMBER_INVALID",
			"0.123": "NUMBER_INVALID", "%12,5": "0.125",
		}},
		{format{Locale: "tr", DecimalSeparator: "."}, number, map[string]string{"1.234": "1.234", "1 234.5": "1234.5"}},
		{format{Locale: "tr", ThousandsSeparator: "'"}, number, map[string]string{
			"1'234,5": "1234.5", "1.234,5": "NUMBER_INVALID",
		}},
		{format{Locale: "en-IN"}, number, map[string]string{
			"12,34,567.5": "1234567.5", "1,234": "1234", "123,456": "123456", "1,23,456": "123456",
			"123,45,678": "NUMBER_INVALID", "1,234,567": "1234567", "1,23,4567": "NUMBER_INVALID", "₹ 1,00,000": "100000",
		}},
		{format{Locale: "ja"}, number, map[string]string{
			"１，２３４": "1234", "△1,234": "-1234", "▲５": "-5", "△-5": "NUMBER_INVALID", "¥1,234": "1234", "1,234円": "1234",
		}},
		{format{Locale: "de-CH"}, number, map[string]string{"1’234.50": "1234.5", "CHF 1'234": "1234"}},
		{format{Locale: "pl"}, number, map[string]string{"1\u00a0234,56 zł": "1234.56"}},
		{format{Locale: "fr"}, number, map[string]string{"1\u202f234,56 €": "1234.56"}},
		{format{Locale: "vi"}, number, map[string]string{"1.000.000 ₫": "1000000", "1.000": "1000"}},
		{german, dateTime, map[string]string{
			"2024-03-15 10:00": `"2024-03-15T10:00:00Z"`,
			"15.03.2024":       `"2024-03-15T00:00:00Z"`,
		}},
		{format{}, text, map[string]string{
			" a ": `" a "`, "a\xff": "ENCODING_INVALID", "a\x00": "NUL_BYTE",
		}},
	}
	for _, test := range tests {
		for cell, want := range test.cells {
			require.Equal(t, want, read(t, test.format, column("", test.kind), cell), "%s %q %+v",
				test.kind, cell, test.format)
		}
	}
	own := definition.Column{Type: date, Format: "MM/DD/YYYY"}
	require.Equal(t, `"2024-01-02"`, read(t, german, own, "01/02/2024"))
	require.Equal(t, "DATE_INVALID", read(t, german, own, "02.01.2024"))
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	const invalid, coarse = "PERIOD_INVALID", "PERIOD_TOO_COARSE"
	column := func(kind definition.ColumnType, format string) definition.Column {
		return definition.Column{Name: "p", Type: kind, Format: format, Role: definition.RolePeriod}
	}
	text := column(definition.TypeString, "")
	monthly, quarterly, yearly := definition.Monthly, definition.Quarterly, definition.Yearly
	tests := []struct {
		column definition.Column
		unit   definition.PeriodUnit
		format definition.Format
		cells  map[string]string
	}{
		{text, monthly, definition.Format{}, map[string]string{
			"2024-03": "2024 3", "2024/3": "2024 3", "03.2024": "2024 3", "3/2024": "2024 3", "12-2024": "2024 12",
			"2024-03-15": "2024 3",
			"20240315":   "2024 3", "2024-03-15T23:00:00Z": "2024 3", "2024-03-15 10:00": "2024 3",
			"Mart 2024": "2024 3", "MART 2024": "2024 3", "March 2024": "2024 3", "Mar 2024": "2024 3",
			"mar. 2024": "2024 3", "2024 March": "2024 3",
			"Şubat 2024": "2024 2", "ŞUBAT-2024": "2024 2", "Aralık 2024": "2024 12", "EYLÜL 2024": "2024 9",
			"Sept. 2024":   "2024 9",
			"15 Mart 2024": "2024 3", "March 15, 2024": "2024 3", "  Mart \u00a02024 ": "2024 3",
			"Mart2024": "2024 3", "202403": "2024 3", "15/03/2024": "2024 3", "3/15/2024": "2024 3", "05.05.2024": "2024 5",
			"März 2024": "2024 3", "Marz 2024": "2024 3", "août 2024": "2024 8", "styczeń 2024": "2024 1",
			"tháng 3 2024": "2024 3", "Tháng 03/2024": "2024 3", "tháng 3 năm 2024": "2024 3", "Tháng Ba 2024": "2024 3",
			"tháng mười một năm 2024": "2024 11", "Tháng Mười 2024": "2024 10", "tháng năm năm 2024": "2024 5",
			"Th3 2024": "2024 3", "Th12/2024": "2024 12", "THANG 3 2024": "2024 3", "thang hai 2024": "2024 2",
			"2024年3月": "2024 3", "2024年3月分": "2024 3", "２０２４年３月": "2024 3", "令和6年3月": "2024 3", "平成31年4月": "2019 4",
			"令和元年5月": "2019 5", "昭和64年1月": "1989 1", "平成元年1月": "1989 1", "marzo de 2024": "2024 3",
			"２０２４－０３": "2024 3", "2024年03月15日": "2024 3", "15/03/2024 10:00": "2024 3",
			"平成31年5月": invalid, "令和元年4月": invalid, "昭和64年2月": invalid, "令和100000年3月": invalid, "H31.4": invalid,
			"令和0年3月": invalid, "明治1年3月": invalid, "2024年13月": invalid, "24年3月": invalid, "第1四半期": invalid,
			"2024年度": invalid, "2024年第1四半期": invalid, "2024-W05": invalid, "2024W05": invalid, "FY2024": invalid,
			"H1 2024": invalid, "T1 2024": invalid, "tháng 13 2024": invalid, "tháng 2024": invalid, "tháng xyz 2024": invalid,
			"123456": invalid, "240301": invalid, "202413": invalid, "de 2024": coarse, "2024 de": invalid, "03/24": invalid,
			"2024": coarse, "Q1 2024": coarse, "2024-13": invalid, "0.2024": invalid, "13.2024": invalid, "2024.03": invalid,
			"03 2024":    invalid,
			"01/02/2024": "DATE_AMBIGUOUS", "Mart": invalid, "martius 2024": invalid, "Mart 24": invalid, "0000": invalid,
			"20245": invalid, "": invalid,
			"32 Mart 2024": invalid, "31 Nisan 2024": invalid, "2024-03-": invalid, "-2024": invalid, "2024--03": invalid,
			"Q5 2024":     invalid,
			"Mart 2024 x": invalid, "2024-02-30": invalid, "March 2024 15 1": invalid,
			"Q 2024": invalid, "x\xff": invalid,
		}},
		{text, quarterly, definition.Format{}, map[string]string{
			"Q1 2024": "2024 1", "q4/2024": "2024 4", "2024-Q1": "2024 1", "2024Q2": "2024 2", "Q3-2024": "2024 3",
			"1Q 2024":        "2024 1",
			"1. Çeyrek 2024": "2024 1", "Ç2 2024": "2024 2", "2024 3. çeyrek": "2024 3", "Quarter 4, 2024": "2024 4",
			"2024-11": "2024 4", "Quý 1/2024": "2024 1", "Quý IV/2024": "2024 4", "quy ii 2024": "2024 2", "2. Quartal 2024": "2024 2",
			"trimestre 3 2024": "2024 3", "Quý V/2024": invalid, "I 2024": invalid, "kwartał 2 2024": "2024 2",
			"Mayıs 2024": "2024 2", "2024": coarse, "Q0 2024": invalid, "Q5 2024": invalid, "Q12 2024": invalid,
		}},
		{text, yearly, definition.Format{}, map[string]string{
			"2024": "2024 1", "Q3 2023": "2023 1",
			"2022-01": "2022 1",
		}},
		{text, monthly, definition.Format{DateFormats: []string{"DD/MM/YYYY", "YYYYMM"}}, map[string]string{
			"01/02/2024": "2024 2", "202403": "2024 3", "Mart 2024": "2024 3",
		}},
		{
			column(definition.TypeString, "MM/YYYY"), monthly,
			definition.Format{},
			map[string]string{"03/2024": "2024 3", "2024-03": invalid},
		},
		{
			column(definition.TypeString, "[Q]Q.YYYY"), quarterly,
			definition.Format{},
			map[string]string{"Q2.2024": "2024 2", "Q5.2024": invalid},
		},
		{dateColumnNamed("p"), monthly, definition.Format{}, map[string]string{
			"2024-03-15": "2024 3", "2024-03": "DATE_INVALID", "01/02/2024": "DATE_AMBIGUOUS", "": invalid,
		}},
		{
			column(definition.TypeDateTime, ""), monthly,
			definition.Format{TimeZone: "Europe/Istanbul"},
			map[string]string{
				"2023-12-31T21:00:00Z": "2024 1", "2023-12-31T20:59:59Z": "2023 12", "2023-12-31 23:59": "2023 12",
				"2024-01-01T00:00:00+04:00": "2023 12",
			},
		},
		{column(definition.TypeDateTime, ""), monthly, definition.Format{}, map[string]string{
			"2023-12-31T21:00:00-05:00": "2024 1",
			"0001-01-01T00:00:00+01:00": invalid, "9999-12-31T23:59:59-01:00": invalid,
		}},
		{column(definition.TypeInteger, ""), yearly, definition.Format{}, map[string]string{
			"2024": "2024 1", "24": invalid, "10000": invalid, "x": "INTEGER_INVALID", "2024.5": "INTEGER_INVALID",
		}},
	}
	for _, test := range tests {
		for cell, want := range test.cells {
			f := table{
				version: definition.Version{
					Columns: []definition.Column{test.column}, Format: test.format,
					Outputs: []definition.Output{{Key: "rows", Aggregate: definition.Count, PeriodUnit: test.unit}},
				},
				rows: []string{cell},
			}
			results, errs := f.run(t)
			if want[0] <= '9' {
				year, period, _ := strings.Cut(want, " ")
				require.Empty(t, errs, "%q", cell)
				require.Equal(t, "- "+year+" "+string(test.unit)+" "+period+` {"rows":1} 1/0`, results[0], "%q", cell)
			} else {
				require.Equal(t, []string{"1 p " + want}, errs, "%q", cell)
			}
		}
	}
}

func dateColumnNamed(name string) definition.Column {
	c := dateColumn
	c.Name = name
	return c
}

func TestRequiredPeriodsAndYears(t *testing.T) {
	t.Parallel()
	period := textPeriod
	period.Required = true
	results, errs := table{
		year: 2024,
		version: definition.Version{
			Columns: []definition.Column{period},
			Outputs: []definition.Output{output("rows", definition.Count, "")},
		},
		rows: []string{"", "2023", "2024-05", "2024"},
	}.run(t)
	require.Equal(t, []string{"1 period MISSING_REQUIRED", "2 period YEAR_MISMATCH"}, errs)
	require.Equal(t, []string{`- 2024 YEARLY 1 {"rows":2} 2/0`}, results)
}
