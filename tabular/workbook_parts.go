package tabular

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
)

// What a workbook may list.
const (
	maxSheets        = 5_000
	maxSheetName     = 255 // bytes; Excel allows 31 characters
	maxRelationships = 20_000
)

// sheet is one sheet of a workbook.
type sheet struct {
	name   string
	hidden bool
	part   string
	chart  bool // it holds something else than cells
}

// relationship is how one part of a workbook names another (ECMA-376-2, 6.5).
type relationship struct{ id, kind, part string }

// workbook is what its parts say about a file besides its cells.
type workbook struct {
	archive  *zipArchive
	limits   Limits
	sheets   []sheet
	date1904 bool
	styles   styles

	sharedPart string
	shared     *sharedStrings
}

// readWorkbook follows the relationships from the root of the archive to the parts that are needed.
func readWorkbook(archive *zipArchive, limits Limits) (*workbook, error) {
	w := &workbook{archive: archive, limits: limits}
	main, err := w.findMain()
	if err != nil {
		return nil, err
	}
	relationships, err := w.relationships(main)
	if err != nil {
		return nil, err
	}
	if err := w.readSheets(main, relationships); err != nil {
		return nil, err
	}
	for _, r := range relationships {
		switch r.kind {
		case "sharedStrings":
			w.sharedPart = cmp.Or(w.sharedPart, r.part)
		case "styles":
			if w.styles.given {
				continue
			}
			x, err := w.openPart(r.part)
			if err != nil {
				return nil, err
			}
			if w.styles, err = readStyles(x); err != nil {
				return nil, err
			}
		}
	}
	return w, nil
}

// openPart starts to read a part.
func (w *workbook) openPart(name string) (*xmlReader, error) {
	entry := w.archive.find(name)
	if entry == nil {
		return nil, unreadable(name, "the workbook is damaged, its part %s is missing", quoteName(name))
	}
	source, err := w.archive.open(entry)
	if err != nil {
		return nil, err
	}
	return newXMLReader(entry.name, source, entry.size)
}

// findMain gives the name of the part that lists the sheets, or says what the archive is instead.
func (w *workbook) findMain() (string, error) {
	main := "xl/workbook.xml"
	if w.archive.find("_rels/.rels") != nil {
		relationships, err := w.relationships("")
		if err != nil {
			return "", err
		}
		for _, r := range relationships {
			if r.kind == "officeDocument" {
				main = r.part
				break
			}
		}
	}
	switch {
	case strings.HasSuffix(zipKey(main), ".bin"):
		return "", refused(signature{name: "a binary workbook (.xlsb)", remedy: "save it as .xlsx or CSV"})
	case strings.HasPrefix(zipKey(main), "word/"):
		return "", refused(signature{name: "a text document (.docx)", remedy: "save its table as .xlsx or CSV"})
	case strings.HasPrefix(zipKey(main), "ppt/"):
		return "", refused(signature{name: "a presentation (.pptx)", remedy: "save its table as .xlsx or CSV"})
	case w.archive.find(main) != nil:
		return main, nil
	case w.archive.find("xl/workbook.bin") != nil:
		return "", refused(signature{name: "a binary workbook (.xlsb)", remedy: "save it as .xlsx or CSV"})
	}
	if entry := w.archive.find("mimetype"); entry != nil && entry.size < maxZipName {
		part, err := w.archive.open(entry)
		if err != nil {
			return "", err
		}
		kind, err := io.ReadAll(part)
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(string(kind), "application/vnd.oasis.opendocument.") {
			return "", refused(signature{name: "an OpenDocument file (.ods)", remedy: "save it as .xlsx or CSV"})
		}
	}
	return "", refused(signature{name: "a zip archive without a workbook in it", remedy: "unpack it first"})
}

