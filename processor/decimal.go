package processor

import (
	"cmp"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/cockroachdb/apd/v3"
)

var (
	// exact adds without rounding; numbers within maxExponent keep it small.
	exact = apd.BaseContext
	// averages rounds once, from the exact sum.
	averages = func() *apd.Context {
		c := apd.BaseContext.WithPrecision(15)
		c.Rounding = apd.RoundHalfEven
		return c
	}()
)

// apd is the number in the form that has room for any.
func (d *decimal) apd() *apd.Decimal {
	if d.big != nil {
		return d.big
	}
	return apd.New(d.m, -d.scale)
}

func compareDecimals(a, b *decimal) int {
	if a.big != nil || b.big != nil {
		return a.apd().Cmp(b.apd())
	}
	if a.scale == b.scale {
		return cmp.Compare(a.m, b.m)
	}
	common := max(a.scale, b.scale)
	x, y := wideOf(a.m, common-a.scale), wideOf(b.m, common-b.scale)
	return cmp.Or(cmp.Compare(x.hi, y.hi), cmp.Compare(x.lo, y.lo))
}

// wide is a 128-bit integer in two's complement.
type wide struct {
	hi int64
	lo uint64
}

// wideOf is m × 10^power for a power up to 18, which always has room.
func wideOf(m int64, power int32) wide {
	if power == 0 {
		return wide{m >> 63, uint64(m)}
	}
	negative := m < 0
	hi, lo := bits.Mul64(absolute(m), uint64(pow10[power]))
	w := wide{int64(hi), lo}
	if negative {
		w = w.negated()
	}
	return w
}

func absolute(m int64) uint64 {
	if m < 0 {
		return -uint64(m)
	}
	return uint64(m)
}

func (w wide) negated() wide {
	lo, borrow := bits.Sub64(0, w.lo, 0)
	hi, _ := bits.Sub64(0, uint64(w.hi), borrow)
	return wide{int64(hi), lo}
}

// plus adds, unless there is no room.
func (w wide) plus(v wide) (wide, bool) {
	lo, carry := bits.Add64(w.lo, v.lo, 0)
	hi, _ := bits.Add64(uint64(w.hi), uint64(v.hi), carry)
	sum := wide{int64(hi), lo}
	return sum, (w.hi^sum.hi)&(v.hi^sum.hi) >= 0
}

// times multiplies by 10^power for a power up to 18, unless there is no room.
func (w wide) times(power int32) (wide, bool) {
	negative := w.hi < 0
	if negative {
		w = w.negated()
	}
	factor := uint64(pow10[power])
	carry, lo := bits.Mul64(w.lo, factor)
	over, hi := bits.Mul64(uint64(w.hi), factor)
	hi, more := bits.Add64(hi, carry, 0)
	if over != 0 || more != 0 || int64(hi) < 0 {
		return wide{}, false
	}
	w = wide{int64(hi), lo}
	if negative {
		w = w.negated()
	}
	return w, true
}

// apd is w × 10^-scale.
func (w wide) apd(scale int32) *apd.Decimal {
	negative := w.hi < 0
	if negative {
		w = w.negated()
	}
	if w.hi == 0 {
		d := &apd.Decimal{Exponent: -scale, Negative: negative}
		d.Coeff.SetUint64(w.lo)
		return d
	}
	coefficient := new(big.Int).SetUint64(uint64(w.hi))
	coefficient.Lsh(coefficient, 64).Or(coefficient, new(big.Int).SetUint64(w.lo))
	d := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(coefficient), -scale)
	d.Negative = negative
	return d
}

// appendDecimal writes m × 10^-scale in plain digits without zeros that say nothing.
func appendDecimal(b []byte, m int64, scale int32) []byte {
	for ; scale > 0 && m%10 == 0; scale-- {
		m /= 10
	}
	if scale == 0 {
		return strconv.AppendInt(b, m, 10)
	}
	if m < 0 {
		b = append(b, '-')
	}
	whole, fraction := absolute(m)/uint64(pow10[scale]), absolute(m)%uint64(pow10[scale])
	b = append(strconv.AppendUint(b, whole, 10), '.')
	for digits := scale - 1; digits > 0 && fraction < uint64(pow10[digits]); digits-- {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, fraction, 10)
}

// appendAPD writes a number in plain digits without an exponent or zeros that say nothing.
func appendAPD(b []byte, d *apd.Decimal) []byte {
	if d.IsZero() {
		return append(b, '0')
	}
	var reduced apd.Decimal
	reduced.Reduce(d)
	return append(b, reduced.Text('f')...)
}
