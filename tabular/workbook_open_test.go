package tabular_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"entrepot/definition"
	"entrepot/tabular"
)

// failure reads a workbook and gives what ended it.
func failure(t testing.TB, source io.Reader, config tabular.Config) *tabular.Error {
	t.Helper()
	r, err := tabular.Open(source, config)
	if err == nil {
		defer func() { require.NoError(t, r.Close()) }()
		for err == nil {
			_, err = r.Next()
		}
	}
	var failure *tabular.Error
	require.ErrorAs(t, err, &failure, "the file was read to its end")
	return failure
}

const goodRows = `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>`

// TestWorkbooksThatAreRefused changes one thing of a workbook that is in order.
func TestWorkbooksThatAreRefused(t *testing.T) {
	t.Parallel()
	sheet := func(text string) func(bookParts) {
		return func(b bookParts) { b["xl/worksheets/sheet1.xml"] = text }
	}
	rows := func(more string) func(bookParts) { return sheet(sheetXML(goodRows + more)) }
	without := func(part string) func(bookParts) { return func(b bookParts) { delete(b, part) } }
	const end = "</sheetData></worksheet>"
	const unreadable, noHeader, limit = definition.ErrorFileUnreadable, definition.ErrorNoHeader, definition.ErrorLimitExceeded
	for _, test := range []struct {
		name   string
		change func(bookParts)
		code   definition.ImportErrorCode
		reason string
	}{
		{"no sheet part", without("xl/worksheets/sheet1.xml"), unreadable, "its part “xl/worksheets/sheet1.xml” is missing"},
		{"no relationships", without("xl/_rels/workbook.xml.rels"), unreadable, "rels” is missing"},
		{"no workbook", without("xl/workbook.xml"), unreadable, "a zip archive without a workbook in it"},
		{"no styles", without("xl/styles.xml"), unreadable, "styles.xml” is missing"},
		{"binary", func(b bookParts) {
			delete(b, "_rels/.rels")
			delete(b, "xl/workbook.xml")
			b["xl/workbook.bin"] = "x"
		}, unreadable, ".xlsb"},
		{"OpenDocument", func(b bookParts) {
			clear(b)
			b["mimetype"] = "application/vnd.oasis.opendocument.spreadsheet"
		}, unreadable, ".ods"},
		{"Word", func(b bookParts) { b["_rels/.rels"] = relations("officeDocument", "word/document.xml") }, unreadable, ".docx"},
		{"name twice", func(b bookParts) { b["XL/Workbook.xml"] = "" }, unreadable, "the same name twice"},
		{"no sheets", func(b bookParts) { b["xl/workbook.xml"] = "<workbook/>" }, unreadable, "lists no sheets"},
		{"entity", rows(inline("&nbsp;")), unreadable, "an entity that is not XML's own"},
		{"half a character", rows(inline("&#xD800;")), unreadable, "an entity that is not XML's own"},
		{"document type", sheet("<!DOCTYPE a>" + sheetXML(goodRows)), unreadable, "document type"},
		{"cut in a row", sheet(strings.TrimSuffix(sheetXML(goodRows+"<row>"), end)), unreadable, "ends too early"},
		{"cut behind a row", sheet(strings.TrimSuffix(sheetXML(goodRows), end)), unreadable, "ends too early"},
		{"wrong end", rows("<row><c></row></c>"), unreadable, "not open"},
		{"two roots", sheet(sheetXML(goodRows) + "<a/>"), unreadable, "more than one root"},
		{"text behind", sheet(sheetXML(goodRows) + "x"), unreadable, "text outside"},
		{"no attribute value", rows("<row r></row>"), unreadable, "no name or no value"},
		{"attribute twice", rows(`<row r="3" r="3"/>`), unreadable, "attribute twice"},
		{"many attributes", rows("<row " + attributes(257) + "/>"), unreadable, "more than 256 attributes"},
		{"large tag", rows(`<row r="` + strings.Repeat(" ", 70_000) + `3"/>`), unreadable, "larger than 65536 bytes"},
		{"deep", rows(strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200)), unreadable, "more than 128 deep"},
		{"empty part", sheet(""), unreadable, "ends too early"},
		{"another namespace", sheet(strings.Replace(sheetXML(goodRows), mainSpace, "urn:other", 1)), unreadable, "no sheet of cells"},
		{"unknown encoding", sheet(strings.Replace(sheetXML(goodRows), "UTF-8", "EBCDIC", 1)), unreadable, "neither UTF-8 nor"},
		{"row 0", rows(`<row r="0"/>`), unreadable, "no number that a row"},
		{"row of years", rows(`<row r="231999999999940"/>`), unreadable, "no number that a row"},
		{"row behind the last", rows(`<row r="1048577"/>`), unreadable, "no number that a row"},
		{"rows backwards", rows(`<row r="2"/>`), unreadable, "row 2 stands behind row 2"},
		{"blank sheet", sheet(sheetXML("")), noHeader, "the sheet “Data” is empty"},
		{"silently blank sheet", sheet(strings.Replace(sheetXML(`<row r="1"><c r="A1" s="1"/></row>`),
			"<sheetData>", `<dimension ref="A1:C9"/><sheetData>`, 1)), noHeader, "says that it has cells"},
		{"all hidden", func(b bookParts) {
			b["xl/workbook.xml"] = strings.Replace(b["xl/workbook.xml"], "<sheet ", `<sheet state="veryHidden" `, 1)
		}, noHeader, "no sheet that can be seen"},
		{"header too wide", sheet(sheetXML(`<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>`)), limit, "column XFD"},
		{"header with a fault", sheet(sheetXML(`<row r="1"><c r="A1" t="s"><v>9</v></c></row>`)), unreadable, "the header in row 1"},
		{"many formats", func(b bookParts) {
			b["xl/styles.xml"] = `<styleSheet><cellXfs>` + strings.Repeat(`<xf/>`, 1<<17+1) + `</cellXfs></styleSheet>`
		}, limit, "cell formats"},
		{"many sheets", func(b bookParts) {
			many := "<sheets>" + strings.Repeat(`<sheet name="x"/>`, 5001)
			b["xl/workbook.xml"] = strings.Replace(b["xl/workbook.xml"], "<sheets>", many, 1)
		}, limit, "sheets"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := newBook(goodRows)
			test.change(book)
			err := failure(t, book.zip(t), tabular.Config{})
			require.Equal(t, test.code, err.Code, err.Reason)
			require.Contains(t, err.Reason, test.reason)
		})
	}
}

