package processor

import (
	"fmt"

	"github.com/cockroachdb/apd/v3"
)

// operation is what an accumulator does with values.
type operation uint8

const (
	countRows operation = iota
	countValues
	sumNumbers
	averageNumbers
	minNumber
	maxNumber
	minTime
	maxTime
	firstValue
	lastValue
	firstText
	lastText
)

// value is one typed cell of the row at hand.
type value struct {
	filled   bool
	currency currency
	// decimal holds numbers. Days since 1970 and 0 or 1 for BOOLEAN stand in m; a time is m seconds since 1970 and
	// scale nanoseconds.
	decimal
	// text is the cell as it stands in the file, valid as long as the row is.
	text []byte
	// written is a date, a time or a period as code is given it; its room is used for each row again.
	written []byte
}

// accumulator is the state of one output of one group: 40 bytes, for there may be millions.
type accumulator struct {
	// n counts values; for first and last it is the order of the row whose value is kept. 0 means that there is none.
	n int64
	// sum is the sum, or in lo the value's m.
	sum   wide
	scale int32
	rest  *rest
}

// rest is what has no room in an accumulator.
type rest struct {
	// number is the part of a sum that left the 128 bits, or a value that never fitted.
	number *apd.Decimal
	text   []byte
}

// addRow counts a row for an output that has no column.
func (a *accumulator) addRow(op operation) {
	if op == countRows {
		a.n++
	}
}

// add takes a value of the row of this order. The outcome does not depend on the order of calls.
func (a *accumulator) add(op operation, order int64, v *value) {
	if !v.filled {
		return
	}
	switch op {
	case countValues:
		a.n++
	case sumNumbers, averageNumbers:
		a.n++
		// The commonest case: a sum that keeps its scale and fits 64 bits.
		lo := int64(a.sum.lo)
		if sum := lo + v.m; v.scale == a.scale && v.big == nil && a.sum.hi == lo>>63 && (lo^sum)&(v.m^sum) >= 0 {
			a.sum = wide{sum >> 63, uint64(sum)}
		} else {
			a.addNumber(v)
		}
	case minNumber, maxNumber, minTime, maxTime:
		if a.n == 0 || a.beatenBy(op, &v.decimal) {
			a.n = 1
			a.set(&v.decimal)
		}
	case firstValue, lastValue:
		if a.wants(op == firstValue, order) {
			a.n = order
			a.set(&v.decimal)
		}
	case firstText, lastText:
		if a.wants(op == firstText, order) {
			a.n = order
			r := a.others()
			r.text = append(r.text[:0], v.text...)
		}
	}
}

func (a *accumulator) wants(first bool, order int64) bool {
	return a.n == 0 || first == (order < a.n)
}

func (a *accumulator) others() *rest {
	if a.rest == nil {
		a.rest = new(rest)
	}
	return a.rest
}

func (a *accumulator) set(d *decimal) {
	a.sum.lo, a.scale = uint64(d.m), d.scale
	if d.big != nil || a.rest != nil {
		a.others().number = d.big
	}
}

// value is what set has kept.
func (a *accumulator) value() decimal {
	d := decimal{m: int64(a.sum.lo), scale: a.scale}
	if a.rest != nil {
		d.big = a.rest.number
	}
	return d
}

func (a *accumulator) beatenBy(op operation, d *decimal) bool {
	kept := a.value()
	switch op {
	case minNumber:
		return compareDecimals(d, &kept) < 0
	case maxNumber:
		return compareDecimals(d, &kept) > 0
	case minTime:
		return d.m < kept.m || d.m == kept.m && d.scale < kept.scale
	}
	return d.m > kept.m || d.m == kept.m && d.scale > kept.scale
}

func (a *accumulator) addNumber(v *value) {
	if v.big != nil {
		a.spill(v.big)
		return
	}
	addend := wide{v.m >> 63, uint64(v.m)}
	if v.scale != a.scale {
		if v.scale < a.scale {
			addend = wideOf(v.m, a.scale-v.scale)
		} else if scaled, ok := a.sum.times(v.scale - a.scale); ok {
			a.sum, a.scale = scaled, v.scale
		} else {
			a.spill(a.sum.apd(a.scale))
			a.sum, a.scale = wide{}, v.scale
		}
	}
	sum, ok := a.sum.plus(addend)
	if !ok {
		a.spill(a.sum.apd(a.scale))
		sum = addend
	}
	a.sum = sum
}

// spill adds to the part of the sum that may be of any size.
func (a *accumulator) spill(d *apd.Decimal) {
	r := a.others()
	total := new(apd.Decimal)
	if r.number == nil {
		total.Set(d)
	} else if _, err := exact.Add(total, r.number, d); err != nil {
		// Unrounded addition within maxExponent has no condition to fail on.
		panic(fmt.Sprintf("processor: exact sum: %v", err))
	}
	r.number = total
}

func (a *accumulator) total() *apd.Decimal {
	if a.rest != nil && a.rest.number != nil {
		whole := accumulator{sum: a.sum, scale: a.scale, rest: &rest{number: a.rest.number}}
		whole.spill(a.sum.apd(a.scale))
		return whole.rest.number
	}
	return a.sum.apd(a.scale)
}

// merge takes what another accumulator of the same output and group has.
func (a *accumulator) merge(op operation, b *accumulator) {
	if b.n == 0 {
		return
	}
	switch op {
	case countRows, countValues:
		a.n += b.n
	case sumNumbers, averageNumbers:
		a.n += b.n
		if sum, ok := a.sum.plus(b.sum); ok && a.scale == b.scale {
			a.sum = sum
		} else {
			a.spill(b.sum.apd(b.scale))
		}
		if b.rest != nil && b.rest.number != nil {
			a.spill(b.rest.number)
		}
	case minNumber, maxNumber, minTime, maxTime:
		if d := b.value(); a.n == 0 || a.beatenBy(op, &d) {
			*a = *b
		}
	case firstValue, firstText:
		if a.wants(true, b.n) {
			*a = *b
		}
	case lastValue, lastText:
		if a.wants(false, b.n) {
			*a = *b
		}
	}
}
