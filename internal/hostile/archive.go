package hostile

import (
	"bytes"
	"fmt"
	"strings"

	"entrepot/definition"
)

// The parts of a workbook that cases leave out or replace.
const (
	partTypes = "[Content_Types].xml"
	partRels  = "_rels/.rels"
	partBook  = "xl/workbook.xml"
	bookRels  = "xl/_rels/workbook.xml.rels"
	partSheet = "xl/worksheets/sheet1.xml"
	partText  = "xl/sharedStrings.xml"

	declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainType    = `ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.`
	mainSpace   = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	relSpace    = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`

	sheetHead = declaration + `<worksheet ` + mainSpace + `><sheetData>`
	sheetTail = `</sheetData></worksheet>`
)

// Rows as workbooks have them, with and without their numbers.
const (
	sheetHeader = `<row><c t="inlineStr"><is><t>site</t></is></c><c t="inlineStr"><is><t>date</t></is></c>` +
		`<c t="inlineStr"><is><t>reading</t></is></c></row>`
	sheetRow = `<row><c t="inlineStr"><is><t>S1</t></is></c><c t="inlineStr"><is><t>2024-01-02</t></is></c><c><v>1.5</v></c></row>`
)

// parts are those of a workbook with one sheet of the given entry; entries with the name of a part take its place.
func parts(others ...entry) []entry {
	all := []entry{
		deflated(partTypes, declaration+`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`+
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
			`<Default Extension="xml" ContentType="application/xml"/>`+
			`<Override PartName="/xl/workbook.xml" `+mainType+`sheet.main+xml"/>`+
			`<Override PartName="/xl/worksheets/sheet1.xml" `+mainType+`worksheet+xml"/>`+
			`<Override PartName="/xl/sharedStrings.xml" `+mainType+`sharedStrings+xml"/>`+
			`</Types>`),
		deflated(partRels, declaration+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+
			`<Relationship Id="rId1" Type="`+relSpace+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`),
		deflated(partBook, declaration+`<workbook `+mainSpace+` xmlns:r="`+relSpace+`"><sheets>`+
			`<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>`),
		deflated(bookRels, declaration+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+
			`<Relationship Id="rId1" Type="`+relSpace+`/worksheet" Target="worksheets/sheet1.xml"/>`+
			`<Relationship Id="rId2" Type="`+relSpace+`/sharedStrings" Target="sharedStrings.xml"/></Relationships>`),
		deflated(partText, declaration+`<sst `+mainSpace+`><si><t>shared</t></si></sst>`),
		sheet(sheetHeader, sheetRow),
	}
	for _, other := range others {
		replaced := false
		for i := range all {
			if all[i].name == other.name {
				all[i], replaced = other, true
			}
		}
		if !replaced {
			all = append(all, other)
		}
	}
	return all
}

// sheet is the sheet with the given rows.
func sheet(rows ...any) entry {
	return deflated(partSheet, append(append([]any{sheetHead}, rows...), sheetTail)...)
}

func without(name string, from []entry) []entry {
	var kept []entry
	for _, e := range from {
		if e.name != name {
			kept = append(kept, e)
		}
	}
	return kept
}

// archiveCases are workbooks whose zip archive lies.
func archiveCases() []Case {
	unreadable, limit := refused(definition.ErrorFileUnreadable), refused(definition.ErrorLimitExceeded)
	workbook := func(name, cause string, want Outcome, file func() []byte) Case {
		return Case{Name: "xlsx/" + name, Cause: cause, Open: lazily(file), Want: want}
	}
	plain := func() []byte { return archive(parts()...) }
	cases := []Case{
		workbook("plain", "Nothing is wrong with it: the other cases differ from it in one thing.", accepted(1), plain),
		workbook("bomb", "A sheet of ten gigabytes of white space in ten megabytes.", limit, func() []byte {
			bomb := sheet()
			body := deflate(strings.Repeat(" ", mebi))
			bomb.data = bytes.Join([][]byte{deflate(sheetHead + sheetHeader), bytes.Repeat(body, 10_000), {3, 0}}, nil)
			bomb.size = 0xfffffffe
			return archive(parts(bomb)...)
		}),
		workbook("bomb-that-lies", "A sheet that unpacks to four gigabytes, and says a thousand bytes.", unreadable,
			func() []byte {
				bomb := sheet(sheetHeader, sheetRow)
				body := deflate(strings.Repeat(sheetRow, 10_000))
				bomb.data = bytes.Join([][]byte{deflate(sheetHead + sheetHeader), bytes.Repeat(body, 4000), deflate(sheetTail), {
					3,
					0,
				}}, nil)
				return archive(parts(bomb)...)
			}),
		workbook("sizes-too-large", "A sheet of three rows that says four gigabytes.", limit, func() []byte {
			big := sheet(sheetHeader, sheetRow)
			big.size = 0xfffffff0
			return archive(parts(big)...)
		}),
		workbook("packed-size-too-large", "A sheet whose packed bytes would go on behind the end of the file.", unreadable,
			func() []byte {
				long := sheet(sheetHeader, sheetRow)
				long.packedSize = 1 << 30
				return archive(parts(long)...)
			}),
		workbook("overlapping", "Five thousand entries that share the bytes of one.", unreadable, func() []byte {
			all := parts()
			first := archive(all...)
			at := uint64(bytes.Index(first, []byte("PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00\x21\x00")))
			bomb := deflated("xl/media/0", times(" ", 10*mebi))
			for i := range 5000 {
				e := bomb
				e.name, e.hidden, e.at = fmt.Sprintf("xl/media/%d", i), true, at
				all = append(all, e)
			}
			return archive(all...)
		}),
		workbook("sheet-within-another-entry", "The sheet's bytes lie within those of another entry.", unreadable,
			func() []byte {
				inner := sheet(sheetHeader, sheetRow)
				inside := archive(inner)
				outer := stored("xl/media/image1.png", string(inside))
				inner.hidden = true
				before := archive(without(partSheet, parts())...)
				directory := bytes.Index(before, []byte("PK\x01\x02"))
				inner.at = uint64(directory + 30 + len(outer.name))
				return archive(append(without(partSheet, parts()), outer, inner)...)
			}),
		workbook("contains-itself", "The sheet is stored, starts where the archive starts, and is as long as the archive.",
			unreadable, func() []byte {
				self := stored(partSheet, "")
				self.hidden, self.at = true, 0
				self.packedSize = uint64(len(archive(append(without(partSheet, parts()), self)...)))
				self.size = self.packedSize
				return archive(append(without(partSheet, parts()), self)...)
			}),
		workbook("nested", "A zip archive with a workbook in it.", unreadable, func() []byte {
			return archive(stored("book.xlsx", string(plain())))
		}),
		workbook("nested-bombs", "Zip archives in zip archives, five deep, with a bomb within each.", unreadable,
			func() []byte {
				inner := archive(deflated("0", times("\x00", 64*mebi)))
				for range 5 {
					var all []entry
					for i := range 16 {
						all = append(all, deflated(fmt.Sprintf("%d.zip", i), string(inner)))
					}
					inner = archive(all...)
				}
				return inner
			}),
		workbook("many-entries", "A directory of 60,000 entries without bytes.", unreadable, func() []byte {
			all := parts()
			for len(all) < 60_000 {
				all = append(all, stored(fmt.Sprintf("x/%d", len(all)), ""))
			}
			return archive(all...)
		}),
		workbook("two-sheets-of-one-name", "Two entries have the name of the sheet: programs differ in which they read.",
			unreadable, func() []byte {
				return archive(append(parts(), sheet(sheetHeader, sheetRow, sheetRow))...)
			}),
		workbook("names-that-climb", "Entries are called ../../etc/passwd and C:\\x: nobody writes them anywhere.",
			accepted(1), func() []byte {
				return archive(parts(stored("../../../../etc/passwd", "x"), stored(`C:\x`, "x"), stored("/abs", "x"))...)
			}),
		workbook("truncated", "The second half of the file is missing, and the directory with it.", unreadable, func() []byte {
			whole := archive(parts(sheet(sheetHeader, times(sheetRow, 10_000)))...)
			return whole[:len(whole)/2]
		}),
		workbook("cut-in-its-directory", "The last twenty bytes are missing.", unreadable, func() []byte {
			whole := plain()
			return whole[:len(whole)-20]
		}),
		workbook("garbage-in-front", "A hundred bytes stand before the first entry.",
			refused(definition.ErrorEncodingUnknown), func() []byte {
				return append(bytes.Repeat([]byte("\x00\xff"), 50), plain()...)
			}),
		workbook("wrong-sum", "The check sum of the sheet is wrong.", unreadable, func() []byte {
			wrong := sheet(sheetHeader, sheetRow)
			wrong.crc ^= 1
			return archive(parts(wrong)...)
		}),
		workbook("changed-bits", "The packed bytes of the sheet were changed.", unreadable, func() []byte {
			wrong := sheet(sheetHeader, times(sheetRow, 1000))
			wrong.data[len(wrong.data)/2] ^= 0x55
			return archive(parts(wrong)...)
		}),
		workbook("encrypted-entries", "The entries are encrypted, as zip does it.", unreadable, func() []byte {
			all := parts()
			for i := range all {
				all[i].flags = 1
			}
			return archive(all...)
		}),
		workbook("unknown-method", "The sheet is packed with a method that nobody has.", unreadable, func() []byte {
			strange := sheet(sheetHeader, sheetRow)
			strange.method = 97
			return archive(parts(strange)...)
		}),
		workbook("empty-archive", "A zip archive without entries.", unreadable, func() []byte { return archive() }),
		workbook("opendocument", "A spreadsheet of LibreOffice's own format.", unreadable, func() []byte {
			return archive(stored("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
				deflated("content.xml", declaration+`<office:document-content/>`))
		}),
		workbook("binary-workbook", "A workbook in Excel's binary parts.", unreadable, func() []byte {
			return archive(stored(partTypes, `<Types/>`), stored("xl/workbook.bin", "\x83\x01\x00"))
		}),
		workbook("text-document", "A text of Word: a zip archive with other parts.", unreadable, func() []byte {
			return archive(stored(partTypes, `<Types/>`), deflated("word/document.xml", declaration+`<w:document/>`))
		}),
		workbook("packed-again", "A workbook was packed with gzip: it is unpacked, and bounded twice.", accepted(1),
			func() []byte {
				return gzipped(pack(string(plain())))
			}),
	}
	for _, part := range []string{partBook, bookRels, partSheet} {
		cases = append(cases, workbook("without-"+strings.NewReplacer("/", "-", ".", "-").Replace(part),
			"The part "+part+" is missing.", unreadable, func() []byte { return archive(without(part, parts())...) }))
	}
	return cases
}