func attributes(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `a%d="" `, i)
	}
	return out.String()
}

// TestZipDirectoriesThatLie changes the bytes of an archive.
func TestZipDirectoriesThatLie(t *testing.T) {
	t.Parallel()
	whole, err := io.ReadAll(newBook(goodRows + strings.Repeat("<!-- -->", 1000)).zip(t))
	require.NoError(t, err)
	central := bytes.Index(whole, []byte("PK\x01\x02"))
	last := bytes.LastIndex(whole, []byte("PK\x01\x02")) // the sheet: its name is the last in order
	end := bytes.LastIndex(whole, []byte("PK\x05\x06"))
	put32 := func(at int, value uint32) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[at:], value)
			return b
		}
	}
	put16 := func(at int, value uint16) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.LittleEndian.PutUint16(b[at:], value)
			return b
		}
	}
	for _, test := range []struct {
		name   string
		change func([]byte) []byte
		code   definition.ImportErrorCode
		reason string
	}{
		{"cut", func(b []byte) []byte { return b[:len(b)/2] }, definition.ErrorFileUnreadable, "cut off"},
		{"cut at the end", func(b []byte) []byte { return b[:len(b)-4] }, definition.ErrorFileUnreadable, "cut off"},
		{"fewer entries", put16(end+10, 2), definition.ErrorFileUnreadable, "more entries than it says"},
		{"more entries", put16(end+10, 99), definition.ErrorFileUnreadable, "fewer entries than it says"},
		{"thousands of entries", put16(end+10, 20_000), definition.ErrorFileUnreadable, "20000 parts"},
		{"directory elsewhere", put32(end+16, 1<<30), definition.ErrorFileUnreadable, "outside of the file"},
		{"encrypted", put16(central+8, 1), definition.ErrorFileUnreadable, "encrypted"},
		{"overlap", put32(last+42, 0), definition.ErrorFileUnreadable, "overlap"},
		{"outside", put32(last+20, 1<<30), definition.ErrorFileUnreadable, "outside of the file"},
		{"says 4 GB", put32(last+24, 0xfffffffe), definition.ErrorLimitExceeded, "unpacks to more than"},
		{"says less", put32(last+24, 100), definition.ErrorFileUnreadable, "more than the zip directory says"},
		{"says more", put32(last+24, 1<<20), definition.ErrorFileUnreadable, "less than the zip directory says"},
		{"wrong sum", put32(last+16, 1), definition.ErrorFileUnreadable, "wrong checksum"},
		{"unknown packing", put16(last+10, 97), definition.ErrorFileUnreadable, "(97)"},
		{"renamed", func(b []byte) []byte {
			b[last+46] = 'X'
			return b
		}, definition.ErrorFileUnreadable, "disagrees"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := failure(t, bytes.NewReader(test.change(bytes.Clone(whole))), tabular.Config{})
			require.Equal(t, test.code, err.Code, err.Reason)
			require.Contains(t, err.Reason, test.reason)
		})
	}
	// Whatever is changed, no row is made up: the file is refused, or reads as it was.
	_, want := readSheet(t, bytes.NewReader(whole), tabular.Config{})
	for at := range whole {
		changed := bytes.Clone(whole)
		changed[at] ^= 1 << (at % 8)
		r, err := tabular.Open(bytes.NewReader(changed), tabular.Config{Format: tabular.Format{Kind: definition.KindXLSX}})
		if err != nil {
			continue
		}
		record, err := r.Next()
		if err == nil {
			require.Equal(t, want[0], sheetLine(record), "byte %d", at)
		}
		require.NoError(t, r.Close())
	}
}

