package hostile

import (
	"fmt"
	"strings"

	"entrepot/definition"
)

// sheetCases are workbooks in order as archives and XML, whose cells are not.
func sheetCases() []Case {
	limit, wrong := refused(definition.ErrorLimitExceeded), accepted(0).rejected(definition.RowCellError, 1)
	unreadable := refused(definition.ErrorFileUnreadable)
	rows := func(name, cause string, want Outcome, rows ...any) Case {
		return Case{
			Name: "sheet/" + name, Cause: cause, Want: want,
			Open: lazily(func() []byte { return archive(parts(sheet(rows...))...) }),
		}
	}
	shared := func(name, cause string, want Outcome, strings []any, rows ...any) Case {
		return Case{Name: "sheet/" + name, Cause: cause, Want: want, Open: lazily(func() []byte {
			text := append(append([]any{declaration + `<sst ` + mainSpace + ` count="2147483647" uniqueCount="2147483647">`},
				strings...), `</sst>`)
			return archive(parts(sheet(rows...), deflated(partText, text...))...)
		})}
	}
	text := func(s string) string { return `<row><c t="inlineStr"><is><t>` + s + `</t></is></c></row>` }
	return []Case{
		rows("row-number-of-years", "A row has the number 231999999999940.", unreadable,
			sheetHeader, `<row r="231999999999940"><c><v>1</v></c></row>`),
		rows("row-number-below-zero", "A row has the number -1.", unreadable, sheetHeader, `<row r="-1"><c><v>1</v></c></row>`),
		rows("row-beyond-the-sheet", "A row has the number 1,048,577, one more than a sheet has.", unreadable,
			sheetHeader, `<row r="1048577"><c><v>1</v></c></row>`),
		rows("million-rows-of-two", "Rows 1 and 1,048,576: the million between them are blank.", accepted(1).blank(1_048_574),
			strings.Replace(sheetHeader, "<row>", `<row r="1">`, 1), strings.Replace(sheetRow, "<row>", `<row r="1048576">`, 1)),
		rows("rows-without-cells", "A million rows without cells.", accepted(1).blank(1_000_000),
			sheetHeader, times(`<row/>`, 1_000_000), sheetRow),
		rows("cells-without-values", "200,000 rows of formatted cells in which nothing stands.", accepted(1).blank(200_000),
			sheetHeader, times(`<row><c s="1"/><c/><c t="s"/></row>`, 200_000), sheetRow),
		rows("rows-over-the-sheet", "Two million rows, more than a sheet has.", unreadable, sheetHeader,
			times(`<row><c><v>1</v></c></row>`, 2_000_000)),
		rows("rows-backwards", "A row comes behind one with a higher number.", unreadable,
			`<row r="5"><c t="inlineStr"><is><t>site</t></is></c></row>`, `<row r="7"><c><v>1</v></c></row>`,
			`<row r="6"><c><v>1</v></c></row>`),
		rows("rows-twice", "Two rows have one number.", unreadable,
			`<row r="5"><c t="inlineStr"><is><t>site</t></is></c></row>`, `<row r="7"><c><v>1</v></c></row>`,
			`<row r="7"><c><v>1</v></c></row>`),
		rows("cells-backwards", "A cell stands behind one that is further right.", wrong,
			sheetHeader, `<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c></row>`),
		rows("cells-twice", "Two cells have one place.", wrong,
			sheetHeader, `<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>`),
		rows("cells-of-other-rows", "A cell says that it is in another row than it is.", wrong,
			sheetHeader, `<row r="2"><c r="A3"><v>1</v></c></row>`),
		rows("cells-of-no-place", "The place of a cell is no place.", wrong, sheetHeader,
			`<row r="2"><c r="!!"><v>1</v></c></row>`),
		rows("cell-beyond-the-sheet", "A cell in column XFE, one more than a sheet has.", wrong,
			sheetHeader, `<row r="2"><c r="XFE2"><v>1</v></c></row>`),
		{
			Name: "sheet/last-column", Cause: "100,000 rows with one cell each, in the 16,384th column.",
			Want: accepted(1).rejected(definition.RowColumnCountMismatch, 100_000),
			Open: lazily(func() []byte {
				return archive(parts(sheet(strings.Replace(sheetHeader, "<row>", `<row r="1">`, 1), numbered(100_000), sheetRow))...)
			}),
		},
		{
			Name: "sheet/header-in-the-last-column", Cause: "The header has one name, in the 16,384th column.", Want: limit,
			Format: definition.Format{HeaderRow: 1},
			Open: lazily(func() []byte {
				return archive(parts(sheet(`<row r="1"><c r="XFD1"><v>1</v></c></row>`, sheetRow))...)
			}),
		},
		rows("header-of-16384-columns", "A header of as many columns as a sheet has.", limit,
			`<row>`, times(`<c><v>1</v></c>`, 16_384), `</row>`, sheetRow),
		rows("columns-times-rows", "200 rows of 16,384 cells each below rows of three.", limit,
			sheetHeader, times(`<row>`+strings.Repeat(`<c><v>1</v></c>`, 16_384)+`</row>`, 200)),
		rows("cell-of-50-megabytes", "One cell of 50 MB of text.", accepted(1).rejected(definition.RowCellTooLarge, 1),
			sheetHeader, `<row><c t="inlineStr"><is><t>`, times("text ", 10_000_000), `</t></is></c></row>`, sheetRow),
		rows("cell-of-a-million-runs", "A cell of a million pieces of rich text.",
			accepted(1).rejected(definition.RowCellTooLarge, 1),
			sheetHeader, `<row><c t="inlineStr"><is>`, times("<r><rPr><b/></rPr><t>x</t></r>", 1_000_000), `</is></c></row>`,
			sheetRow),
		rows("number-of-a-megabyte", "A number of a million digits.", accepted(1).rejected(definition.RowCellTooLarge, 1),
			sheetHeader, `<row><c><v>`, times("9", 1_000_000), `</v></c></row>`, sheetRow),
		rows("no-numbers", "Cells that say they are numbers, and are not.", accepted(1).rejected(definition.RowCellError, 6),
			sheetHeader, `<row><c><v>NaN</v></c></row><row><c><v>Infinity</v></c></row><row><c><v>0x10</v></c></row>`+
				`<row><c><v>1,5</v></c></row><row><c><v>1e</v></c></row><row><c><v>--1</v></c></row>`, sheetRow),
		rows("no-booleans", "Cells that say they are booleans, and are not.", accepted(1).rejected(definition.RowCellError, 2),
			sheetHeader, `<row><c t="b"><v>2</v></c></row><row><c t="b"><v>maybe</v></c></row>`, sheetRow),
		rows("no-type", "Cells of a type that does not exist.", accepted(1).rejected(definition.RowCellError, 1),
			sheetHeader, `<row><c t="x"><v>2</v></c></row>`, sheetRow),
		rows("no-style", "Cells with formats that the workbook does not have.", accepted(3),
			sheetHeader, `<row><c s="4294967296"><v>2</v></c></row><row><c s="99"><v>2</v></c></row>`, sheetRow),
		rows("escaped-nul", "A NUL, escaped as workbooks do it.", accepted(1).rejected(definition.RowNULByte, 2),
			sheetHeader, text("a_x0000_b"), text("_x0000_"), sheetRow),
		rows("escaped-surrogates", "Halves of pairs, escaped as workbooks do it.",
			accepted(1).rejected(definition.RowEncodingInvalid, 1),
			sheetHeader, text("a_xD800_b"), sheetRow),
		{
			Name: "sheet/million-merged-cells", Cause: "A million merged cells behind the rows, each as large as the sheet.",
			Want: accepted(1),
			Open: lazily(func() []byte {
				return archive(parts(deflated(partSheet, sheetHead+sheetHeader+sheetRow+`</sheetData><mergeCells count="1000000">`,
					times(`<mergeCell ref="A1:XFD1048576"/>`, 1_000_000), `</mergeCells></worksheet>`))...)
			}),
		},
		rows("nothing", "A sheet without rows.", refused(definition.ErrorNoHeader)),
		{
			Name: "sheet/dimension-that-lies", Cause: "The sheet says that it reaches from A1 to XFD1048576.", Want: accepted(1),
			Open: lazily(func() []byte {
				return archive(parts(deflated(partSheet, strings.Replace(sheetHead, "<sheetData>",
					`<dimension ref="A1:XFD1048576"/><sheetData>`, 1)+sheetHeader+sheetRow+sheetTail))...)
			}),
		},
		rows("rows-in-two-pieces", "The sheet has its rows in two elements.", accepted(1),
			sheetHeader, `</sheetData><sheetData>`, sheetRow),
		shared("index-out-of-range", "Cells refer to shared strings that do not exist.",
			accepted(1).rejected(definition.RowCellError, 4), []any{`<si><t>one</t></si>`}, sheetHeader,
			`<row><c t="s"><v>1</v></c></row><row><c t="s"><v>-1</v></c></row><row><c t="s"><v>99999999999999999999</v></c></row>`+
				`<row><c t="s"><v>x</v></c></row><row><c t="s"><v>0</v></c></row>`),
		shared("strings-of-a-gibibyte", "A gibibyte of shared strings, of which one is used.", limit,
			[]any{`<si><t>one</t></si>`, times(`<si><t>`+strings.Repeat("shared ", 100)+`</t></si>`, 1_500_000)},
			sheetHeader, `<row><c t="s"><v>0</v></c></row>`),
		shared("strings-below-the-ratio", "A gibibyte of shared strings, which pack as little as is allowed.", limit,
			[]any{`<si><t>one</t></si>`, times(`<si><t>`+strings.Repeat("shared ", 5000)+hexNoise(400)+`</t></si>`, 30_000)},
			sheetHeader, `<row><c t="s"><v>0</v></c></row>`, `<row><c t="s"><v>30000</v></c></row>`),
		shared("million-strings", "Two million shared strings of nothing.", accepted(1),
			[]any{`<si><t>one</t></si>`, times(`<si/>`, 2_000_000)}, sheetHeader, `<row><c t="s"><v>0</v></c></row>`),
		shared("amplified-string", "One string of 30 KB that 400,000 cells in rows of 40 show: 12 GB of text.",
			accepted(0).rejected(definition.RowRowTooLarge, 10_000), []any{`<si><t>` + strings.Repeat("x", 30_000) + `</t></si>`},
			`<row>`+strings.Repeat(`<c t="inlineStr"><is><t>n</t></is></c>`, 40)+`</row>`,
			times(`<row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 40)+`</row>`, 10_000)),
		shared("amplified-cells", "One string of 30 KB that 100,000 cells show, one in each row: 3 GB of text.",
			accepted(100_000), []any{`<si><t>` + strings.Repeat("x", 30_000) + `</t></si>`},
			text("n"), times(`<row><c t="s"><v>0</v></c></row>`, 100_000)),
		{
			Name: "sheet/million-styles", Cause: "A workbook with a million cell formats.", Want: limit,
			Open: lazily(func() []byte {
				return archive(parts(deflated("xl/styles.xml", declaration+`<styleSheet `+mainSpace+`><cellXfs>`,
					times(`<xf numFmtId="14"/>`, 1_000_000), `</cellXfs></styleSheet>`),
					deflated(bookRels, declaration+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+
						`<Relationship Id="rId1" Type="`+relSpace+`/worksheet" Target="worksheets/sheet1.xml"/>`+
						`<Relationship Id="rId3" Type="`+relSpace+`/styles" Target="styles.xml"/></Relationships>`))...)
			}),
		},
	}
}

// numbered are rows from 2 on, each with one cell in the last column.
func numbered(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `<row r="%d"><c r="XFD%d"><v>1</v></c></row>`, i+2, i+2)
	}
	return out.String()
}
