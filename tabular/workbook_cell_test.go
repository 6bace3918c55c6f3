package tabular_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/tabular"
)

// TestWorkbookCells reads one cell of each kind in a row of its own, and a good row behind all of them.
func TestWorkbookCells(t *testing.T) {
	t.Parallel()
	formats := []string{"yyyy-mm-dd", "yyyy-mm-dd hh:mm", "00000", "id 9"}
	for _, test := range []struct{ name, cell, want string }{
		{"shared", `<c t="s"><v>0</v></c>`, "T:one"},
		{"shared rich, without its reading", `<c t="s"><v>1</v></c>`, "T:plain bold"},
		{"shared kept spaces", `<c t="s"><v> 2 </v></c>`, "T:  kept "},
		{"shared with escapes", `<c t="s"><v>3</v></c>`, "T:a\rb_x000D_😀"},
		{"shared, bad number", `<c t="s"><v>99</v></c>`, `! CELL_ERROR column 1 "99"`},
		{"shared, no number", `<c t="s"><v>-1</v></c>`, `! CELL_ERROR column 1 "-1"`},
		{"shared, half a character", `<c t="s"><v>4</v></c>`, `! ENCODING_INVALID column 1 "x\\xed\\xa0\\x80"`},
		{"inline", `<c t="inlineStr"><is><t>a &amp; b&#65;&#x42;<![CDATA[<&>]]></t></is></c>`, "T:a & bAB<&>"},
		{"inline without its type", `<c><is><t>x</t></is></c>`, "T:x"},
		{"inline runs", `<c t="inlineStr"><is><r><rPr><b/></rPr><t>a</t></r><rPh><t>no</t></rPh><r><t>b</t></r></is></c>`, "T:ab"},
		{"line ends", "<c t=\"inlineStr\"><is><t>a\r\nb\rc\nd</t></is></c>", "T:a\nb\nc\nd"},
		{"NUL", `<c t="inlineStr"><is><t>a_x0000_</t></is></c>`, `! NUL_BYTE column 1 "a\\x00"`},
		{"not UTF-8", "<c t=\"inlineStr\"><is><t>\xc0</t></is></c>", `! ENCODING_INVALID column 1 "\\xc0"`},
		{"formula with text", `<c t="str"><f>A1</f><v>x</v></c>`, "T:x"},
		{"formula with empty text", `<c t="str"><f>A1</f><v></v></c>`, ""},
		{"formula with a number", `<c><f>A1</f><v>3</v></c>`, "N:3"},
		{"formula without a result", `<c><f>A1</f><v/></c>`, `! CELL_ERROR column 1 ""`},
		{"formula without a value", `<c t="str"><f>A1</f></c>`, `! CELL_ERROR column 1 ""`},
		{"error", `<c t="e"><v>#REF!</v></c>`, "E:#REF!"},
		{"true", `<c t="b"><v>1</v></c>`, "B:true"},
		{"false", `<c t="b"><v>0</v></c>`, "B:false"},
		{"neither", `<c t="b"><v>2</v></c>`, `! CELL_ERROR column 1 "2"`},
		{"of no kind", `<c t="x"><v>2</v></c>`, `! CELL_ERROR column 1 "2"`},
		{"of no format", `<c s="77"><v>2</v></c>`, `! CELL_ERROR column 1 "2"`},
		{"no number", `<c><v>1,5</v></c>`, `! CELL_ERROR column 1 "1,5"`},
		{"infinity", `<c><v>INF</v></c>`, `! CELL_ERROR column 1 "INF"`},
		{"underscores", `<c><v>1_000.5</v></c>`, `! CELL_ERROR column 1 "1_000.5"`},
		{"whole", `<c><v>-0042</v></c>`, "N:-42"},
		{"nothing", `<c><v>-0.0</v></c>`, "N:0"},
		{"only a point", `<c><v>.</v></c>`, `! CELL_ERROR column 1 "."`},
		{"without zeros", `<c><v>-.50</v></c>`, "N:-0.5"},
		{"15 digits", `<c><v>123456789012345</v></c>`, "N:123456789012345"},
		{"20 digits", `<c><v>12345678901234567890</v></c>`, "N:12345678901234567890"},
		{"dust", `<c><v>0.10000000000000009</v></c>`, "N:0.1"},
		{"exponent", `<c><v>1.2345E-5</v></c>`, "N:0.000012345"},
		{"large exponent", `<c><v>1.5E+20</v></c>`, "N:150000000000000000000"},
		{"larger exponent", `<c><v>-1.5E+300</v></c>`, "N:-1.5E300"},
		{"day", `<c s="1"><v>45351</v></c>`, "D:2024-02-29"},
		{"day with a time", `<c s="1"><v>45351.5</v></c>`, "M:2024-02-29T12:00:00"},
		{"moment", `<c s="2"><v>45351.52083333334</v></c>`, "M:2024-02-29T12:30:00"},
		{"midnight", `<c s="2"><v>45351</v></c>`, "M:2024-02-29T00:00:00"},
		{"almost midnight", `<c s="1"><v>45350.99999999999</v></c>`, "D:2024-02-29"},
		{"first day", `<c s="1"><v>1</v></c>`, "D:1900-01-01"},
		{"before the day that was not", `<c s="1"><v>59</v></c>`, "D:1900-02-28"},
		{"the day that was not", `<c s="1"><v>60</v></c>`, `! CELL_ERROR column 1 "60"`},
		{"behind the day that was not", `<c s="1"><v>61</v></c>`, "D:1900-03-01"},
		{"no day", `<c s="2"><v>0.75</v></c>`, "N:0.75"},
		{"before all days", `<c s="1"><v>-1</v></c>`, `! CELL_ERROR column 1 "-1"`},
		{"last day", `<c s="1"><v>2958465</v></c>`, "D:9999-12-31"},
		{"behind all days", `<c s="1"><v>2958466</v></c>`, `! CELL_ERROR column 1 "2958466"`},
		{"ISO day", `<c t="d" s="1"><v>2024-02-29</v></c>`, "D:2024-02-29"},
		{"ISO moment", `<c t="d" s="2"><v>2024-02-29T01:02:03.4567Z</v></c>`, "M:2024-02-29T01:02:03.457"},
		{"ISO midnight", `<c t="d" s="1"><v>2024-02-29T00:00:00</v></c>`, "D:2024-02-29"},
		{"ISO time", `<c t="d"><v>12:00:00</v></c>`, "N:0.5"},
		{"ISO nonsense", `<c t="d"><v>2024-02-30</v></c>`, `! CELL_ERROR column 1 "2024-02-30"`},
		{"leading zeros", `<c s="3"><v>42</v></c>`, "N:00042"},
		{"leading zeros below zero", `<c s="3"><v>-42.5</v></c>`, "N:-00042.5"},
		{"more digits than zeros", `<c s="3"><v>1234567</v></c>`, "N:1234567"},
		{"percent", `<c s="4"><v>0.125</v></c>`, "N:0.125"},
		{"in another row", `<c r="B9"><v>1</v></c>`, `! CELL_ERROR column -1 ""`},
		{"in the place before", `<c r="A2"><v>1</v></c>`, `! CELL_ERROR column -1 ""`},
		{"in no place", `<c r="b2"><v>1</v></c>`, `! CELL_ERROR column -1 ""`},
		{"beyond all columns", `<c r="XFE2"><v>1</v></c>`, `! CELL_ERROR column -1 ""`},
		{"beyond the header", `<c r="C2"/><c r="D2"><v>1</v></c>`, `! COLUMN_COUNT_MISMATCH column -1 "k\t\t\t1"`},
		{"empty beyond the header", `<c><v>1</v></c><c/><c r="ZZ2" s="1"/>`, "N:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := newBook(inline("key", "value", "more") +
				`<row r="2"><c t="inlineStr"><is><t>k</t></is></c>` + test.cell + "</row>" + inline("after", "1", "2"))
			book.formats(formats...)
			book["xl/sharedStrings.xml"] = `<sst xmlns="` + mainSpace + `"><si><t>one</t></si>` +
				`<si><r><t>plain </t></r><r><rPr><b/></rPr><t>bold</t></r>` +
				`<rPh sb="0" eb="1"><t>reading</t></rPh><phoneticPr fontId="1"/></si>` +
				`<si><t xml:space="preserve">  kept </t></si><si><t>a_x000D_b_x005F_x000D__xD83D__xDE00_</t></si>` +
				`<si><t>x_xD800_</t></si></sst>`
			want := "1:2|T:k|" + test.want + "|"
			if problem, found := strings.CutPrefix(test.want, "! "); found {
				want = "1:2 " + problem
			}
			require.Equal(t, []string{want, "2:3|T:after|T:1|T:2"}, rowsOf(t, book))
		})
	}
}

