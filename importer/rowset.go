package importer

// rowSet is a set of row numbers: a bit for each row up to the highest, so that any number of set-aside rows takes
// little. The zero value is empty.
type rowSet struct {
	words []uint64
	count int64
}

// add takes a row in, from 0 on.
func (s *rowSet) add(row int64) {
	word := int(row / 64)
	if word >= len(s.words) {
		s.words = append(s.words, make([]uint64, word+1-len(s.words))...)
	}
	if bit := uint64(1) << (row % 64); s.words[word]&bit == 0 {
		s.words[word] |= bit
		s.count++
	}
}

// has tells whether a row is in the set; none is in a nil one.
func (s *rowSet) has(row int64) bool {
	if s == nil || row < 0 || row/64 >= int64(len(s.words)) {
		return false
	}
	return s.words[row/64]&(1<<(row%64)) != 0
}

// union takes in what another set has.
func (s *rowSet) union(other *rowSet) {
	for word, bits := range other.words {
		for bit := range int64(64) {
			if bits&(1<<bit) != 0 {
				s.add(int64(word)*64 + bit)
			}
		}
	}
}
