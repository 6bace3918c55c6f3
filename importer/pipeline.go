package importer

import (
	"context"
	"errors"
	"io"
	"reflect"
	"runtime/debug"
	"sync"

	"entrepot/definition"
	"entrepot/processor"
	"entrepot/tabular"
)

// pipeline takes a file apart: one goroutine cuts it into batches of records, others compute, and what is set aside is
// written in the order of the file. A batch goes round until the file ends, so that memory does not grow with it.
type pipeline struct {
	*attempt
	parts    []*part
	rejected *rejectedFile // nil: what is set aside is not kept
	format   *rejectedFormat
	// corrects has for each file which rows of those before it may be corrected by its own: what the import before it
	// has set aside.
	corrects [][]*rowSet
	orders   *orders
	sum      string // SHA-256 of the import's own file, once it was read

	free, work chan *batch
	logs       []*definition.ErrorLog

	mu      sync.Mutex
	next    int // the number of the batch that is written next
	waiting map[int]*batch
}

// batch is one piece of a file on its way.
type batch struct {
	number int
	part   *part
	pooled bool // it goes round
	tabular.Batch
	orders   []int64 // of the rows, where they do not stand in the order of the file; empty otherwise
	rejected []byte
	counts   counts
}

// spare is how many batches there are beyond those that are being computed.
const spare = 2

// newPipeline also finds out which rows of earlier files are not to be read.
func newPipeline(ctx context.Context, a *attempt, parts []*part, rejected *rejectedFile) (*pipeline, error) {
	own := parts[len(parts)-1]
	p := &pipeline{
		attempt: a, parts: parts, rejected: rejected,
		format:   newRejectedFormat(own, a.version.Columns),
		corrects: make([][]*rowSet, len(parts)),
		orders:   newOrders(len(parts)),
		free:     make(chan *batch, a.Parallelism+spare),
		work:     make(chan *batch, a.Parallelism+spare),
		waiting:  make(map[int]*batch),
	}
	if rejected != nil {
		rejected.head = p.format.head()
	}
	for _, part := range parts {
		part.copied = p.format.copiedFrom(own, part)
		part.foreign = !reflect.DeepEqual(correctedFormat(part.run.Format), correctedFormat(own.run.Format))
	}
	before := int64(0)
	for k, earlier := range parts[:len(parts)-1] {
		sets, err := a.setAside(ctx, parts, earlier)
		if err != nil {
			return nil, err
		}
		p.corrects[k+1] = sets
		for at := range k + 1 {
			if parts[at].aside == nil {
				parts[at].aside = new(rowSet)
			}
			parts[at].aside.union(sets[at])
		}
		before += earlier.rows
		p.orders.before[k+1] = before
	}
	for range cap(p.free) {
		p.free <- &batch{pooled: true}
	}
	return p, nil
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
		start(func(ctx context.Context) error { return p.compute(ctx, log) })
	}
	start(p.cut)
	running.Wait()
	return context.Cause(ctx)
}

// cut fills batches until the last file ends.
func (p *pipeline) cut(ctx context.Context) error {
	defer close(p.work)
	number := 0
	for _, part := range p.parts {
		last := int64(0)
		for {
			b, err := p.fill(ctx, part)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return part.named(err)
			}
			b.number, b.part, b.rejected, b.counts = number, part, b.rejected[:0], counts{}
			number++
			last = p.order(b, last)
			enough := p.sample.full(b, last)
			select {
			case p.work <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			if enough {
				break
			}
		}
		if p.sample != nil {
			return nil
		}
		sum, err := part.end()
		if err != nil {
			return err
		}
		if part.own {
			p.sum = sum
		} else if last != part.rows {
			return part.named(sourceChanged())
		}
	}
	return nil
}

// fill gives the next batch of a file; io.EOF at its end.
func (p *pipeline) fill(ctx context.Context, part *part) (*batch, error) {
	var free *batch
	select {
	case free = <-p.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b, err := part.next(free)
	if b != free {
		p.free <- free
	}
	return b, err
}

// order finds the places of rows that correct others, and gives the highest row number so far.
func (p *pipeline) order(b *batch, last int64) int64 {
	part := b.part
	b.orders = b.orders[:0]
	for i := range b.Len() {
		row := b.Row(i)
		last = max(last, row)
		if part.rowColumn < 0 {
			continue
		}
		order := p.orders.at(part.number, row)
		if part.rowColumn < b.Cells(i) && row > 0 {
			at, ok := placeOf(b.Cell(i, part.rowColumn), p.parts[:part.number], part.number-1)
			if ok && p.corrects[part.number][at.part].has(at.row) {
				order = p.orders.correct(part.number, row, at)
			}
		}
		b.orders = append(b.orders, order)
	}
	return last
}

// compute works on batches until there are no more.
func (p *pipeline) compute(ctx context.Context, log *definition.ErrorLog) error {
	var part *part
	var worker *processor.Worker
	var row processor.Row
	for b := range p.work {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b.part != part {
			part = b.part
			worker = part.aggregation.Worker()
		}
		for i := range b.Len() {
			number := b.Row(i)
			if b.Blank(i) {
				if part.own {
					b.counts.blank++
				}
				continue
			}
			if part.aside.has(number) {
				continue
			}
			if p.sample.beyond(number) {
				break
			}
			var wrong []definition.RowError
			row.Number, row.Line, row.Order = number, b.Line(i), p.orders.usual(part.number, number)
			if len(b.orders) > 0 {
				row.Order = b.orders[i]
			}
			row.Cells, row.Kinds = part.cells(row.Cells[:0], &b.Batch, i), b.AppendKinds(row.Kinds[:0], i)
			problem := b.Problem(i)
			if problem != nil {
				wrong = []definition.RowError{part.unreadable(b, i, problem)}
			} else {
				wrong = worker.Add(&row)
			}
			p.sample.keep(worker, &row, problem == nil)
			if len(wrong) == 0 {
				b.counts.accepted++
				continue
			}
			part.explain(wrong)
			b.counts.rejected++
			log.Add(wrong...)
			if p.rejected != nil {
				b.rejected = p.format.row(b.rejected, part, worker, &row, wrong)
			}
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
		if b.pooled {
			p.free <- b
		}
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
