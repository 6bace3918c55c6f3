package hostile

import (
	"strconv"
	"strings"

	"entrepot/definition"
)

// xmlCases are workbooks whose parts are XML that costs too much, or none.
func xmlCases() []Case {
	unreadable, limit := refused(definition.ErrorFileUnreadable), refused(definition.ErrorLimitExceeded)
	book := func(name, cause string, want Outcome, others func() []entry) Case {
		return Case{
			Name: "xml/" + name, Cause: cause, Want: want,
			Open: lazily(func() []byte { return archive(parts(others()...)...) }),
		}
	}
	one := func(makers ...func() entry) func() []entry {
		return func() (all []entry) {
			for _, e := range makers {
				all = append(all, e())
			}
			return all
		}
	}
	sheetOfShared := func() entry { return sheet(sheetHeader, `<row><c t="s"><v>0</v></c></row>`) }
	raw := func(text string) func() []entry { return one(func() entry { return deflated(partSheet, text) }) }
	laughs := laughter()
	return []Case{
		book("entity-bomb", "A billion laughs: entities that contain entities.", unreadable,
			raw(laughs+`<worksheet `+mainSpace+`><sheetData><row><c t="inlineStr"><is><t>`+
				`&lol9;</t></is></c></row></sheetData></worksheet>`)),
		book("entity-bomb-in-shared-strings", "The same where the texts are.", unreadable, one(func() entry {
			return deflated(partText, laughs+`<sst `+mainSpace+`><si><t>&lol9;</t></si></sst>`)
		}, sheetOfShared)),
		book("external-entity", "A DTD that wants a file of the server's.", unreadable,
			raw(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet `+mainSpace+
				`><sheetData><row><c t="inlineStr"><is><t>&f;</t></is></c></row></sheetData></worksheet>`)),
		book("undefined-entity", "A cell with an entity that XML does not have.", unreadable,
			one(func() entry { return sheet(sheetHeader, `<row><c t="inlineStr"><is><t>&nbsp;</t></is></c></row>`) })),
		book("dtd-of-50-megabytes", "A document type that does not end.", unreadable,
			one(func() entry {
				return deflated(partSheet, `<?xml version="1.0"?><!DOCTYPE x [`, times(`<!ELEMENT a ANY>`, 3_000_000), `]>`+sheetTail)
			})),
		book("depth", "A million elements within each other.", unreadable,
			one(func() entry {
				return deflated(partSheet, sheetHead, times("<a>", 1_000_000), times("</a>", 1_000_000), sheetTail)
			})),
		book("huge-attribute", "An attribute of 50 MB.", unreadable,
			one(func() entry { return sheet(sheetHeader, `<row><c r="`, times("A", 50*mebi), `"><v>1</v></c></row>`) })),
		book("million-attributes", "An element with a million attributes.", unreadable,
			one(func() entry { return sheet(sheetHeader, `<row `, times(`a="" `, 1_000_000), `></row>`) })),
		book("huge-name", "An element whose name has 50 million letters.", unreadable,
			one(func() entry { return sheet(sheetHeader, `<`, times("n", 50*mebi), `/>`) })),
		book("huge-comment", "A comment of 50 MB between rows.", accepted(1),
			one(func() entry { return sheet(sheetHeader, `<!--`, times("- ", 25*mebi), `-->`, sheetRow) })),
		book("million-comments", "A million comments and processing instructions between rows.", accepted(1),
			one(func() entry { return sheet(sheetHeader, times(`<!-- x --><?x y?>`, 1_000_000), sheetRow) })),
		book("unknown-elements", "A million elements that nobody knows, between cells.", accepted(1),
			one(func() entry {
				return sheet(sheetHeader, `<row><c t="inlineStr"><is><t>S1</t></is></c>`, times(`<x y="z">1</x>`, 1_000_000),
					`</row>`)
			})),
		book("cut", "The sheet ends in the middle of a row, in an archive that is in order.", unreadable, raw(sheetHead+
			sheetHeader+sheetRow+`<row><c><v>1`)),
		book("cut-behind-a-row", "The sheet ends behind a row: nothing says that it was the last.", unreadable,
			raw(sheetHead+sheetHeader+sheetRow)),
		book("mismatched-tags", "Elements are closed in another order than they were opened.", unreadable,
			one(func() entry { return sheet(sheetHeader, `<row><c><v>1</c></v></row>`) })),
		book("not-xml", "The sheet is an empty file.", unreadable, raw("")),
		book("binary", "The sheet is NUL bytes.", unreadable, one(func() entry {
			return deflated(partSheet, times("\x00",
				10*mebi))
		})),
		book("utf-16", "The sheet is UTF-16, which XML allows.", accepted(1), raw("\xff\xfe"+utf16le(
			strings.Replace(sheetHead, "UTF-8", "UTF-16", 1)+sheetHeader+sheetRow+sheetTail))),
		book("utf-16-without-a-mark", "The sheet is UTF-16 and nothing but its bytes says so.", accepted(1), raw(utf16be(
			strings.Replace(sheetHead, "UTF-8", "UTF-16", 1)+sheetHeader+sheetRow+sheetTail))),
		book("unknown-encoding", "The sheet says that it is in an encoding that nobody has.", unreadable,
			raw(strings.Replace(sheetHead, "UTF-8", "x-nobody", 1)+sheetHeader+sheetRow+sheetTail)),
		book("invalid-utf-8", "A cell of the sheet is not UTF-8, which XML forbids.",
			accepted(1).rejected(definition.RowEncodingInvalid, 1),
			one(func() entry {
				return sheet(sheetHeader, "<row><c t=\"inlineStr\"><is><t>\xc0\xaf</t></is></c></row>", sheetRow)
			})),
		book("invalid-characters", "A cell refers to characters that XML does not have: NUL and half of a pair.", unreadable,
			one(func() entry {
				return sheet(sheetHeader, `<row><c t="inlineStr"><is><t>&#0;&#xD800;</t></is></c></row>`, sheetRow)
			})),
		book("other-namespace", "The sheet is in a namespace that is not a spreadsheet's: it is no sheet.", unreadable,
			raw(declaration+`<worksheet xmlns="http://example.org/other"><sheetData>`+sheetHeader+sheetRow+sheetTail)),
		book("hundred-thousand-sheets", "The workbook lists a hundred thousand sheets that are all one.", limit,
			one(func() entry {
				return deflated(partBook, declaration+`<workbook `+mainSpace+` xmlns:r="`+relSpace+`"><sheets>`,
					times(`<sheet name="Data" sheetId="1" r:id="rId1"/>`, 100_000), `</sheets></workbook>`)
			})),
		book("sheet-outside-of-the-workbook", "The sheet is said to be at ../../../etc/passwd.", unreadable, one(func() entry {
			return deflated(bookRels, declaration+
				`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+
				`<Relationship Id="rId1" Type="`+relSpace+`/worksheet" Target="../../../../etc/passwd"/></Relationships>`)
		})),
		book("sheet-on-the-internet", "The sheet is said to be at an address.", unreadable, one(func() entry {
			return deflated(bookRels, declaration+
				`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+
				`<Relationship Id="rId1" Type="`+relSpace+
				`/worksheet" Target="http://example.com/sheet1.xml" TargetMode="External"/></Relationships>`)
		})),
		book("million-relationships", "The workbook has a million relationships.", limit, one(func() entry {
			return deflated(bookRels, declaration+
				`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`,
				times(`<Relationship Id="rId1" Type="`+relSpace+`/worksheet" Target="worksheets/sheet1.xml"/>`, 1_000_000),
				`</Relationships>`)
		})),
	}
}

// laughter declares entities that stand for a billion times "lol" in the end.
func laughter() string {
	var out strings.Builder
	out.WriteString(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">`)
	for i := range 9 {
		out.WriteString("<!ENTITY lol" + strconv.Itoa(i+1) + ` "` + strings.Repeat("&lol"+strconv.Itoa(i)+";", 10) + `">`)
	}
	out.WriteString("]>")
	return out.String()
}