func TestWorkbookLimits(t *testing.T) {
	t.Parallel()
	book := newBook(inline("a", "b") + inline("1", "2") + inline("3", "12345678901") + inline("", "5") +
		inline("123456", "1234567"))
	_, lines := readSheet(t, book.zip(t), tabular.Config{Limits: tabular.Limits{MaxCellBytes: 10, MaxRowBytes: 12}})
	require.Equal(t, []string{
		"1:2|T:1|T:2", `2:3 CELL_TOO_LARGE column 1 "1234567890"`, "3:4||T:5", `4:5 ROW_TOO_LARGE column -1 "123456"`,
	}, lines)

	book = newBook(inline("a") + inline("1") + inline("2") + inline("3"))
	err := failure(t, book.zip(t), tabular.Config{Limits: tabular.Limits{MaxRows: 2}})
	require.Equal(t, definition.ErrorLimitExceeded, err.Code)
	require.Equal(t, []definition.Param{{Name: "limit", Value: "maxRows"}, {Name: "max", Value: "2"}}, err.Params)

	err = failure(t, book.zip(t), tabular.Config{Limits: tabular.Limits{MaxUnpackedBytes: 500}})
	require.Equal(t, "maxUnpackedBytes", err.Params[0].Value)

	large := newBook(goodRows + strings.Repeat(" ", 65<<20)).zip(t)
	err = failure(t, large, tabular.Config{})
	require.Equal(t, "maxUnpackRatio", err.Params[0].Value)
	_, seekErr := large.Seek(0, io.SeekStart)
	require.NoError(t, seekErr)
	_, lines = readSheet(t, large, tabular.Config{Limits: tabular.Limits{MaxUnpackRatio: 10_000}})
	require.Equal(t, []string{"1:2|N:1"}, lines)
}