// TestNumberFormats tells days, moments and numbers by the codes of their formats.
func TestNumberFormats(t *testing.T) {
	t.Parallel()
	const day, moment, number = "D:2024-02-29", "M:2024-02-29T00:00:00", "N:45351"
	for code, want := range map[string]string{
		"General": number, "0": number, "0.00": number, "#,##0;[Red]-#,##0": number, "@": number, "0.00E+00": number,
		"# ?/?": number, "0%": number, `0" days"`: number, `#,##0.00\ "TL"`: number, `[$€-407] #,##0.00`: number,
		"#,##0 kWh": number, "General\\ d": number, `"d"0`: number, "_(* #,##0_)": number,
		"h:mm": number, "hh:mm:ss.000": number, "[h]:mm:ss": number, "mm:ss": number, "[mm]:ss.0": number, "h:mm AM/PM": number,
		"[$-F400]h:mm:ss AM/PM": number, "id 18": number, "id 45": number, "id 32": number, "id 61": number, "id 79": number,
		"yyyy-mm-dd;@": day, "m/d/yyyy": day, "mmm-yy": day, "mmmm": day, "dddd": day, "[$-411]ggge\"年\"m\"月\"d\"日\"": day,
		"[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy": day, `d" ""h"" "mmm`: day,
		"[Red]d/m/bbbb": day, "[=0]\"-\";yyyy-mm-dd": day, "aaaa": day,
		"id 14": day, "id 17": day, "id 27": day, "id 31": day, "id 36": day, "id 50": day, "id 58": day, "id 71": day, "id 81": day,
		"yyyy-mm-dd hh:mm": moment, "d/m/yy h:mm AM/PM": moment, "mmm hh:mm:ss": moment, "id 22": moment, "id 77": moment,
		"000000": "N:045351", `000\-0000`: "N:0045351", "000000.00": "N:045351", "0000000;-0000000": "N:0045351",
		"00%": number, "00E+00": number,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			book := newBook(inline("value") + `<row><c s="1"><v>45351</v></c></row>`).formats(code)
			require.Equal(t, []string{"1:2|" + want}, rowsOf(t, book))
		})
	}
}

