package processor

import "entrepot/definition"

// period is a year, and the quarter or month of it as far as a text tells them; 0 otherwise. A month implies its
// quarter.
type period struct {
	year, quarter, month int
}

func monthOf(year, month int) period {
	return period{year, (month + 2) / 3, month}
}

// unit is an index into units.
type unit uint8

const (
	yearly unit = iota
	quarterly
	monthly
)

// units lists the period units from coarse to fine, which is the order of results.
var units = [...]definition.PeriodUnit{definition.Yearly, definition.Quarterly, definition.Monthly}

// in is the number of the period of this unit; 0 when p is coarser.
func (p period) in(u unit) int {
	switch u {
	case monthly:
		return p.month
	case quarterly:
		return p.quarter
	}
	return 1
}
