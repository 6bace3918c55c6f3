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

	"entrepot/ent"
	"entrepot/storage"
)

// source reads one generation of an object from its first byte to its last, and hashes it. An object that is not what was
// checked is storage.ErrChanged, and a bucket that gives up is a failure; neither is ever taken for the end.
type source struct {
	ctx    context.Context
	reader *storage.Reader
	read   int64
	sum    hash.Hash
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
	generation := int64(0)
	if run.SourceGeneration != nil {
		generation = *run.SourceGeneration
	}
	s, err := openObject(ctx, i.Bucket, key, generation)
	if err != nil {
		return nil, err
	}
	if run.FileSize != nil && s.reader.Size != *run.FileSize {
		s.close()
		return nil, storage.ErrChanged
	}
	return s, nil
}

// openObject opens any object; generation 0 takes the one that is there.
func openObject(ctx context.Context, bucket *storage.Bucket, key string, generation int64) (*source, error) {
	reader, err := bucket.NewReader(ctx, key, generation)
	if err != nil {
		return nil, storageFault(ctx, err)
	}
	return &source{ctx: ctx, reader: reader, sum: sha256.New()}, nil
}

// storageFault is what an error of the bucket means: what it says of the object stays, anything else is the bucket's.
func storageFault(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrChanged), errors.Is(err, io.ErrUnexpectedEOF),
		ctx.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: %w", storageUnavailable(), err)
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	s.sum.Write(p[:n])
	s.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = storageFault(s.ctx, err)
	}
	return n, err
}

// check compares what was read to the end with what is known about the object, and gives its hash.
func (s *source) check(want *string) (string, error) {
	sum := hex.EncodeToString(s.sum.Sum(nil))
	if s.read != s.reader.Size || want != nil && !strings.EqualFold(sum, *want) {
		return "", sourceChanged()
	}
	return sum, nil
}

func (s *source) close() { _ = s.reader.Close() } // it was only read