func TestSheets(t *testing.T) {
	t.Parallel()
	book := newBook("")
	book["xl/workbook.xml"] = fmt.Sprintf(`<x:workbook xmlns:x=%q xmlns:r=%q><x:sheets>`+
		`<x:sheet name="Gizli" state="hidden" r:id="rId1"/><x:sheet name="Boş" r:id="rId2"/>`+
		`<x:sheet name="Graph" r:id="rId3"/><x:sheet name="Ölçüm" r:id="rId4"/></x:sheets></x:workbook>`, strictSpace, relationSpace)
	book["xl/_rels/workbook.xml.rels"] = relations("worksheet", "/xl/hidden.xml", "worksheet", "worksheets\\empty.xml",
		"chartsheet", "chart.xml", "worksheet", "./worksheets/../XL.xml")
	book["xl/hidden.xml"] = sheetXML(inline("hidden") + inline("1"))
	book["xl/worksheets/empty.xml"] = sheetXML(`<row><c s="0"/></row>`)
	book["xl/xl.xml"] = strings.NewReplacer(mainSpace, strictSpace, "</", "</s:", "<?", "<?", "<", "<s:", "xmlns=", "xmlns:s=").
		Replace(sheetXML(inline("seen") + inline("2")))
	r, lines := readSheet(t, book.zip(t), tabular.Config{})
	require.Equal(t, "Ölçüm", r.Detected().Sheet)
	require.Equal(t, []string{"Gizli", "Boş", "Ölçüm"}, r.Detected().Sheets)
	require.Equal(t, []string{"1:2|T:2"}, lines)
	r, lines = readSheet(t, book.zip(t), tabular.Config{Format: tabular.Format{Sheet: "GIZLI"}})
	require.Equal(t, "Gizli", r.Detected().Sheet)
	require.Equal(t, []string{"1:2|T:1"}, lines)
	for name, reason := range map[string]string{
		"Data": "no sheet “Data”; it has “Gizli”, “Boş”, “Ölçüm”", "Graph": "holds a chart", "Boş": "the sheet “Boş” is empty",
	} {
		err := failure(t, book.zip(t), tabular.Config{Format: tabular.Format{Sheet: name}})
		require.Contains(t, err.Reason, reason)
	}
}

func TestHeadersOfSheets(t *testing.T) {
	t.Parallel()
	const date = `<row><c t="inlineStr"><is><t>made on</t></is></c><c><v>45000</v></c></row>`
	for _, test := range []struct {
		name, rows string
		row        int
		header     []string
		lines      int
		warned     bool
	}{
		{"first row", inline("a", "b") + inline("1", "2"), 0, []string{"a", "b"}, 1, false},
		{
			"behind blank rows", `<row r="9"><c r="C9" t="inlineStr"><is><t> c </t></is></c></row>` + inline("", "", "1"),
			0,
			[]string{"", "", "c"},
			1, false,
		},
		{"behind a title", inline("Energy") + inline("a", "b", "c") + inline("1", "2", "3"), 0, []string{"a", "b", "c"}, 1, true},
		{
			"behind titles", inline("Energy") + date + inline("a", "b", "c", "d") + inline("1", "2", "3", "4") + inline("1", "2", "3"),
			0,
			[]string{"a", "b", "c", "d"},
			2, true,
		},
		{"years as names", inline("site", "2023", "2024") + inline("x", "1", "2"), 0, []string{"site", "2023", "2024"}, 1, false},
		{"named row", inline("a", "b") + inline("1", "2") + inline("3", "4"), 2, []string{"1", "2"}, 1, false},
		{"trailing blanks", inline("a", "b", " ", "") + inline("1", "2"), 0, []string{"a", "b"}, 1, false},
		{"only a header", inline("a", "b"), 0, []string{"a", "b"}, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, lines := readSheet(t, newBook(test.rows).zip(t), tabular.Config{Format: tabular.Format{HeaderRow: test.row}})
			require.Equal(t, test.header, r.Header())
			require.Len(t, lines, test.lines)
			warned := false
			for _, warning := range r.Warnings() {
				warned = warned || warning.Code == definition.WarningPreambleSkipped
			}
			require.Equal(t, test.warned, warned)
		})
	}
	for _, row := range []int{2, 99} {
		err := failure(t, newBook(goodRows+`<row r="4"><c><v>1</v></c></row>`+`<row r="5"/>`).zip(t),
			tabular.Config{Format: tabular.Format{HeaderRow: row + 1}})
		require.Equal(t, definition.ErrorNoHeader, err.Code)
		require.Contains(t, err.Reason, fmt.Sprintf("in the sheet “Data”, row %d", row+1))
	}
}

