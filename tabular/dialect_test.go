package tabular_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// dialects are small files as people have them, each with what it says: delimiter, quote, escape and row of the header,
// the header, the first and the last row that are in order. Columns are joined by ¦.
var dialects = []struct {
	name, text  string
	delimiter   string
	quote       string
	escape      string
	headerRow   int
	header      string
	first, last string
}{
	{"comma", "a,b\n1,2\n3,4\n", ",", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"semicolon", "a;b\n1;2\n3;4\n", ";", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"tab", "a\tb\n1\t2\n3\t4\n", "\t", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"pipe", "a|b\n1|2\n3|4\n", "|", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"colon", "a:b:c\n1:2:3\n3:4:5\n", ":", `"`, "", 1, "a¦b¦c", "1¦2¦3", "3¦4¦5"},
	{"caret", "a^b\n1^2\n3^4\n", "^", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"tilde", "a~b\n1~2\n3~4\n", "~", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{
		"caret with commas in it", "name^city\nDoe, Jane^Paris, France\nRoe, Max^Rome, Italy\n",
		"^", `"`, "", 1, "name¦city", "Doe, Jane¦Paris, France", "Roe, Max¦Rome, Italy",
	},
	{"tilde with pipes", "id~flags\n1~a|b\n2~c\n", "~", `"`, "", 1, "id¦flags", "1¦a|b", "2¦c"},
	{"colon in times, comma", "time,value\n12:30,5\n12:31,6\n", ",", `"`, "", 1, "time¦value", "12:30¦5", "12:31¦6"},
	{
		"colon in times, tab", "time\tvalue\n12:30:15\t5\n12:31:15\t6\n",
		"\t", `"`, "", 1, "time¦value", "12:30:15¦5", "12:31:15¦6",
	},
	{"times alone", "time\n12:30\n12:31\n", ",", `"`, "", 1, "time", "12:30", "12:31"},
	{
		"dates and decimal commas", "Tarih;Tutar\n01.02.2024;1.234,56\n02.02.2024;12,00\n",
		";", `"`, "", 1, "Tarih¦Tutar", "01.02.2024¦1.234,56", "02.02.2024¦12,00",
	},
	{
		"decimal commas in every column", "a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n",
		";", `"`, "", 1, "a¦b¦c", "1,5¦2,5¦3,5", "4,5¦5,5¦6,5",
	},
	{"decimal commas, one in the header", "a;b, kWh\n1;2,5\n3;4,5\n", ";", `"`, "", 1, "a¦b, kWh", "1¦2,5", "3¦4,5"},
	{"decimal commas, tab", "a\tb\n1,5\t2,5\n3,5\t4,5\n", "\t", `"`, "", 1, "a¦b", "1,5¦2,5", "3,5¦4,5"},
	{
		"thousands in quotes", "a,b\n\"1,234\",\"5,678\"\n\"9,012\",3\n",
		",", `"`, "", 1, "a¦b", "1,234¦5,678", "9,012¦3",
	},
	{"everything in quotes", "\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"4\"\n", ",", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{
		"everything in quotes, semicolon", "\"a\";\"b\"\n\"1,5\";\"2\"\n\"3\";\"4\"\n",
		";", `"`, "", 1, "a¦b", "1,5¦2", "3¦4",
	},
	{"doubled quotes", "a,b\n\"x \"\"y\"\" z\",1\nw,2\n", ",", `"`, "", 1, "a¦b", `x "y" z¦1`, "w¦2"},
	{"escaped quotes", "a,b\n\"x \\\"y\\\" z\",1\nw,2\n", ",", `"`, `\`, 1, "a¦b", `x "y" z¦1`, "w¦2"},
	{
		"escaped quotes and escapes", "a,b\n\"x \\\"y\\\\\",1\n\"c:\\\\d\",2\n",
		",", `"`, `\`, 1, "a¦b", `x "y\¦1`, `c:\d¦2`,
	},
	{"an escaped quote and a delimiter", "a;b\n\"x \\\"; y\";1\nw;2\n", ";", `"`, `\`, 1, "a¦b", `x "; y¦1`, "w¦2"},
	{"other escapes are text", "a,b\n\"x \\\"y\\\"\\n\\t\",1\nw,2\n", ",", `"`, `\`, 1, "a¦b", `x "y"\n\t¦1`, "w¦2"},
	{
		"a backslash at the end of a quoted cell", "path,n\n\"c:\\temp\\\",1\n\"d:\\\",2\n",
		",", `"`, "", 1, "path¦n", `c:\temp\¦1`, `d:\¦2`,
	},
	{"backslashes without quotes", "path,n\nc:\\temp\\,1\nd:\\,2\n", ",", `"`, "", 1, "path¦n", `c:\temp\¦1`, `d:\¦2`},
	{"single quotes", "'a','b'\n'1','2'\n'3','4'\n", ",", `'`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"single quotes around delimiters", "a,b\n'x, y','1'\n'z, w','2'\n", ",", `'`, "", 1, "a¦b", "x, y¦1", "z, w¦2"},
	{"single quotes, doubled", "a;b\n'it''s';'1'\n'o''clock';'2'\n", ";", `'`, "", 1, "a¦b", "it's¦1", "o'clock¦2"},
	{"single quotes, escaped", "a;b\n'it\\'s';'1'\n'o\\'clock';'2'\n", ";", `'`, `\`, 1, "a¦b", "it's¦1", "o'clock¦2"},
	{
		"apostrophes are no quotes", "a,b\nit's,1\nrock 'n' roll,2\n",
		",", `"`, "", 1, "a¦b", "it's¦1", "rock 'n' roll¦2",
	},
	{"an apostrophe at the start", "a,b\n'tis,1\n'twas,2\n", ",", `"`, "", 1, "a¦b", "'tis¦1", "'twas¦2"},
	{"inches", "item,size\npipe,5\"\nrod,7\"\n", ",", `"`, "", 1, "item¦size", "pipe¦5\"", "rod¦7\""},
	{
		"no quoting at all", "a\tb\n\"x\" and \"y\"\t1\n\"z\" said he\t2\n\"so\" said she\t3\n",
		"\t", "", "", 1, "a¦b", `"x" and "y"¦1`, `"so" said she¦3`,
	},
	{"quotes never closed in any row", "a\tb\n\"x\t1\n\"y\t2\n\"z\t3\n", "\t", "", "", 1, "a¦b", `"x¦1`, `"z¦3`},
	{"CRLF", "a,b\r\n1,2\r\n3,4\r\n", ",", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"CR", "a,b\r1,2\r3,4\r", ",", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"mixed line ends", "a,b\r\n1,2\n3,4\r5,6", ",", `"`, "", 1, "a¦b", "1¦2", "5¦6"},
	{"line ends in quotes", "a;b\n\"x\ny\";1\n\"z\r\nw\";2\n", ";", `"`, "", 1, "a¦b", "x\ny¦1", "z\r\nw¦2"},
	{"byte order mark", "\xef\xbb\xbfa;b\n1;2\n3;4\n", ";", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"Excel's separator line", "sep=;\na;b\n1;2\n3;4\n", ";", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"Excel's separator line, unusual", "\xef\xbb\xbfSEP=#\r\na#b\r\n1#2\r\n", "#", `"`, "", 1, "a¦b", "1¦2", "1¦2"},
	{"Excel's separator line with tab", "\"sep=\t\"\r\na\tb\r\n1\t2\r\n", "\t", `"`, "", 1, "a¦b", "1¦2", "1¦2"},
	{"sep as a header", "sep,n\n1,2\n", ",", `"`, "", 1, "sep¦n", "1¦2", "1¦2"},
	{"a title", "Consumption 2024\na;b;c\n1;2;3\n4;5;6\n", ";", `"`, "", 2, "a¦b¦c", "1¦2¦3", "4¦5¦6"},
	{"a title and a blank line", "Consumption 2024\n\nsite,kwh\nA,2\nB,4\n", ",", `"`, "", 3, "site¦kwh", "A¦2", "B¦4"},
	{
		"a title padded by a spreadsheet", "Consumption,,\n,,\nsite,month,kwh\nA,1,2\nB,2,3\n",
		",", `"`, "", 3, "site¦month¦kwh", "A¦1¦2", "B¦2¦3",
	},
	{
		"a title with a comma in it", "Report: January, 2024\nsite,month,kwh,cost,note\nA,1,2,3,x\nB,2,3,4,y\n",
		",", `"`, "", 2, "site¦month¦kwh¦cost¦note", "A¦1¦2¦3¦x", "B¦2¦3¦4¦y",
	},
	{
		"names and values above the table", "Company;ACME\nFrom;2024-01-01\nTo;2024-12-31\n\nsite;month;kwh;cost\nA;1;2;3\nB;2;3;4\n",
		";", `"`, "", 5, "site¦month¦kwh¦cost", "A¦1¦2¦3", "B¦2¦3¦4",
	},
	{
		"comments above the table", "# made by a meter\n# at 12:30\ntime;a;b\n12:00;1;2\n12:15;2;3\n",
		";", `"`, "", 3, "time¦a¦b", "12:00¦1¦2", "12:15¦2¦3",
	},
	{
		"a title over two columns with values", "Readings\nday,kwh\n2024-01-01,5\n2024-01-02,6\n",
		",", `"`, "", 2, "day¦kwh", "2024-01-01¦5", "2024-01-02¦6",
	},
	{"blank lines before the header", "\n\n a;b\n1;2\n3;4\n", ";", `"`, "", 3, "a¦b", "1¦2", "3¦4"},
	{"no preamble: an index without a name", ",value\n0,12\n1,13\n", ",", `"`, "", 1, "¦value", "0¦12", "1¦13"},
	{"no preamble: text below one name", "note\nhello, world\nbye, all\n", ",", `"`, "", 1, "", "", ""},
	{"no preamble: a header that is too short", "a,b\n1,2,3\n4,5,6\n", ",", `"`, "", 1, "a¦b", "", ""},
	{
		"no preamble: years as names", "site,2022,2023,2024\nA,1,2,3\nB,4,5,6\n",
		",", `"`, "", 1, "site¦2022¦2023¦2024", "A¦1¦2¦3", "B¦4¦5¦6",
	},
	{"trailing delimiters", "a;b;\n1;2;\n3;4;\n", ";", `"`, "", 1, "a¦b¦", "1¦2¦", "3¦4¦"},
	{"trailing delimiters in rows alone", "a,b\n1,2,\n3,4,\n", ",", `"`, "", 1, "a¦b", "1¦2", "3¦4"},
	{"ragged", "a,b,c\n1,2,3\n4,5\n6,7,8\n9,1,2\n", ",", `"`, "", 1, "a¦b¦c", "1¦2¦3", "9¦1¦2"},
	{"a footer", "a;b;c\n1;2;3\n4;5;6\nTotal: 9\n", ";", `"`, "", 1, "a¦b¦c", "1¦2¦3", "4¦5¦6"},
	{
		"a footer with the delimiter of others", "a;b;c\n1;2;3\n4;5;6\nmade by x, y, z\n",
		";", `"`, "", 1, "a¦b¦c", "1¦2¦3", "4¦5¦6",
	},
	{"empty cells", "a,b,c\n,,1\n2,,\n,3,\n", ",", `"`, "", 1, "a¦b¦c", "¦¦1", "¦3¦"},
	{"one column", "a\n1\n2\n", ",", `"`, "", 1, "a", "1", "2"},
	{
		"one column with commas now and then", "note\nhello, world\nbye\n",
		";", `"`, "", 1, "note", "hello, world", "bye",
	},
	{"one column in quotes", "\"a\"\n\"1,5\"\n\"2\"\n", ",", `"`, "", 1, "a", "1,5", "2"},
	{
		"addresses", "id;address\n1;Main St 5, Paris, France\n2;Long Rd 7, Rome, Italy\n",
		";", `"`, "", 1, "id¦address", "1¦Main St 5, Paris, France", "2¦Long Rd 7, Rome, Italy",
	},
	{
		"addresses of the web", "id,url\n1,http://x.org/a;b|c\n2,http://x.org/d\n",
		",", `"`, "", 1, "id¦url", "1¦http://x.org/a;b|c", "2¦http://x.org/d",
	},
	{"lists in cells", "id,tags,n\n1,a;b;c,5\n2,d;e,6\n", ",", `"`, "", 1, "id¦tags¦n", "1¦a;b;c¦5", "2¦d;e¦6"},
	{"spaces behind commas", "a, b, c\n1, 2, 3\n4, 5, 6\n", ",", `"`, "", 1, "a¦b¦c", "1¦ 2¦ 3", "4¦ 5¦ 6"},
	{
		"JSON in quotes", "id,data\n1,\"{\"\"a\"\":1,\"\"b\"\":2}\"\n2,{}\n",
		",", `"`, "", 1, "id¦data", `1¦{"a":1,"b":2}`, "2¦{}",
	},
	{
		"Turkish headers", "İl;Şube adı;Tüketim (m³)\nİzmir;Bornova;12,5\nMuş;Merkez;3\n",
		";", `"`, "", 1, "İl¦Şube adı¦Tüketim (m³)", "İzmir¦Bornova¦12,5", "Muş¦Merkez¦3",
	},
	{"header alone", "a;b;c\n", ";", `"`, "", 1, "a¦b¦c", "", ""},
	{"header alone, no line end", "a|b", "|", `"`, "", 1, "a¦b", "", ""},
	{
		"names with two commas, tab", "name\tage\nDoe, Jane, PhD\t3\nRoe, Max, MD\t4\n",
		"\t", `"`, "", 1, "name¦age", "Doe, Jane, PhD¦3", "Roe, Max, MD¦4",
	},
	{"one row of decimal commas", "a;b\n1,5;2\n", ";", `"`, "", 1, "a¦b", "1,5¦2", "1,5¦2"},
	{"a total below", "site;kwh\nA;1\nB;2\n;3\nTotal;6\n", ";", `"`, "", 1, "site¦kwh", "A¦1", "Total¦6"},
	{
		"page breaks in between", "site,a,b\nX,1,2\nY,3,4\nPage 1\nsite,a,b\nZ,5,6\n",
		",", `"`, "", 1, "site¦a¦b", "X¦1¦2", "Z¦5¦6",
	},
	{
		"two header rows", "site,energy,energy\n,kWh,MJ\nX,1,2\nY,3,4\n",
		",", `"`, "", 1, "site¦energy¦energy", "¦kWh¦MJ", "Y¦3¦4",
	},
	{
		"a group row above the header", "Energy;;;\nsite;jan;feb;mar\nA;1;2;3\nB;4;5;6\n",
		";", `"`, "", 2, "site¦jan¦feb¦mar", "A¦1¦2¦3", "B¦4¦5¦6",
	},
	{
		"notes of different lengths above", "Report\nMade on 12.05.2024 by Ayşe, Ali\n\nTesis;Ay;kWh\nA;1;1,5\nB;2;2,5\n",
		";", `"`, "", 4, "Tesis¦Ay¦kWh", "A¦1¦1,5", "B¦2¦2,5",
	},
	{
		"apostrophes in Turkish suffixes", "il;not\nİzmir;İzmir'in\nVan;Van'da\n",
		";", `"`, "", 1, "il¦not", "İzmir¦İzmir'in", "Van¦Van'da",
	},
	{"money", "item;price\na;$1,234.50\nb;$7.00\n", ";", `"`, "", 1, "item¦price", "a¦$1,234.50", "b¦$7.00"},
	{
		"ISO times", "at,kwh\n2024-01-01T00:00:00Z,1\n2024-01-01T01:00:00Z,2\n",
		",", `"`, "", 1, "at¦kwh", "2024-01-01T00:00:00Z¦1", "2024-01-01T01:00:00Z¦2",
	},
	{"a pipe with spaces", "a | b | c\n1 | 2 | 3\n4 | 5 | 6\n", "|", `"`, "", 1, "a¦b¦c", "1 ¦ 2 ¦ 3", "4 ¦ 5 ¦ 6"},
	{
		"quotes in some rows", "id,text\n1,plain\n2,\"a, b\"\n3,\"\"\n4,\"c \"\"d\"\"\"\n",
		",", `"`, "", 1, "id¦text", "1¦plain", `4¦c "d"`,
	},
	{"one unclosed quote", "a,b\n1,\"x\n2,y\n3,z\n", ",", `"`, "", 1, "a¦b", "2¦y", "3¦z"},
}

func TestDialectsAreDetected(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(dialects), 60)
	for _, test := range dialects {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := tabular.Open(strings.NewReader(test.text), tabular.Config{})
			require.NoError(t, err)
			found := r.Detected()
			if test.header == "" {
				require.NotContains(t, strings.Join(r.Header(), "¦"), "hello", "text was taken for a header")
				return
			}
			require.Equal(t, test.header, strings.Join(r.Header(), "¦"))
			require.Equal(t, test.delimiter, found.Delimiter)
			require.Equal(t, test.quote, found.Quote)
			require.Equal(t, test.escape, found.Escape)
			require.Equal(t, test.headerRow, found.HeaderRow)
			var good []string
			for {
				record, err := r.Next()
				if err != nil {
					break
				}
				if record.Problem == nil && !record.Blank {
					good = append(good, strings.ReplaceAll(strings.Trim(fmt.Sprintf("%q", record.Cells), "[]"), `" "`, `"¦"`))
				}
			}
			if test.first == "" {
				require.Empty(t, good)
				return
			}
			require.Equal(t, quotedCells(test.first), good[0])
			require.Equal(t, quotedCells(test.last), good[len(good)-1])
			skipped := warned(r, definition.WarningPreambleSkipped)
			require.Equal(t, test.headerRow > 1 && strings.TrimSpace(strings.SplitN(test.text, "\n", 2)[0]) != "", skipped)
		})
	}
}

