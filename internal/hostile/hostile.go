// Package hostile makes files that are meant to break whoever reads them: bombs, endless quotes, lying archives, bytes in
// no encoding. Each case is made by code, the same bytes every time and streamed where it is large, and says what it
// is and what must become of it.
//
// Its test reads every case with tabular in a process of its own (internal/hostile/read) and measures what that takes:
// at most 5 s of CPU and 256 MiB, with the outcome that the case names, every row accounted for, and never an empty row
// without an error. Tests of other packages may take cases from here too.
//
// It may import the standard library, the compressors and entrepot/definition.
package hostile

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"entrepot/definition"
)

// Case is one hostile file.
type Case struct {
	// Name is unique; what stands before the slash is the kind of file.
	Name string
	// Cause is what is hostile about it, as a sentence.
	Cause string
	// Format is what the reader is told about the file; mostly nothing.
	Format definition.Format
	// Open gives the file from its start, each time the same bytes.
	Open func() io.Reader
	// Want is what must become of it.
	Want Outcome
}

// Outcome is what reading a file comes to.
type Outcome struct {
	// Error is why the file is refused; the counts are not compared then.
	Error definition.ImportErrorCode `json:"error,omitempty"`
	// Accepted, Blank and Rejected (by code) count rows.
	Accepted int64                             `json:"accepted"`
	Blank    int64                             `json:"blank"`
	Rejected map[definition.RowErrorCode]int64 `json:"rejected,omitempty"`
}

// All gives every case, in an order that does not change.
func All() []Case {
	var all []Case
	for _, some := range [][]Case{
		rowCases(), quoteCases(), encodingCases(), packedCases(), strangerCases(),
		archiveCases(), xmlCases(), sheetCases(), jsonCases(),
	} {
		all = append(all, some...)
	}
	return all
}

// Find gives the case of a name.
func Find(name string) (Case, error) {
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
	}
	return Case{}, fmt.Errorf("find hostile case: there is none called %q", name)
}

// The table that most cases are variations of.
const (
	head = "site,date,reading\n"
	row  = "S1,2024-01-02,1.5\n"
)

func refused(code definition.ImportErrorCode) Outcome { return Outcome{Error: code} }

func accepted(rows int64) Outcome { return Outcome{Accepted: rows} }

// rejected adds rows that are set aside for one reason.
func (o Outcome) rejected(code definition.RowErrorCode, rows int64) Outcome {
	all := map[definition.RowErrorCode]int64{code: rows}
	for other, n := range o.Rejected {
		all[other] += n
	}
	o.Rejected = all
	return o
}

func (o Outcome) blank(rows int64) Outcome {
	o.Blank = rows
	return o
}

// of makes a stream of a file's parts: texts, bytes, and what times gives.
func of(parts ...any) func() io.Reader {
	return func() io.Reader {
		readers := make([]io.Reader, len(parts))
		for i, part := range parts {
			switch part := part.(type) {
			case string:
				readers[i] = strings.NewReader(part)
			case []byte:
				readers[i] = bytes.NewReader(part)
			case repeated:
				readers[i] = &repeatReader{repeated: part}
			case func() io.Reader:
				readers[i] = part()
			default:
				panic(fmt.Sprintf("hostile: a file cannot be made of %T", part))
			}
		}
		return io.MultiReader(readers...)
	}
}

// lazily makes a file when it is opened, for what costs something to make.
func lazily(file func() []byte) func() io.Reader {
	return func() io.Reader { return bytes.NewReader(file()) }
}

// repeated is a text many times over.
type repeated struct {
	text  string
	times int64
}

func times(text string, n int64) repeated { return repeated{text, n} }

// repeatReader streams a text many times over, copying large pieces.
type repeatReader struct {
	repeated
	block []byte // the text as often as it fits
	rest  []byte // of the block that is being given
}

func (r *repeatReader) Read(p []byte) (int, error) {
	const size = 256 << 10
	if len(r.rest) == 0 {
		if r.times == 0 || r.text == "" {
			return 0, io.EOF
		}
		if r.block == nil {
			r.block = bytes.Repeat([]byte(r.text), max(1, size/len(r.text)))
		}
		n := min(r.times, int64(len(r.block)/len(r.text)))
		r.times -= n
		r.rest = r.block[:n*int64(len(r.text))]
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
