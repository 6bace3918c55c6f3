package processor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"entrepot/processor/script"
)

// Script runs the code of a version: *script.Runner.
type Script interface {
	// Call runs process for one site. It goes through the rows one or more times, and through those of one call by one
	// goroutine. It is called by several goroutines at once.
	Call(ctx context.Context, c *script.Call) (*script.Result, error)
}

const (
	// maxAhead is how many bytes of outcomes may wait for that of a site before them.
	maxAhead = 8 << 20
	// maxResultBytes is how many bytes the results of one import may have together, where code computes them.
	maxResultBytes = 64 << 20
	// resultOverhead is what a result or an outcome takes beside its bytes.
	resultOverhead = 160
)

// outcome is what the call for one site came to.
type outcome struct {
	index     int
	site      *string // its key; nil without a SITE_IDENTIFIER column
	results   []Result
	log       []script.LogLine
	truncated bool
	err       error
	panicked  any
	// held is what the rows took of memory, ahead what the outcome takes.
	held, ahead int64
}

// caller calls the processor site by site: several at a time, but what comes out is that of one after the other.
type caller struct {
	*Aggregation
	ctx  context.Context //nolint:containedctx // it lives as long as the calls
	all  *Worker
	rows *gathered

	ended   chan *outcome
	started int // how many calls were
	running map[int]context.CancelFunc
	// waiting are outcomes whose turn has not come, and next is whose it is.
	waiting     map[int]*outcome
	next        int
	held, ahead int64
	// failed is the index of the first site that has failed, by what is known.
	failed int

	results []Result
	bytes   int64
	log     logBook
	err     error
}

const none = -1

// process calls the processor for each site that has accepted rows, by key. An error is that of the first site that
// fails, whichever comes first: calls begin in this order, and those before it are let end.
func (a *Aggregation) process(ctx context.Context, all *Worker, workers []*Worker) ([]Result, error) {
	var last []*chunk
	for _, w := range workers {
		last = append(last, w.chunk)
		w.chunk = nil
	}
	rows, err := a.spill.gathered(last)
	if err != nil {
		return nil, err
	}
	c := &caller{
		Aggregation: a, ctx: ctx, all: all, rows: rows, ended: make(chan *outcome), failed: none,
		running: make(map[int]context.CancelFunc), waiting: make(map[int]*outcome), log: logBook{most: a.maxLogLines},
	}
	for {
		for c.mayStart() {
			c.start()
		}
		if len(c.running) == 0 {
			break
		}
		c.end(<-c.ended)
	}
	a.log = c.log.finish()
	if err := ctx.Err(); err != nil && (c.err == nil || errors.Is(c.err, err)) {
		return nil, err
	}
	return c.results, c.err
}

// mayStart tells whether the next site's call can begin now.
func (c *caller) mayStart() bool {
	if c.failed != none || c.ctx.Err() != nil || len(c.running) >= c.calls || c.ahead > maxAhead {
		return false
	}
	_, size, ok := c.rows.next()
	return ok && (c.held == 0 || c.held+size <= c.spill.memory/2)
}

// start begins the next site's call.
func (c *caller) start() {
	id, size, _ := c.rows.next()
	o := &outcome{index: c.started, held: size}
	at := int32(0)
	if c.plan.hasSite {
		at = c.all.byKey[c.spill.keys[id]]
		o.site = &c.all.sites[at].key
	}
	c.started++
	rows, err := c.rows.rows()
	if err != nil {
		o.err = err
		c.settle(o)
		return
	}
	call := &script.Call{Rows: rows}
	if o.site != nil {
		call.Site = &script.Site{Key: *o.site, Name: c.all.sites[at].name}
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.running[o.index] = cancel
	c.held += size
	go func() {
		defer cancel()
		defer func() {
			if v := recover(); v != nil {
				o.panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
			}
			c.ended <- o
		}()
		o.call(ctx, c, call, at)
	}()
}

// call runs in a goroutine of its own.
func (o *outcome) call(ctx context.Context, c *caller, call *script.Call, at int32) {
	result, err := c.script.Call(ctx, call)
	if result != nil {
		o.log, o.truncated = result.Log, result.LogTruncated
	}
	switch {
	case err != nil:
		o.err = scriptError(o.site, err)
	case result == nil:
		o.err = errors.New("call processor: it gave nothing")
	default:
		rows := &c.all.census[at]
		output := outputReader{plan: c.plan, years: rows.accepted(), input: jsonReader{text: result.Output}}
		if err := output.read(); err != nil {
			o.err = scriptError(o.site, err)
			break
		}
		o.results = output.results(rows)
	}
	for i := range o.results {
		if o.results[i].SiteKey = o.site; o.site != nil {
			o.results[i].SiteID = c.all.sites[at].id
		}
		o.ahead += int64(len(o.results[i].ProcessedData)) + resultOverhead
	}
	for i := range o.log {
		o.ahead += int64(len(o.log[i].Message)) + resultOverhead
	}
	o.ahead += resultOverhead
}

// end takes the outcome of a call.
func (c *caller) end(o *outcome) {
	delete(c.running, o.index)
	c.held -= o.held
	if o.panicked != nil {
		for len(c.running) > 0 {
			c.cancelAfter(none)
			o := <-c.ended
			delete(c.running, o.index)
		}
		panic(o.panicked)
	}
	c.settle(o)
}

// settle notes an outcome, and takes all whose turn has come.
func (c *caller) settle(o *outcome) {
	c.waiting[o.index] = o
	c.ahead += o.ahead
	if o.err != nil && (c.failed == none || o.index < c.failed) {
		c.failed = o.index
		c.cancelAfter(o.index)
	}
	for c.err == nil {
		o := c.waiting[c.next]
		if o == nil {
			return
		}
		delete(c.waiting, c.next)
		c.ahead -= o.ahead
		c.next++
		if c.take(o); c.err != nil {
			c.failed = o.index
			c.cancelAfter(o.index)
		}
	}
}

// cancelAfter ends the calls for the sites after one.
func (c *caller) cancelAfter(index int) {
	for i, cancel := range c.running {
		if i > index {
			cancel()
		}
	}
}

// take adds an outcome to what there is of the sites before it.
func (c *caller) take(o *outcome) {
	c.log.add(o.site, o.log, o.truncated)
	if c.err = o.err; c.err != nil {
		return
	}
	for i := range o.results {
		c.bytes += int64(len(o.results[i].ProcessedData))
	}
	switch {
	case len(c.results)+len(o.results) > c.maxResults:
		c.err = newLimitError("results", c.maxResults)
	case c.bytes > maxResultBytes:
		c.err = limitError("resultBytes", maxResultBytes, "the results of the processor have more than %d bytes, which is the "+
			"most that those of one import may have")
	default:
		c.results = append(c.results, o.results...)
	}
}