// TestBlankRowsOfSheets counts rows that are missing as those that are blank, and none behind the last value.
func TestBlankRowsOfSheets(t *testing.T) {
	t.Parallel()
	book := newBook(`<row r="2"><c t="inlineStr"><is><t>a</t></is></c></row><row r="4"><c><v>1</v></c></row>` + inline(" ") +
		`<row r="7"/><row r="1048570"><c s="0"><v>2</v></c></row>` + inline("x") + `<row r="1048576"><c s="0"/></row>`)
	r, err := tabular.Open(book.zip(t), tabular.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	next := int64(3)
	blank := 0
	var values []string
	var batch tabular.Batch
	for {
		err := r.NextBatch(&batch)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.LessOrEqual(t, batch.Len(), 8192)
		for i := range batch.Len() {
			if batch.Line(i) != next {
				require.Equal(t, next, batch.Line(i))
			}
			next++
			if batch.Blank(i) {
				blank++
			} else {
				values = append(values, fmt.Sprintf("%d:%d %s %d", batch.Row(i), batch.Line(i), batch.Cell(i, 0), batch.Kind(i, 0)))
			}
		}
	}
	require.Equal(t, []string{"1:4 1 1", "2:1048570 2 1", "3:1048571 x 0"}, values)
	require.Equal(t, 1048571-2-3, blank)
}

// TestWorkbooksLeaveNothingBehind reads one that is too large for memory, and counts the files in the folder.
func TestWorkbooksLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	book := newBook(goodRows)
	noise := make([]byte, 2<<20)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	book["xl/media/image1.png"] = string(noise)
	folder := t.TempDir()
	for _, sheet := range []string{"", "none"} {
		r, err := tabular.Open(book.pack(t, zip.Store), tabular.Config{TempDir: folder, Format: tabular.Format{Sheet: sheet}})
		if sheet == "" {
			require.NoError(t, err)
			record, err := r.Next()
			require.NoError(t, err)
			require.Equal(t, "1:2|N:1", sheetLine(record))
			require.NoError(t, r.Close())
			require.NoError(t, r.Close())
		} else {
			require.Error(t, err)
		}
		left, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	err := failure(t, book.pack(t, zip.Store), tabular.Config{TempDir: folder + "/none"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPartsInUTF16(t *testing.T) {
	t.Parallel()
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, mark := range []string{"\ufeff", ""} {
			book := newBook("")
			text := mark + strings.Replace(sheetXML(inline("a")+inline("ş😀")+inline("\ue000")), "UTF-8", "UTF-16", 1)
			var out []byte
			for _, unit := range utf16.Encode([]rune(text)) {
				if unit == 0xe000 {
					unit = 0xdc00 // half of a character
				}
				out = order.AppendUint16(out, unit)
			}
			book["xl/worksheets/sheet1.xml"] = string(out)
			lines := rowsOf(t, book)
			require.Len(t, lines, 2)
			require.Equal(t, "1:2|T:ş😀", lines[0])
			require.Contains(t, lines[1], "2:3 ENCODING_INVALID column 0")
		}
	}
}
