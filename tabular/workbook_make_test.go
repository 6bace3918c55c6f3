package tabular_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"entrepot/tabular"
)

const (
	mainSpace     = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	strictSpace   = "http://purl.oclc.org/ooxml/spreadsheetml/main"
	relationSpace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// bookParts are the parts of a workbook with one sheet; a test changes what it is about.
type bookParts map[string]string

// newBook is a workbook whose only sheet, “Data”, has the given rows.
func newBook(rows string) bookParts {
	return bookParts{
		"_rels/.rels": relations("officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml": fmt.Sprintf(`<workbook xmlns=%q xmlns:r=%q><sheets>`+
			`<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>`, mainSpace, relationSpace),
		"xl/_rels/workbook.xml.rels": relations("worksheet", "worksheets/sheet1.xml",
			"sharedStrings", "sharedStrings.xml", "styles", "styles.xml"),
		"xl/sharedStrings.xml":     fmt.Sprintf(`<sst xmlns=%q><si><t>shared</t></si></sst>`, mainSpace),
		"xl/styles.xml":            `<styleSheet><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml": sheetXML(rows),
	}
}

func sheetXML(rows string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns=%q><sheetData>%s</sheetData></worksheet>`,
		mainSpace, rows)
}

// relations names the parts that a part refers to, by kind and target.
func relations(pairs ...string) string {
	var out strings.Builder
	out.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&out, `<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>`, i/2+1, relationSpace, pairs[i], pairs[i+1])
	}
	return out.String() + `</Relationships>`
}

// formats gives the workbook cell formats of these codes, number 1 and on.
func (b bookParts) formats(codes ...string) bookParts {
	var custom, cells strings.Builder
	for i, code := range codes {
		id := fmt.Sprint(200 + i)
		if strings.HasPrefix(code, "id ") {
			id = code[len("id "):]
		} else {
			fmt.Fprintf(&custom, `<numFmt numFmtId="%s" formatCode="%s"/>`, id, escapeXML(code))
		}
		fmt.Fprintf(&cells, `<xf numFmtId="%s"/>`, id)
	}
	b["xl/styles.xml"] = fmt.Sprintf(
		`<styleSheet xmlns=%q><numFmts>%s</numFmts><cellXfs><xf numFmtId="0"/>%s</cellXfs></styleSheet>`,
		mainSpace, custom.String(), cells.String())
	return b
}

func escapeXML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(text)
}

// zip packs the parts in the order of their names.
func (b bookParts) zip(t testing.TB) *bytes.Reader { return b.pack(t, zip.Deflate) }

func (b bookParts) pack(t testing.TB, method uint16) *bytes.Reader {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
	for _, name := range slices.Sorted(maps.Keys(b)) {
		part, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		require.NoError(t, err)
		_, err = part.Write([]byte(b[name]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return bytes.NewReader(out.Bytes())
}

// inline is a row of texts.
func inline(cells ...string) string {
	var out strings.Builder
	out.WriteString("<row>")
	for _, cell := range cells {
		fmt.Fprintf(&out, `<c t="inlineStr"><is><t>%s</t></is></c>`, cell)
	}
	return out.String() + "</row>"
}

// rowsOf reads a workbook with the header a, b, c and the given rows below it.
func rowsOf(t testing.TB, book bookParts) []string {
	t.Helper()
	_, lines := readSheet(t, book.zip(t), tabular.Config{})
	return lines
}
