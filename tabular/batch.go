package tabular

import "entrepot/definition"

// A Batch holds the next records of a file, with every byte of them. Its zero value is ready for Reader.NextBatch.
//
// A Batch owns its memory: the Reader keeps nothing of it once NextBatch has returned, so it may be handed to another
// goroutine while the Reader fills the next. What its methods return is part of it and valid until it is given to
// NextBatch again, which recycles the memory: two or three batches that go round between the goroutines read a file of
// any size without further allocation. Its methods may be called by many goroutines at a time, as long as none of them
// is filling it.
type Batch struct {
	// data holds raw bytes of the file in front and, from rawLen, the text of cells that had doubled quotes.
	data     []byte
	rawLen   int
	next     int // where in the raw bytes the next record starts
	cells    []span
	records  []record
	problems []Problem
	// kinds are those of cells, or none at all where every cell of the batch is text.
	kinds []definition.CellKind
	// encoding is what data was in before it came to be UTF-8; empty where it always was.
	encoding string
}

// span is a piece of Batch.data.
type span struct{ start, end uint32 }

type record struct {
	row, line  int64
	raw        span
	first, end uint32 // its cells in Batch.cells
	problem    uint32 // place in Batch.problems plus one, 0 for none
}

// Len is the number of records, blank and set-aside ones included.
func (b *Batch) Len() int { return len(b.records) }

// Row is the record's number among the data rows, from 1; 0 when it is blank.
func (b *Batch) Row(i int) int64 { return b.records[i].row }

// Line is the physical line that the record starts on, from 1, the header's lines included.
func (b *Batch) Line(i int) int64 { return b.records[i].line }

// Blank tells that the record has no text at all: nothing but white space, delimiters and empty quotes.
func (b *Batch) Blank(i int) bool { return b.records[i].row == 0 }

// Problem is why the record is set aside, or nil for a record that is in order.
func (b *Batch) Problem(i int) *Problem {
	if n := b.records[i].problem; n != 0 {
		return &b.problems[n-1]
	}
	return nil
}

// Cells is how many cells the record has. A record that is neither blank nor set aside has as many as the header. Of a
// record that is set aside, cells beyond Limits.MaxColumns are left out, and all of them when it is too large.
func (b *Batch) Cells(i int) int { return int(b.records[i].end - b.records[i].first) }

// Cell is the text of one cell, without the quotes around it; column counts from 0 and is below Cells(i). A cell whose
// quote is not closed keeps its quotes.
func (b *Batch) Cell(i, column int) []byte {
	cell := b.cells[int(b.records[i].first)+column]
	return b.data[cell.start:cell.end:cell.end]
}

// Raw is the record as it stands in the file, without its line end, cut at Limits.MaxRowBytes.
func (b *Batch) Raw(i int) []byte {
	raw := b.records[i].raw
	return b.data[raw.start:raw.end:raw.end]
}

// AppendCells appends the cells of a record to cells.
func (b *Batch) AppendCells(cells [][]byte, i int) [][]byte {
	for _, cell := range b.cells[b.records[i].first:b.records[i].end] {
		cells = append(cells, b.data[cell.start:cell.end:cell.end])
	}
	return cells
}

// Kind tells what is known about a cell besides its text; column is below Cells(i).
func (b *Batch) Kind(i, column int) definition.CellKind {
	if len(b.kinds) == 0 {
		return definition.CellText
	}
	return b.kinds[int(b.records[i].first)+column]
}

// AppendKinds appends the kinds of a record's cells to kinds, or nothing where all cells of the batch are text.
func (b *Batch) AppendKinds(kinds []definition.CellKind, i int) []definition.CellKind {
	if len(b.kinds) == 0 {
		return kinds
	}
	return append(kinds, b.kinds[b.records[i].first:b.records[i].end]...)
}

// reset forgets everything and keeps the memory.
func (b *Batch) reset() {
	b.data, b.rawLen, b.next = b.data[:0], 0, 0
	b.cells, b.records = b.cells[:0], b.records[:0]
	clear(b.problems)
	b.problems, b.kinds = b.problems[:0], b.kinds[:0]
	b.encoding = ""
}

// addProblem gives the place of a problem as record.problem wants it.
func (b *Batch) addProblem(problem Problem) uint32 {
	problem.encoding = b.encoding
	b.problems = append(b.problems, problem)
	return uint32(len(b.problems))
}
