package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/processor"
	"entrepot/tabular"
)

// part is one file of a run: the import's own, or of a correction that of an earlier import, without the rows that were
// set aside when it was read.
type part struct {
	// number counts the files in the order in which they are read; the import's own is the last.
	number int
	run    *ent.ImportRun // whose file it is
	own    bool
	source *source
	table  *tabular.Reader
	header []string
	found  []int    // the place of each input column, -1 where the file lacks it
	names  []string // of the file's columns: the input column that each feeds, else its header

	aggregation *processor.Aggregation
	// ahead are the batches that were read for the sample, and pending is what came behind them.
	ahead   []*batch
	pending error

	// aside are the rows that are not read again.
	aside *rowSet
	// rows is how many data rows the file has: known beforehand of an earlier import's.
	rows int64
	// rowColumn is the column with the numbers of corrected rows, -1 where there is none.
	rowColumn int
	// feeds is the input column that each of the file's columns feeds, -1 for none.
	feeds []int
	// foreign tells that the import's own file writes numbers and dates in another way, by its format.
	foreign bool
	// copied says which columns are written of rows that are set aside, by column of the import's own file.
	copied []int
	// quoted tells that the file comes from set-aside rows, whose cells may have an apostrophe in front.
	quoted bool
}

const (
	// sampleRows and sampleBytes are how much of a file is looked at for how its numbers and dates are written: as many
	// whole rows from the first on as either allows.
	sampleRows  = 1000
	sampleBytes = 256 << 10
)

// openPart opens the file of an import and reads its first rows.
func (a *attempt) openPart(ctx context.Context, run *ent.ImportRun, path string) (_ *part, err error) {
	p := &part{run: run, own: run.ID == a.run.ID, rowColumn: -1}
	defer func() {
		if err != nil {
			p.close()
			err = p.named(err)
		}
	}()
	if p.source, err = a.openSource(ctx, run, path); err != nil {
		return nil, err
	}
	p.table, err = tabular.Open(a.wrap(p.source), tabular.Config{
		Format: tabular.FormatOf(run.Format), Limits: tabular.LimitsOf(a.Limits), TempDir: a.TempDir,
	})
	if err != nil {
		return nil, err
	}
	p.header = p.table.Header()
	if run.CorrectionOfID != nil {
		p.rowColumn = slices.Index(p.header, columnRow)
		p.quoted = p.rowColumn >= 0 && slices.Contains(p.header, columnLine) && slices.Contains(p.header, columnError)
	}
	if p.quoted {
		for i, name := range p.header {
			p.header[i] = string(withoutApostrophe([]byte(name)))
		}
	}
	p.readAhead(ctx)
	return p, nil
}

// readAhead reads what sample needs.
func (p *part) readAhead(ctx context.Context) {
	rows, size := 0, 0
	for rows < sampleRows && size < sampleBytes && p.pending == nil {
		if p.pending = ctx.Err(); p.pending != nil {
			return
		}
		b := new(batch)
		if p.pending = p.table.NextBatch(&b.Batch); p.pending != nil {
			return
		}
		p.ahead = append(p.ahead, b)
		for i := range b.Len() {
			if !b.Blank(i) {
				rows++
				size += len(b.Raw(i))
			}
		}
	}
}

// sample is the first rows, for what their cells prove. It is the same whenever the file is read.
func (p *part) sample() []processor.Row {
	rows := make([]processor.Row, 0, sampleRows)
	size := 0
	for _, b := range p.ahead {
		for i := range b.Len() {
			if b.Blank(i) {
				continue
			}
			if size += len(b.Raw(i)); len(rows) == sampleRows || size > sampleBytes {
				return rows
			}
			if b.Problem(i) == nil {
				rows = append(rows, processor.Row{Cells: p.cells(nil, &b.Batch, i), Kinds: b.AppendKinds(nil, i)})
			}
		}
	}
	return rows
}

