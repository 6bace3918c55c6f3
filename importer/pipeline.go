package importer

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"slices"
	"sync"

	"entrepot/definition"
	"entrepot/processor"
	"entrepot/tabular"
)

// pipeline takes a file apart: one goroutine cuts it into batches of records, others compute, and what is set aside is
// written in the order of the file. A batch goes round until the file ends, so that memory does not grow with it.
type pipeline struct {
	*attempt
	table       *tabular.Reader
	aggregation *processor.Aggregation
	rejected    *rejectedFile
	format      *rejectedFormat
	names       []string // of the file's columns: the input column that each feeds, else its header

	free, work chan *batch
	logs       []*definition.ErrorLog

	mu      sync.Mutex
	next    int // the number of the batch that is written next
	waiting map[int]*batch
}

// batch is one piece of the file on its way.
type batch struct {
	number int
	tabular.Batch
	rejected []byte
	counts   counts
}

// spare is how many batches there are beyond those that are being computed.
const spare = 2

func newPipeline(
	a *attempt, table *tabular.Reader, aggregation *processor.Aggregation, rejected *rejectedFile, found []int,
) *pipeline {
	header := table.Header()
	p := &pipeline{
		attempt: a, table: table, aggregation: aggregation, rejected: rejected,
		format:  newRejectedFormat(header, table.Detected()),
		names:   slices.Clone(header),
		free:    make(chan *batch, a.Parallelism+spare),
		work:    make(chan *batch, a.Parallelism+spare),
		waiting: make(map[int]*batch),
	}
	rejected.head = p.format.head(header)
	for column, at := range found {
		if at >= 0 {
			p.names[at] = a.version.Columns[column].Name
		}
	}
	for range cap(p.free) {
		p.free <- new(batch)
	}
	return p
}

// run goes through the whole file. It returns the first error of any goroutine, when all have ended.
func (p *pipeline) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	start := func(f func(ctx context.Context) error) {
		running.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					stop(&panicError{v, debug.Stack()})
				}
			}()
			if err := f(ctx); err != nil {
				stop(err)
			}
		})
	}
	for range p.Parallelism {
		log := definition.NewErrorLog(p.Limits.MaxRowErrors)
		p.logs = append(p.logs, log)
		worker := p.aggregation.Worker()
		start(func(ctx context.Context) error { return p.compute(ctx, worker, log) })
	}
	start(p.cut)
	running.Wait()
	return context.Cause(ctx)
}

// cut fills batches until the file ends.
func (p *pipeline) cut(ctx context.Context) error {
	defer close(p.work)
	for number := 0; ; number++ {
		var b *batch
		select {
		case b = <-p.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		err := p.table.NextBatch(&b.Batch)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b.number, b.rejected, b.counts = number, b.rejected[:0], counts{}
		select {
		case p.work <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// compute works on batches until there are no more.
func (p *pipeline) compute(ctx context.Context, worker *processor.Worker, log *definition.ErrorLog) error {
	var row processor.Row
	for b := range p.work {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for i := range b.Len() {
			if b.Blank(i) {
				b.counts.blank++
				continue
			}
			var wrong []definition.RowError
			if problem := b.Problem(i); problem != nil {
				wrong = []definition.RowError{p.unreadable(b, i, problem)}
			} else {
				row.Number, row.Line = b.Row(i), b.Line(i)
				row.Order, row.Cells = row.Number, b.AppendCells(row.Cells[:0], i)
				wrong = worker.Add(&row)
			}
			if len(wrong) == 0 {
				b.counts.accepted++
				continue
			}
			b.counts.rejected++
			log.Add(wrong...)
			b.rejected = p.format.row(b.rejected, &b.Batch, i, wrong)
		}
		if err := worker.Err(); err != nil {
			return err
		}
		if err := p.done(b); err != nil {
			return err
		}
	}
	return nil
}

// unreadable is the row error of a record that the reader could not accept.
func (p *pipeline) unreadable(b *batch, i int, problem *tabular.Problem) definition.RowError {
	e := definition.RowError{
		Row: b.Row(i), Line: b.Line(i), Code: problem.Code,
		Value: problem.Value(), Message: upperFirst(problem.Message()) + ".", Params: problem.Params(),
	}
	if problem.Column >= 0 && problem.Column < len(p.names) {
		e.Column = p.names[problem.Column]
	}
	return e
}

// done hands a batch on in the order of the file: its set-aside rows are written, its rows are counted, and it is free.
func (p *pipeline) done(b *batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[b.number] = b
	for {
		b := p.waiting[p.next]
		if b == nil {
			return nil
		}
		delete(p.waiting, p.next)
		p.next++
		if err := p.rejected.write(b.rejected); err != nil {
			return err
		}
		p.tally.add(b.counts)
		p.free <- b
	}
}

// log is what all goroutines noted; to be called once, after run.
func (p *pipeline) log() *definition.ErrorLog {
	all := definition.NewErrorLog(p.Limits.MaxRowErrors)
	for _, log := range p.logs {
		all.Merge(log)
	}
	return all
}
