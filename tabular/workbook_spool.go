package tabular

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"

	"entrepot/definition"
)

// spoolBytes is how large a workbook is kept in memory instead of in a temporary file.
const spoolBytes = 1 << 20

// spooled is a file that can be read from anywhere: in memory when it is small, else in a temporary file.
type spooled struct {
	io.ReaderAt
	size int64
	temp *os.File
	name string // of the temporary file, where it could not be removed while open
}

// spool reads the source to its end.
func spool(source io.Reader, folder string) (*spooled, error) {
	head, err := io.ReadAll(io.LimitReader(source, spoolBytes))
	if err != nil {
		return nil, err
	}
	if len(head) < spoolBytes {
		return &spooled{ReaderAt: bytes.NewReader(head), size: int64(len(head))}, nil
	}
	temp, err := os.CreateTemp(folder, "workbook-*")
	if err != nil {
		return nil, spoolError(err)
	}
	file := &spooled{ReaderAt: temp, temp: temp, name: temp.Name()}
	if os.Remove(file.name) == nil {
		file.name = ""
	}
	written := &writer{file: temp}
	size, err := io.Copy(written, io.MultiReader(bytes.NewReader(head), source))
	if err != nil {
		if written.err != nil {
			err = spoolError(err)
		}
		_ = file.close()
		return nil, err
	}
	file.size = size
	return file, nil
}

// spoolError says that this machine, not the file, is what is wrong.
func spoolError(err error) *Error {
	return &Error{
		Code:   definition.ErrorFileUnreadable,
		Reason: "the workbook could not be put into a temporary file",
		Err:    err,
	}
}

// writer remembers that it was the temporary file, and not the source, that failed.
type writer struct {
	file *os.File
	err  error
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.err = cmp.Or(w.err, err)
	return n, err
}

func (s *spooled) close() error {
	if s.temp == nil {
		return nil
	}
	err := s.temp.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	s.temp, s.name = nil, ""
	return err
}
