package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"entrepot/definition"
	"entrepot/ent"
	"entrepot/storage"
	"entrepot/tabular"
)

// reasonMissing is said of an absent object and of a path outside of the group's prefix alike, so that nobody can find
// out what lies in another group's.
const reasonMissing = "There is no file at this path in the group's folder; " +
	"ask for an upload URL, send the file to it, and store the path that came with it."

// finding is what the check of a file has found. A reason makes it a failure.
type finding struct {
	reason     string
	generation *int64
	size       *int64
	sha256     *string
	table
}

// table is what a file says when it is read.
type table struct {
	rows     *int64
	format   *definition.DetectedFormat
	columns  []definition.DetectedColumn
	warnings []definition.Warning
	errors   []definition.RowError
}

// examine looks at the file and reads it from its first byte to its last. An error means that the bucket could not be
// read, and says nothing about the file.
func (u *Uploads) examine(ctx context.Context, h *ent.ReviewUploadHistory) (finding, error) {
	key, own := u.ownKey(h.OrganizationID, h.GroupID, h.GcsPath)
	if !own {
		return finding{reason: reasonMissing}, nil
	}
	object, err := u.bucket.NewReader(ctx, key, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return finding{reason: reasonMissing}, nil
	}
	if err != nil {
		return finding{}, err
	}
	defer object.Close()

	found := finding{size: &object.Size, generation: &object.Generation}
	switch {
	case object.Size > u.limits.MaxFileBytes:
		found.reason = fmt.Sprintf("The file has %d bytes; the most is %d.", object.Size, u.limits.MaxFileBytes)
		return found, nil
	case h.ExpectedSize != nil && object.Size != *h.ExpectedSize:
		found.reason = fmt.Sprintf("The file has %d bytes, but %d were announced; upload it again.",
			object.Size, *h.ExpectedSize)
		return found, nil
	}
	hash := sha256.New()
	source := io.TeeReader(object, hash)
	read, err := u.read(source, h.Format)
	var malformed *tabular.Error
	if err != nil && (!errors.As(err, &malformed) || malformed.Err != nil) {
		return finding{}, err
	}
	// The rest is read for the hash: of a file that is wrong in itself, which a broken transfer is told from, and what
	// follows the table in a packed one.
	if _, err := io.Copy(io.Discard, source); err != nil {
		return finding{}, err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	found.sha256 = &sum
	switch {
	case h.ExpectedSha256 != nil && sum != *h.ExpectedSha256:
		found.reason = "The file's SHA-256 is not the announced one; it was changed or damaged on its way, upload it again."
	case malformed != nil:
		found.reason = sentence(malformed.Reason)
	default:
		found.table = read
	}
	return found, nil
}

// read reads a table to its end, by the format as far as one was said. Its error is a *tabular.Error.
func (u *Uploads) read(source io.Reader, said *definition.Format) (table, error) {
	config := tabular.Config{Limits: tabular.LimitsOf(u.limits), TempDir: u.tempDir}
	if said != nil {
		config.Format = tabular.FormatOf(*said)
	}
	reader, err := tabular.Open(source, config)
	if err != nil {
		return table{}, err
	}
	defer reader.Close()
	header := reader.Header()
	columns := newColumns(header)
	var t table
	var rows, problems int64
	var batch tabular.Batch
	for {
		err := reader.NextBatch(&batch)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return table{}, err
		}
		for i := range batch.Len() {
			if batch.Blank(i) {
				continue
			}
			rows++
			problem := batch.Problem(i)
			if problem == nil {
				if rows <= sampledRows {
					columns.sample(&batch, i)
				}
				continue
			}
			if problems++; len(t.errors) < u.limits.MaxRowErrors {
				t.errors = append(t.errors, rowError(&batch, i, problem, header))
			}
		}
	}
	t.rows = &rows
	t.columns = columns.detected()
	detected := reader.Detected()
	t.format = &detected
	t.warnings = reader.Warnings()
	if kept := int64(len(t.errors)); problems > kept {
		t.warnings = append(t.warnings, definition.Warning{
			Code:    definition.WarningRowErrorsTruncated,
			Message: fmt.Sprintf("%d rows cannot be read; the first %d are listed.", problems, kept),
			Params:  []definition.Param{{Name: "count", Value: number(problems)}, {Name: "kept", Value: number(kept)}},
		})
	}
	return t, nil
}

func rowError(batch *tabular.Batch, i int, problem *tabular.Problem, header []string) definition.RowError {
	e := definition.RowError{
		Row: batch.Row(i), Line: problem.Line, Code: problem.Code,
		Value: problem.Value(), Message: sentence(problem.Message()), Params: problem.Params(),
	}
	if problem.Column >= 0 && problem.Column < len(header) {
		e.Column = header[problem.Column]
	}
	return e
}

// sentence makes a clause a sentence.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}