// relationships reads what a part refers to; the root of the archive is the part of no name. What lies outside
// of the file is left out: nothing is ever fetched.
func (w *workbook) relationships(part string) ([]relationship, error) {
	folder, name := path.Split(part)
	var list []relationship
	x, err := w.openPart(folder + "_rels/" + name + ".rels")
	if err != nil {
		return nil, err
	}
	for {
		token, err := x.next()
		if err != nil {
			return nil, err
		}
		if token == xmlEOF {
			return list, nil
		}
		if token != xmlStart || string(x.name) != "Relationship" {
			continue
		}
		var values [4]string
		for i, attribute := range [...]string{"Id", "Type", "Target", "TargetMode"} {
			if values[i], err = x.attribute(attribute); err != nil {
				return nil, err
			}
		}
		if values[3] == "External" {
			continue
		}
		target := strings.ReplaceAll(values[2], `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = "/" + folder + target
		}
		list = append(list, relationship{
			id: values[0], kind: path.Base(values[1]),
			part: strings.TrimPrefix(path.Clean(target), "/"),
		})
		if len(list) > maxRelationships {
			return nil, limitError("the workbook refers to too many parts", "relationships", maxRelationships)
		}
	}
}

// readSheets reads the names of the sheets in their order, and from when days are counted.
func (w *workbook) readSheets(main string, relationships []relationship) error {
	parts := make(map[string]relationship, len(relationships))
	for _, r := range relationships {
		parts[r.id] = r
	}
	x, err := w.openPart(main)
	if err != nil {
		return err
	}
	for {
		token, err := x.next()
		if err != nil {
			return err
		}
		if token == xmlEOF {
			break
		}
		if token != xmlStart {
			continue
		}
		switch {
		case x.depth() == 2 && string(x.name) == "workbookPr":
			value, err := x.attribute("date1904")
			if err != nil {
				return err
			}
			w.date1904 = value == "1" || value == "true"
		case x.depth() == 3 && string(x.name) == "sheet":
			if err := w.addSheet(x, parts); err != nil {
				return err
			}
		}
	}
	if len(w.sheets) == 0 {
		return unreadable(main, "the workbook is damaged, it lists no sheets")
	}
	return nil
}

func (w *workbook) addSheet(x *xmlReader, parts map[string]relationship) error {
	var values [3]string
	for i, attribute := range [...]string{"name", "state", "id"} {
		var err error
		if values[i], err = x.attribute(attribute); err != nil {
			return err
		}
	}
	name := values[0]
	if len(name) > maxSheetName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return x.malformed("the name of a sheet is not text, or longer than %d bytes", maxSheetName)
	}
	if len(w.sheets) == maxSheets {
		return limitError(fmt.Sprintf("the workbook has more than %d sheets", maxSheets), "sheets", maxSheets)
	}
	r, known := parts[values[2]]
	w.sheets = append(w.sheets, sheet{
		name: name, part: r.part,
		hidden: values[1] == "hidden" || values[1] == "veryHidden",
		chart:  known && r.kind != "worksheet",
	})
	return nil
}

// names are the sheets that hold cells, hidden ones too.
func (w *workbook) names() []string {
	var names []string
	for _, s := range w.sheets {
		if !s.chart {
			names = append(names, s.name)
		}
	}
	return names
}

// sharedText is the string of a number, false where there is none. The strings are read when the first is asked for.
func (w *workbook) sharedText(number int) (text, bool, error) {
	if w.shared == nil {
		w.shared = new(sharedStrings)
		if w.sharedPart != "" {
			x, err := w.openPart(w.sharedPart)
			if err != nil {
				return text{}, false, err
			}
			if w.shared, err = readSharedStrings(x, w.limits); err != nil {
				return text{}, false, err
			}
		}
	}
	value, ok := w.shared.at(number)
	return value, ok, nil
}

// named finds the sheet that is asked for: by its name, or by its name in other letters, as spreadsheets do not tell
// these apart.
func (w *workbook) named(name string) (*sheet, error) {
	for _, same := range []func(string) bool{
		func(other string) bool { return other == name },
		func(other string) bool { return strings.EqualFold(other, name) },
	} {
		for i := range w.sheets {
			if !same(w.sheets[i].name) {
				continue
			}
			if w.sheets[i].chart {
				return nil, sheetError(definition.ErrorFileUnreadable, name,
					"the sheet %s holds a chart, not cells: name another", quoteName(name))
			}
			return &w.sheets[i], nil
		}
	}
	list := w.names()
	for i := range list {
		list[i] = quoteName(list[i])
	}
	shown := strings.Join(list[:min(len(list), maxHeaderWarnings)], ", ")
	if len(list) > maxHeaderWarnings {
		shown += fmt.Sprintf(" and %d more", len(list)-maxHeaderWarnings)
	}
	err := sheetError(definition.ErrorFileUnreadable, name,
		"the workbook has no sheet %s; it has %s", quoteName(name), shown)
	err.Params = append(err.Params, definition.Param{Name: "sheets", Value: shown})
	return nil, err
}

func sheetError(code definition.ImportErrorCode, sheet, format string, arguments ...any) *Error {
	return &Error{
		Code:   code,
		Reason: fmt.Sprintf(format, arguments...),
		Params: []definition.Param{{Name: "sheet", Value: sheet}},
	}
}

// quoteName writes the name of a sheet or part for people, cut and without what would not show.
func quoteName(name string) string {
	const characters = 100
	name = strings.Map(func(char rune) rune {
		if unicode.IsControl(char) {
			return ' '
		}
		return char
	}, strings.ToValidUTF8(name, "\uFFFD"))
	if shown := []rune(name); len(shown) > characters {
		name = string(shown[:characters]) + "…"
	}
	return "“" + name + "”"
}