func TestDaysOf1904(t *testing.T) {
	t.Parallel()
	book := newBook(inline("value")+`<row><c s="1"><v>0</v></c></row><row><c s="1"><v>60</v></c></row>`+
		`<row><c s="2"><v>0.5</v></c></row>`+
		`<row><c s="1"><v>43889</v></c></row><row><c s="1"><v>2957003</v></c></row><row><c s="1"><v>2957004</v></c></row>`).
		formats("yyyy-mm-dd", "yyyy-mm-dd hh:mm")
	book["xl/workbook.xml"] = strings.Replace(book["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="true"/><sheets>`, 1)
	r, lines := readSheet(t, book.zip(t), tabular.Config{})
	require.True(t, r.Detected().Date1904)
	require.Equal(t, []string{
		"1:2|D:1904-01-01", "2:3|D:1904-03-01", "3:4|M:1904-01-01T12:00:00", "4:5|D:2024-02-29", "5:6|D:9999-12-31",
		`6:7 CELL_ERROR column 0 "2957004"`,
	}, lines)
}

// TestWorkbookProblemsAreSentences holds the words that a problem is told with.
func TestWorkbookProblemsAreSentences(t *testing.T) {
	t.Parallel()
	book := newBook(inline("a", "b") + `<row r="7"><c r="B7"><f>A1</f></c></row>`)
	r, err := tabular.Open(book.zip(t), tabular.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	var record *tabular.Record
	for range 6 {
		record, err = r.Next()
		require.NoError(t, err)
	}
	require.Equal(t, "cell B7 has a formula without its result: open the workbook in a spreadsheet program and save it",
		record.Problem.Message())
	require.Equal(t, "[{reason formula}]", fmt.Sprint(record.Problem.Params()))
	require.Equal(t, int64(7), record.Problem.Line)
}
