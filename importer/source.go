package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"entrepot/ent"
	"entrepot/storage"
)

const (
	// openTries is how often the bucket is asked before it counts as unavailable.
	openTries = 4
	firstWait = 100 * time.Millisecond
)

// source reads one generation of an object from its first byte to its last. Where the bucket stumbles it is asked again
// for the rest; an object that is not what was checked is storage.ErrChanged, and never taken for one that ends early.
type source struct {
	ctx        context.Context
	bucket     *storage.Bucket
	key        string
	generation int64
	size       int64 // -1 until it is known
	read       int64
	sum        hash.Hash
	reader     *storage.Reader
}

// objectKey is the key of an import's file, within the part of the bucket that belongs to its group.
func objectKey(bucket *storage.Bucket, organizationID, groupID, path string) (string, bool) {
	key, ok := bucket.Key(path)
	return key, ok && strings.HasPrefix(key, organizationID+"/"+groupID+"/")
}

// openSource opens the file of a run. Size and generation are compared where the check of the upload has told them.
func (i *Importer) openSource(ctx context.Context, run *ent.ImportRun, path string) (*source, error) {
	key, ok := objectKey(i.Bucket, run.OrganizationID, run.GroupID, path)
	if !ok {
		return nil, fileMissing()
	}
	s := &source{ctx: ctx, bucket: i.Bucket, key: key, size: -1, sum: sha256.New()}
	if run.FileSize != nil {
		s.size = *run.FileSize
	}
	if run.SourceGeneration != nil {
		s.generation = *run.SourceGeneration
	}
	if err := s.retry(s.open); err != nil {
		return nil, err
	}
	return s, nil
}

// retry tries again, a little later each time, what may succeed then.
func (s *source) retry(try func() error) error {
	wait := firstWait
	for tries := 1; ; tries++ {
		err := try()
		if err == nil || errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrChanged) {
			return err
		}
		if tries == openTries {
			return fmt.Errorf("%w: %w", storageUnavailable(), err)
		}
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-time.After(wait):
		}
		wait *= 3
	}
}

// open opens the object and goes to where reading has got to.
func (s *source) open() error {
	s.close()
	reader, err := s.bucket.NewReader(s.ctx, s.key, s.generation)
	if err != nil {
		return err
	}
	s.reader = reader
	if s.size >= 0 && reader.Size != s.size {
		return storage.ErrChanged
	}
	s.size, s.generation = reader.Size, reader.Generation
	_, err = io.CopyN(io.Discard, reader, s.read)
	return err
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	s.sum.Write(p[:n])
	s.read += int64(n)
	if err == nil || errors.Is(err, io.EOF) || s.ctx.Err() != nil {
		return n, err
	}
	return n, s.retry(s.open)
}

// check compares what was read to the end with what is known about the object, and gives its hash.
func (s *source) check(want *string) (string, error) {
	sum := hex.EncodeToString(s.sum.Sum(nil))
	if s.read != s.size || want != nil && !strings.EqualFold(sum, *want) {
		return "", sourceChanged()
	}
	return sum, nil
}

func (s *source) close() {
	if s.reader != nil {
		_ = s.reader.Close() // it was only read
		s.reader = nil
	}
}
