package script

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"entrepot/processor/script/engine"
)

// A row is encoded as its number and then one cell for each column: a tag, and what the tag says follows.
const (
	tagNull   = 0
	tagNumber = 1 // eight bytes, IEEE double, little endian
	tagText   = 2 // uvarint of its length, then UTF-8
	tagFalse  = 3
	tagTrue   = 4
)

// AppendRowNumber begins a row; n counts the file's data rows from 1.
func AppendRowNumber(b []byte, n int64) []byte { return binary.AppendUvarint(b, uint64(n)) }

// AppendNull adds an empty or absent cell: null.
func AppendNull(b []byte) []byte { return append(b, tagNull) }

// AppendNumber adds a finite number.
func AppendNumber(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, tagNumber), math.Float64bits(v))
}

// AppendText adds a string, which must be valid UTF-8.
func AppendText(b, text []byte) []byte {
	return append(binary.AppendUvarint(append(b, tagText), uint64(len(text))), text...)
}

// AppendBool adds a boolean.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, tagTrue)
	}
	return append(b, tagFalse)
}

var errRow = errors.New("a row is not encoded as it should be")

// readRow decodes one row into cells, one for each column, and gives what follows it. Texts point into b.
func readRow(b []byte, cells []engine.Cell) (number int64, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n == 0 || n > math.MaxInt64 {
		return 0, nil, fmt.Errorf("read row number: %w", errRow)
	}
	b = b[size:]
	for i := range cells {
		if b, err = readCell(b, &cells[i]); err != nil {
			return 0, nil, fmt.Errorf("read cell %d of row %d: %w", i, n, err)
		}
	}
	return int64(n), b, nil
}

func readCell(b []byte, c *engine.Cell) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, errRow
	}
	tag := b[0]
	b = b[1:]
	switch tag {
	case tagNull:
		c.Kind = engine.Null
	case tagNumber:
		if len(b) < 8 {
			return nil, errRow
		}
		c.Kind, c.Number = engine.Number, math.Float64frombits(binary.LittleEndian.Uint64(b))
		b = b[8:]
	case tagText:
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, errRow
		}
		c.Kind, c.Text = engine.Text, b[size:size+int(n)]
		if !utf8.Valid(c.Text) {
			return nil, errRow
		}
		b = b[size+int(n):]
	case tagFalse:
		c.Kind = engine.False
	case tagTrue:
		c.Kind = engine.True
	default:
		return nil, errRow
	}
	return b, nil
}
