package tabular

// maxPreamble is how many records may stand before a header that is found, blank ones included.
const maxPreamble = 100

// findHeader tells which record names the columns: the first that has text, unless it and what follows it are plainly
// a preamble (titles, notes, names with their values) above a table of more columns. found tells that there is one.
func findHeader(rows []shape) (header int, preamble bool) {
	first := 0
	for first < len(rows) && rows[first].blank {
		first++
	}
	if first == len(rows) {
		return 0, false
	}
	width := usualWidth(rows[first:])
	if width < 2 || !isTitle(rows[first], width) {
		return first, false
	}
	apart := false // by a blank record
	for i := first + 1; i < min(len(rows), first+maxPreamble); i++ {
		row := rows[i]
		switch {
		case row.blank:
			apart = true
			continue
		case row.broken:
			return first, false
		case isTitle(row, width):
			apart = false
			continue
		}
		if row.cells == width && row.filled > 1 && row.values == 0 && isTable(rows[i:], width, apart) {
			return i, true
		}
		return first, false
	}
	return first, false
}

// usualWidth is the number of cells that most records have, the larger where two are as common.
func usualWidth(rows []shape) int {
	counts := map[int]int{}
	best := 0
	for _, row := range rows {
		if row.blank || row.broken {
			continue
		}
		counts[row.cells]++
		if n := counts[row.cells]; n > counts[best] || n == counts[best] && row.cells > best {
			best = row.cells
		}
	}
	return best
}

// isTitle tells a record that fills too little of a table's width to be its header.
func isTitle(row shape, width int) bool {
	if row.blank || row.broken || row.cells > width {
		return false
	}
	if row.cells == width { // padded by a spreadsheet
		return row.extent <= width/2 && row.filled == row.extent
	}
	return row.extent <= width/2 || row.extent < width && row.hasValue()
}

func (s *shape) hasValue() bool {
	for _, value := range s.column {
		if value {
			return true
		}
	}
	return false
}

// isTable tells whether the rows below a header bear it out: nearly all are as wide, and where two columns might be
// text with a delimiter in it, they stand apart from what is above or one of them has values only.
func isTable(rows []shape, width int, apart bool) bool {
	total, agreeing := 0, 0
	values := make([]int, width)
	for _, row := range rows[1:] {
		if row.blank {
			continue
		}
		total++
		if row.cells != width {
			continue
		}
		agreeing++
		for i, value := range row.column[:min(len(row.column), width)] {
			if value {
				values[i]++
			}
		}
	}
	if agreeing == 0 || agreeing*5 < total*4 {
		return false
	}
	if width > 2 || apart {
		return true
	}
	for i, n := range values {
		if n*5 >= agreeing*4 && (i >= len(rows[0].column) || !rows[0].column[i]) {
			return true
		}
	}
	return false
}
