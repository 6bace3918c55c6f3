package importer

// FIRST and LAST go by the order of rows. A row that corrects another one takes the place of that one; a second row
// that corrects it stands right behind. So there is room for many rows in the place of each.
const (
	placeBits = 20
	maxInSpot = 1<<placeBits - 1
)

// orders gives the rows of all files of a run their order. It belongs to one goroutine, which asks in the order of the
// files: what comes out depends on them alone.
type orders struct {
	// before is how many rows the files before each one have.
	before []int64
	// moved are rows that do not stand where their file has them, by file and row.
	moved   []map[int64]int64
	claimed map[place]bool  // rows that were corrected by one already
	last    map[int64]int64 // within a spot, the last place that was given away
}

func newOrders(parts int) *orders {
	return &orders{
		before: make([]int64, parts), moved: make([]map[int64]int64, parts),
		claimed: make(map[place]bool), last: make(map[int64]int64),
	}
}

// at is where a row of a file stands.
func (o *orders) at(part int, row int64) int64 {
	if order, ok := o.moved[part][row]; ok {
		return order
	}
	return o.usual(part, row)
}

// usual is where a row stands that corrects none. Any goroutine may ask.
func (o *orders) usual(part int, row int64) int64 { return (o.before[part] + row) << placeBits }

// correct puts a row into the place of the one that it corrects.
func (o *orders) correct(part int, row int64, corrected place) int64 {
	order := o.at(corrected.part, corrected.row)
	if o.claimed[corrected] {
		spot := order &^ maxInSpot
		next := max(o.last[spot], order&maxInSpot) + 1
		if next > maxInSpot {
			return o.at(part, row)
		}
		o.last[spot] = next
		order = spot | next
	}
	o.claimed[corrected] = true
	if o.moved[part] == nil {
		o.moved[part] = make(map[int64]int64)
	}
	o.moved[part][row] = order
	return order
}

// place is a row of one of the files of a run.
type place struct {
	part int
	row  int64
}
