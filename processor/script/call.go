package script

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"

	"entrepot/processor/script/engine"
)

// maxRow is the most bytes of one row.
const maxRow = 16 << 20

// givenError is what Rows gave, or what is wrong with rows: the child is well.
type givenError struct{ error }

func (e *givenError) Unwrap() error { return e.error }

// call sends rows and lets the script run.
func (s *slot) call(ctx context.Context, r *Runner, c *Call) (*Result, error) {
	s.request++
	head := callHead{Seed: r.seed(c.Site)}
	if c.Site != nil {
		head.Site = &engine.Site{Key: c.Site.Key, Name: c.Site.Name}
	}
	rows := rowSender{called: true, slot: s, limits: &r.config.Limits, first: math.MaxInt64}
	a, err := s.exchange(ctx, &r.config.Limits, &rows, func(w *watch) error {
		b, err := appendFrame(s.batch[:0], frameCall, s.request, head)
		if err != nil {
			return &givenError{err}
		}
		if err := s.send(b); err != nil {
			return err
		}
		if err := rows.send(c.Rows); err != nil {
			return err
		}
		w.running()
		return s.send(appendHeader(s.batch[:0], 0, frameRun, s.request))
	})
	if err != nil {
		var given *givenError
		if errors.As(err, &given) {
			return nil, given.error
		}
		return nil, err
	}
	result := &Result{Log: a.Log, LogTruncated: a.Truncated, Output: append([]byte(nil), a.output...)}
	if a.Fault != nil {
		return result, errorOf(a.Fault)
	}
	return result, nil
}

// rowSender sends rows in batches and counts them.
type rowSender struct {
	called      bool // a call is made, which has a result
	slot        *slot
	limits      *Limits
	rows        int
	bytes       int64
	first, last int64
}

func (t *rowSender) send(rows iter.Seq2[[]byte, error]) error {
	s := t.slot
	b := appendHeader(s.batch[:0], 0, frameRows, s.request)
	defer func() { s.batch = b }()
	for row, err := range rows {
		if err == nil {
			err = t.count(row)
		}
		if err != nil {
			if dropped := s.send(appendHeader(b[:0], 0, frameDrop, s.request)); dropped != nil {
				return dropped
			}
			return &givenError{err}
		}
		if len(b) > headerBytes && len(b)+len(row) > headerBytes+batchBytes {
			if err := t.flush(b); err != nil {
				return err
			}
			b = b[:headerBytes]
		}
		b = append(b, row...)
	}
	if len(b) == headerBytes {
		return nil
	}
	return t.flush(b)
}

func (t *rowSender) flush(b []byte) error {
	binary.LittleEndian.PutUint32(b, uint32(len(b)-headerBytes))
	return t.slot.send(b)
}

func (t *rowSender) count(row []byte) error {
	t.rows++
	t.bytes += int64(len(row))
	if t.rows > t.limits.Rows {
		return limitError("A site has more than "+strconv.Itoa(t.limits.Rows)+" rows, more than code can be given: use aggregates, "+
			"or split the file by site.", int64(t.limits.Rows))
	}
	if t.bytes > t.limits.RowBytes || len(row) > maxRow {
		return limitError("The rows of a site are longer than "+strconv.FormatInt(t.limits.RowBytes, 10)+" bytes, more than code "+
			"can be given: leave columns out, or split the file by site.", t.limits.RowBytes)
	}
	n, size := binary.Uvarint(row)
	if size <= 0 || n == 0 || n > math.MaxInt64 {
		return fmt.Errorf("send a row: %w", errRow)
	}
	t.first, t.last = min(t.first, int64(n)), max(t.last, int64(n))
	return nil
}
