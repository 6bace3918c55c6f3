package importer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"

	"entrepot/definition"
	"entrepot/storage"
	"entrepot/tabular"
)

// setAside tells which rows of the files up to this one its import has set aside, by file. The object with these rows
// is asked, which has all of them, however many errors were kept.
func (a *attempt) setAside(ctx context.Context, parts []*part, p *part) ([]*rowSet, error) {
	sets := make([]*rowSet, len(parts))
	for i := range sets {
		sets[i] = new(rowSet)
	}
	if p.run.RejectedRowCount == 0 {
		return sets, nil
	}
	if p.run.RejectedRowsKey == nil {
		return nil, asideMissing(p)
	}
	object, err := openObject(ctx, a.Bucket, *p.run.RejectedRowsKey, 0)
	if err == nil {
		defer object.close()
		err = a.readAside(object, sets, parts, p)
	}
	var failure *failureError
	switch {
	case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrChanged):
		return nil, asideMissing(p)
	case err == nil || errors.As(err, &failure) || ctx.Err() != nil:
		return sets, err
	}
	return nil, errors.Join(asideUnreadable(p), err)
}

func (a *attempt) readAside(object io.Reader, sets []*rowSet, parts []*part, p *part) error {
	dialect := newRejectedFormat(p, a.version.Columns)
	limits := tabular.LimitsOf(a.Limits)
	// What is wrong with a row stands beside it, and quotes are doubled.
	const room = 8
	limits.MaxFileBytes = room * max(limits.MaxFileBytes, limits.MaxUnpackedBytes)
	limits.MaxColumns += 3
	limits.MaxRowBytes = min(room*max(limits.MaxRowBytes, 1<<20), 128<<20)
	limits.MaxCellBytes = limits.MaxRowBytes
	table, err := tabular.Open(object, tabular.Config{Limits: limits, Format: dialect.written()})
	if err != nil {
		return err
	}
	defer table.Close()
	column := slices.Index(table.Header(), columnRow)
	if column < 0 {
		return asideUnreadable(p)
	}
	var b tabular.Batch
	for {
		err := table.NextBatch(&b)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i := range b.Len() {
			if column >= b.Cells(i) {
				return asideUnreadable(p)
			}
			at, ok := placeOf(b.Cell(i, column), parts[:p.number], p.number)
			if !ok || at.row > parts[at.part].rows {
				return asideUnreadable(p)
			}
			sets[at.part].add(at.row)
		}
	}
	total := int64(0)
	for _, set := range sets {
		total += set.count
	}
	if total != p.run.RejectedRowCount {
		return asideUnreadable(p)
	}
	return nil
}

// appendPlace writes which row is meant: its number, and in front of it the import whose file has it, where that is an
// earlier one.
func (p *part) appendPlace(text []byte, row int64) []byte {
	if !p.own {
		text = append(append(text, p.run.ID...), ':')
	}
	return strconv.AppendInt(text, row, 10)
}

// placeOf reads what appendPlace writes. A number alone means a row of the file own.
func placeOf(cell []byte, earlier []*part, own int) (place, bool) {
	cell = bytes.TrimSpace(cell)
	at := place{part: own}
	if id, number, found := bytes.Cut(cell, []byte{':'}); found {
		at.part = slices.IndexFunc(earlier, func(p *part) bool { return p.run.ID == string(id) })
		cell = number
	}
	row, err := strconv.ParseInt(string(cell), 10, 64)
	at.row = row
	return at, err == nil && row > 0 && at.part >= 0
}

func asideMissing(p *part) *failureError {
	return fail(definition.ErrorFileMissing, []definition.Param{{Name: "importId", Value: p.run.ID}},
		"the rows that import %s has set aside are not in the bucket any more, so that nobody knows which to leave out; "+
			"import one file with all rows instead", p.run.ID)
}

func asideUnreadable(p *part) *failureError {
	return fail(definition.ErrorSourceChanged, []definition.Param{{Name: "importId", Value: p.run.ID}},
		"the rows that import %s has set aside are not in the bucket as it wrote them; import one file with all rows "+
			"instead", p.run.ID)
}
