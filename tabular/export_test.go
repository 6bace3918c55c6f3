package tabular

import "io"

// OpenSized is Open with batches of another size, so that tests can put the end of one anywhere.
func OpenSized(source io.Reader, config Config, batchBytes int) (*Reader, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	return open(source, config, batchBytes)
}

// Held is how many bytes of the file the Reader and the batch of Next have room for.
func (r *Reader) Held() int {
	held := cap(r.own.data)
	if table, ok := r.table.(*csvReader); ok {
		held += cap(table.carry)
	}
	return held
}