func quotedCells(joined string) string {
	var cells []string
	for _, cell := range strings.Split(joined, "¦") {
		cells = append(cells, fmt.Sprintf("%q", cell))
	}
	return strings.Join(cells, "¦")
}

// What is declared is never overruled by what looks better.
func TestDeclaredDialectsAreObeyed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		format     tabular.Format
		header     []string
		want       []string
	}{
		{"a space", "a b\n1 2\n\n \"x y\" 3\n", tabular.Format{Delimiter: ' '}, []string{"a", "b"}, []string{
			`1:2 ["1" "2"]`, `0:3 blank`, `2:4 COLUMN_COUNT_MISMATCH column -1 line 4 " \"x y\" 3"`,
		}},
		{"a letter", "axb\n1x2\n", tabular.Format{Delimiter: 'x'}, []string{"a", "b"}, []string{`1:2 ["1" "2"]`}},
		{
			"double quotes where single ones are", "a,b\n'1','2'\n",
			tabular.Format{Quote: '"'},
			[]string{"a", "b"},
			[]string{`1:2 ["'1'" "'2'"]`},
		},
		{
			"doubled quotes where escapes are", "a,b\n\"x\\\",1\n",
			tabular.Format{Escape: '"'},
			[]string{"a", "b"},
			[]string{`1:2 ["x\\" "1"]`},
		},
		{
			"an escape that is not in the sample", "a,b\n1,2\n",
			tabular.Format{Escape: '\\'},
			[]string{"a", "b"},
			[]string{`1:2 ["1" "2"]`},
		},
		{
			"another escape", "a,b\n\"x^\"y\",1\n",
			tabular.Format{Escape: '^'},
			[]string{"a", "b"},
			[]string{`1:2 ["x\"y" "1"]`},
		},
		{
			"the header row in spite of a preamble", "Title\na;b\n1;2\n3;4\n",
			tabular.Format{HeaderRow: 1, Delimiter: ';'},
			[]string{"Title"},
			[]string{
				`1:2 COLUMN_COUNT_MISMATCH column -1 line 2 "a;b"`, `2:3 COLUMN_COUNT_MISMATCH column -1 line 3 "1;2"`,
				`3:4 COLUMN_COUNT_MISMATCH column -1 line 4 "3;4"`,
			},
		},
		{
			"the delimiter in spite of Excel's line", "sep=;\na,b\n1,2\n",
			tabular.Format{Delimiter: ','},
			[]string{"a", "b"},
			[]string{`1:3 ["1" "2"]`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header, got := read(t, test.text, tabular.Config{Format: test.format})
			require.Equal(t, test.header, header)
			require.Equal(t, test.want, got)
		})
	}
}

func TestHeadersAreWarnedOf(t *testing.T) {
	t.Parallel()
	r, err := tabular.Open(strings.NewReader("City,,CITY, ,x,City\n1,2,3,4,5,6\n"), tabular.Config{})
	require.NoError(t, err)
	require.Equal(t, []definition.Warning{
		{
			Code: definition.WarningEmptyHeader, Message: "The header has no name over column(s) 2, 4.",
			Params: []definition.Param{{Name: "columns", Value: "2, 4"}},
		},
		{
			Code: definition.WarningDuplicateHeader, Message: "The header “City” stands over columns 1, 3, 6.",
			Params: []definition.Param{{Name: "header", Value: "City"}, {Name: "columns", Value: "1, 3, 6"}},
		},
	}, r.Warnings())
}