// match finds the input columns in the header: by the mapping that was given, then by that of the import that is
// corrected as far as its headers are here, then by name.
func (p *part) match(columns []definition.Column, earlier *ent.ImportRun) ([]definition.ColumnMapping, error) {
	given := slices.Clone(p.run.RequestedMapping)
	if earlier != nil {
		for _, m := range earlier.ColumnMapping {
			named := slices.ContainsFunc(given, func(g definition.ColumnMapping) bool {
				return g.Column == m.Column || g.Header == m.Header
			})
			if !named && slices.Contains(p.header, m.Header) {
				given = append(given, m)
			}
		}
	}
	found, mapping, err := definition.MatchColumns(columns, p.header, given)
	if err != nil {
		return nil, p.named(err)
	}
	p.found = found
	p.names = slices.Clone(p.header)
	p.feeds = slices.Repeat([]int{-1}, len(p.header))
	for column, at := range found {
		if at >= 0 {
			p.names[at], p.feeds[at] = columns[column].Name, column
		}
	}
	return mapping, nil
}

// next gives the batches of the file in their order, in b or, for those that were read ahead, in one of its own.
func (p *part) next(b *batch) (*batch, error) {
	if len(p.ahead) > 0 {
		ahead := p.ahead[0]
		p.ahead = p.ahead[1:]
		return ahead, nil
	}
	if p.pending != nil {
		return nil, p.pending
	}
	if p.pending = p.table.NextBatch(&b.Batch); p.pending != nil {
		return nil, p.pending
	}
	return b, nil
}

// cells appends the cells of a record as the file means them.
func (p *part) cells(cells [][]byte, b *tabular.Batch, i int) [][]byte {
	cells = b.AppendCells(cells, i)
	if p.quoted {
		for at, cell := range cells {
			cells[at] = withoutApostrophe(cell)
		}
	}
	return cells
}

// end checks, once the file was read, that it is the one that it should be, and gives its hash.
func (p *part) end() (string, error) {
	// What follows the table in the file belongs to the hash: the end of a packed file, for one.
	if _, err := io.Copy(io.Discard, p.source); err != nil {
		return "", p.named(err)
	}
	sum, err := p.source.check(p.run.Sha256)
	return sum, p.named(err)
}

// named says of a failure of an earlier import's file which file it is.
func (p *part) named(err error) error {
	failure := readFailure(err)
	if p.own || failure == nil {
		return err
	}
	named := *failure
	named.Params = append(slices.Clone(failure.Params), definition.Param{Name: "importId", Value: p.run.ID})
	switch failure.Code {
	case definition.ErrorFileMissing:
		named.Sentence = fmt.Sprintf("the file of import %s, whose accepted rows this one needs, is not in the bucket "+
			"any more; import one file with all rows instead", p.run.ID)
	case definition.ErrorSourceChanged:
		named.Sentence = fmt.Sprintf("the file of import %s, whose accepted rows this one needs, has changed since then; "+
			"import one file with all rows instead", p.run.ID)
	default:
		named.Sentence = fmt.Sprintf("the file of import %s, whose accepted rows this one needs, cannot be read: %s",
			p.run.ID, failure.Sentence)
	}
	return errors.Join(&named, err)
}

// file is what the file is to processors: 0 the import's own, else one more than its number.
func (p *part) file() int {
	if p.own {
		return 0
	}
	return p.number + 1
}

// close gives back what the file holds.
func (p *part) close() {
	if p.table != nil {
		_ = p.table.Close() // what cannot be removed, the system removes
	}
	if p.source != nil {
		p.source.close()
	}
}

// unreadable is the row error of a record that the reader could not accept.
func (p *part) unreadable(b *batch, i int, problem *tabular.Problem) definition.RowError {
	e := definition.RowError{
		Row: b.Row(i), Line: b.Line(i), Code: problem.Code,
		Value: problem.Value(), Message: upperFirst(problem.Message()) + ".", Params: problem.Params(),
	}
	if problem.Column >= 0 && problem.Column < len(p.names) {
		e.Column = p.names[problem.Column]
	}
	return e
}

// explain says of errors in an earlier import's file which file it is.
func (p *part) explain(wrong []definition.RowError) {
	if p.own {
		return
	}
	for i := range wrong {
		e := &wrong[i]
		e.Message = fmt.Sprintf("In row %d of the file of import %s: %s", e.Row, p.run.ID, lowerFirst(e.Message))
		e.Params = append(slices.Clone(e.Params), definition.Param{Name: "importId", Value: p.run.ID})
	}
}
