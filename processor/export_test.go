package processor

import (
	"bytes"
	"errors"
)

// ReadRun goes through a run as Results does, in two ways: with all rows of a site in memory, and with windows of a few
// bytes. It gives the rows, each behind the id of its site, as far as they can be read, and why not further.
func ReadRun(data []byte, sites int, inMemory bool) (rows []string, err error) {
	r := newRunReader(bytes.NewReader(data), extent{0, int64(len(data))}, 16)
	for {
		switch err := r.next(sites); {
		case errors.Is(err, errEnd):
			return rows, nil
		case err != nil:
			return rows, err
		}
		start := strand{file: bytes.NewReader(data), rest: r.body}
		window := 2
		if inMemory {
			room := make([]byte, r.size())
			if err := r.read(room); err != nil {
				return rows, err
			}
			start, window = strand{left: room}, 0
		} else if err := r.skip(); err != nil {
			return rows, err
		}
		for row, err := range merged([]strand{start}, window) {
			if err != nil {
				return rows, err
			}
			rows = append(rows, string(rune('0'+r.site%10))+string(row))
		}
	}
}
