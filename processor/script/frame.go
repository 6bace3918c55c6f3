package script

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"entrepot/processor/script/engine"
)

// Parent and child talk in frames, over a pipe each way for every VM: length of the body (four bytes, little endian), type
// (one), number of the request (four), body. A request is one setup, or one call with its rows and their end; each has one
// answer, which bears its number. The child greets each pipe first.
type frameType byte

const (
	// frameHello is the child's first word, body greeting: it has walled itself in, or could not.
	frameHello frameType = 'H'
	// frameSetup brings the code, body setup. Answered.
	frameSetup frameType = 'S'
	// frameCall begins a call, body callHead.
	frameCall frameType = 'C'
	// frameRows brings whole encoded rows.
	frameRows frameType = 'R'
	// frameRun ends the rows: the script runs. Answered.
	frameRun frameType = 'E'
	// frameDrop gives a call up before its end. Not answered.
	frameDrop frameType = 'X'
	// frameAnswer is the answer, body answer.
	frameAnswer frameType = 'A'
)

const (
	headerBytes = 9
	// batchBytes is how much of rows is sent at a time; a frame is longer only where one row is.
	batchBytes = 256 << 10
)

// greeting is the body of frameHello.
type greeting struct {
	// Thread is the number of the thread that runs this VM.
	Thread int `json:"thread"`
	// Refused is why the child will not run anything; empty when it will.
	Refused string `json:"refused,omitempty"`
}

// setup is the body of frameSetup.
type setup struct {
	Engine engine.Config `json:"engine"`
	// CallCPU and ImportCPU are processor time in nanoseconds.
	CallCPU   int64 `json:"callCPU"`
	ImportCPU int64 `json:"importCPU"`
	// Check asks for a run of the code, as far as finding process.
	Check bool `json:"check,omitempty"`
}

// callHead is the body of frameCall.
type callHead struct {
	Site *engine.Site `json:"site"`
	Seed uint64       `json:"seed"`
}

// answer is the body of frameAnswer, followed by what process returned.
type answer struct {
	Fault     *engine.Fault `json:"fault,omitempty"`
	Log       []LogLine     `json:"log,omitempty"`
	Truncated bool          `json:"truncated,omitempty"`
	// Last tells that the child ends after this: its engine could not be stopped otherwise.
	Last bool `json:"last,omitempty"`

	output []byte
}

// errFrame is what is wrong with a frame that nobody who is honest sends.
var errFrame = errors.New("malformed frame")

func appendHeader(b []byte, length int, kind frameType, request uint32) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(length))
	b = append(b, byte(kind))
	return binary.LittleEndian.AppendUint32(b, request)
}

// appendFrame adds a frame with a body in JSON.
func appendFrame(b []byte, kind frameType, request uint32, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode a frame: %w", err)
	}
	return append(appendHeader(b, len(text), kind, request), text...), nil
}

// frame is one that was read.
type frame struct {
	kind    frameType
	request uint32
	body    []byte
}

// readFrame reads one frame of at most so many bytes into buffer, which grows with what has come, not with what is
// announced.
func readFrame(r io.Reader, buffer []byte, most int) (frame, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return frame{}, fmt.Errorf("read a frame: %w", err)
	}
	length := binary.LittleEndian.Uint32(header[:])
	if uint64(length) > uint64(most) {
		return frame{}, fmt.Errorf("read a frame of %d bytes where %d may be: %w", length, most, errFrame)
	}
	f := frame{kind: frameType(header[4]), request: binary.LittleEndian.Uint32(header[5:]), body: buffer[:0]}
	for rest := int(length); rest > 0; {
		n := min(rest, max(64<<10, cap(f.body)-len(f.body)))
		at := len(f.body)
		f.body = append(f.body, make([]byte, n)...)
		if _, err := io.ReadFull(r, f.body[at:]); err != nil {
			return frame{}, fmt.Errorf("read a frame: %w", noEOF(err))
		}
		rest -= n
	}
	return f, nil
}

// noEOF turns the end of a stream within a frame into what it is.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendAnswer adds a frame with an answer.
func appendAnswer(b []byte, request uint32, a *answer) ([]byte, error) {
	head, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	b = appendHeader(b, 4+len(head)+len(a.output), frameAnswer, request)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	return append(append(b, head...), a.output...), nil
}
