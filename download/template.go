package download

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/ent/importdefinition"
	"entrepot/ent/site"
	"entrepot/tabular"
	"entrepot/viewer"
)

const (
	// someSites is how many sites are looked at for one whose name no spreadsheet would compute.
	someSites = 20
	// mostLines is how many lines stand before the header at most, where the definition's files have some.
	mostLines = 1000
)

// Template signs a link to a file to fill in for a definition: its columns as the header and one row of examples, as
// CSV that the definition's current version reads without errors. One whose files are of another kind needs to be told
// that this one is CSV. The caller may see the definition.
func (d *Downloads) Template(
	ctx context.Context, of *ent.ImportDefinition,
) (address string, expiresAt time.Time, err error) {
	v, _ := viewer.FromContext(ctx)
	return d.sign(link{organization: v.OrganizationID, subject: subjectTemplate, id: of.ID, format: CSV})
}

// template is a definition's template, with a site of the organization as an example.
func (d *Downloads) template(ctx context.Context, id string) (*file, error) {
	var found *ent.ImportDefinition
	var sites []*ent.Site
	err := d.db.Read(ctx, func(ctx context.Context) (err error) {
		if found, err = d.db.Client().ImportDefinition.Query().Where(importdefinition.ID(id)).Only(ctx); err != nil {
			return err
		}
		sites, err = d.db.Client().Site.Query().Order(site.ByCreatedAt(), site.ByID()).Limit(someSites).All(ctx)
		return err
	})
	switch {
	case ent.IsNotFound(err):
		return nil, errNoFile
	case err != nil:
		return nil, fmt.Errorf("find definition: %w", err)
	}
	example := "Site 1"
	for _, s := range sites {
		if !tabular.IsFormula([]byte(s.Key)) {
			example = s.Key
			break
		}
	}
	text := templateText(found.InputSchema, found.Format, example, d.now().Year())
	return &file{
		name: found.Name + " template.csv", contentType: "text/csv; charset=utf-8",
		write: func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		},
	}, nil
}

// templateText writes the header and the row of examples. The byte order mark goes before whatever encoding the format
// names.
func templateText(columns []definition.Column, f definition.Format, site string, year int) []byte {
	cells := tabular.CellWriter{Delimiter: ',', Quote: '"'}
	if f.NumberStyle().Point == ',' {
		cells.Delimiter = ';' // as spreadsheets have it where commas separate decimals
	}
	if f.Delimiter != "" {
		cells.Delimiter = f.Delimiter[0]
	}
	if f.Quote != "" {
		cells.Quote = f.Quote[0]
	}
	text := []byte("\uFEFF" + strings.Repeat("\r\n", min(max(f.HeaderRow, 1)-1, mostLines)))
	row := func(cell func(c *definition.Column) string) {
		for i := range columns {
			if i > 0 {
				text = append(text, cells.Delimiter)
			}
			text = cells.Append(text, []byte(cell(&columns[i])))
		}
		text = append(text, "\r\n"...)
	}
	row(headerOf)
	row(func(c *definition.Column) string { return exampleOf(c, f, site, year) })
	return text
}

// headerOf is the column's name, or an alias where a spreadsheet would compute the name.
func headerOf(c *definition.Column) string {
	for _, name := range append([]string{c.Name}, c.Aliases...) {
		if !tabular.IsFormula([]byte(name)) {
			return name
		}
	}
	return c.Name
}

// exampleOf is a value of the column as its file writes it: on the 15th of March of the year, at midnight, which every
// layout that has a day can say.
func exampleOf(c *definition.Column, f definition.Format, site string, year int) string {
	const month, day = 3, 15
	isPeriod := c.Role == definition.RolePeriod
	switch c.Type {
	case definition.TypeNumber:
		return string(f.AppendNumber(nil, []byte("1234.5")))
	case definition.TypeInteger:
		if isPeriod {
			return strconv.Itoa(year)
		}
		return "42"
	case definition.TypeBoolean:
		return "true"
	case definition.TypeDate, definition.TypeDateTime:
	default:
		switch {
		case c.Role == definition.RoleSiteIdentifier:
			return site
		case !isPeriod:
			return "text"
		}
	}
	patterns := f.DateFormats
	if c.Format != "" {
		patterns = []string{c.Format}
	}
	stamp := definition.Stamp{Year: year, Quarter: 1, Month: month, Day: day}
	if layout := finest(patterns, c.Type); layout != nil {
		return string(layout.Append(nil, stamp))
	}
	at := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch c.Type {
	case definition.TypeDate:
		return at.Format(time.DateOnly)
	case definition.TypeDateTime:
		return at.Format("2006-01-02T15:04:05")
	}
	return at.Format("2006-01")
}

// finest is the layout that says most of a date, of those that a column of the type is read by; nil for none.
func finest(patterns []string, of definition.ColumnType) (best *definition.Layout) {
	most := 0
	for _, pattern := range patterns {
		layout, err := definition.CompileLayout(pattern)
		if err != nil {
			continue
		}
		says := 1
		switch {
		case layout.HasTime() && of == definition.TypeDateTime:
			says = 5
		case layout.HasDay():
			says = 4
		case of == definition.TypeDate || of == definition.TypeDateTime:
			continue
		case strings.Contains(pattern, "M"):
			says = 3
		case strings.Contains(pattern, "Q"):
			says = 2
		}
		if says > most {
			best, most = layout, says
		}
	}
	return best
}
