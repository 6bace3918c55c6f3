package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
)

func (b *local) attributes(_ context.Context, key string) (Attributes, error) {
	info, err := b.stat(key)
	if err != nil {
		return Attributes{}, err
	}
	return attributesOf(info), nil
}

func (b *local) open(_ context.Context, key string, generation int64) (Attributes, io.ReadCloser, error) {
	file, info, err := b.openFile(key)
	if err != nil {
		return Attributes{}, nil, err
	}
	attributes := attributesOf(info)
	if generation != 0 && generation != attributes.Generation {
		_ = file.Close()
		return Attributes{}, nil, ErrChanged
	}
	return attributes, file, nil
}

// remove compares the generation before it removes: an object that is deleted and made again in between is removed. No
// key is written twice here but by a signed URL that its owner uses again.
func (b *local) remove(_ context.Context, key string, generation int64) error {
	info, err := b.stat(key)
	if err != nil {
		return err
	}
	if generation != 0 && generation != attributesOf(info).Generation {
		return ErrChanged
	}
	name, err := fileName(key)
	if err != nil {
		return err
	}
	if err := b.root.Remove(name); isMissing(err) {
		return ErrNotFound
	} else if err != nil {
		return err
	}
	return b.syncFolder(path.Dir(name))
}

// list walks the folder that the prefix leads into.
func (b *local) list(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		start := "."
		if at := strings.LastIndexByte(prefix, '/'); at >= 0 {
			name, err := fileName(prefix[:at])
			if err != nil {
				return // no object can be there
			}
			start = name
		}
		err := fs.WalkDir(b.root.FS(), start, func(name string, entry fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			switch key, ok := keyOf(name); {
			case isMissing(err): // gone meanwhile
				return nil
			case err != nil:
				return err
			case name == tempFolder:
				return fs.SkipDir
			case !entry.Type().IsRegular() || !ok || !strings.HasPrefix(key, prefix):
				return nil
			default:
				info, err := entry.Info()
				if isMissing(err) {
					return nil
				}
				if err == nil && !yield(Object{Key: key, Attributes: attributesOf(info)}, nil) {
					return fs.SkipAll
				}
				return err
			}
		})
		if err != nil {
			yield(Object{}, err)
		}
	}
}

// stat is ErrNotFound too for keys that no object can have, and for whatever in the folder is not a plain file.
func (b *local) stat(key string) (fs.FileInfo, error) {
	name, err := fileName(key)
	if err != nil {
		return nil, ErrNotFound
	}
	info, err := b.root.Lstat(name)
	if isMissing(err) || err == nil && !info.Mode().IsRegular() {
		return nil, ErrNotFound
	}
	return info, err
}

func (b *local) openFile(key string) (*os.File, fs.FileInfo, error) {
	if _, err := b.stat(key); err != nil { // opening what is not a plain file may block
		return nil, nil, err
	}
	name, err := fileName(key)
	if err != nil {
		return nil, nil, ErrNotFound
	}
	file, err := b.root.Open(name)
	if isMissing(err) {
		return nil, nil, ErrNotFound
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

func attributesOf(info fs.FileInfo) Attributes {
	made := info.ModTime()
	return Attributes{Size: info.Size(), Generation: made.UnixMicro(), Created: made}
}

// fileSink is an object that is being written: a temporary file until it is linked to its name.
type fileSink struct {
	bucket *local
	name   string // of the object's file
	file   *os.File
	temp   string
}

func (b *local) create(_ context.Context, key string) (sink, error) {
	name, err := fileName(key)
	if err != nil {
		return nil, err
	}
	file, temp, err := b.createTemp()
	if err != nil {
		return nil, err
	}
	return &fileSink{bucket: b, name: name, file: file, temp: temp}, nil
}

// Write implements io.Writer.
func (s *fileSink) Write(p []byte) (int, error) { return s.file.Write(p) }

func (s *fileSink) abort() {
	_ = s.file.Close()               // closed already when commit came so far
	_ = s.bucket.root.Remove(s.temp) // what stays is removed by an Open a day later
}

func (s *fileSink) commit() error {
	root := s.bucket.root
	stamp := s.bucket.stamp()
	if err := root.Chtimes(s.temp, stamp, stamp); err != nil {
		return err
	}
	if err := errors.Join(s.file.Sync(), s.file.Close()); err != nil {
		return err
	}
	if err := root.MkdirAll(path.Dir(s.name), folderMode); err != nil {
		return err
	}
	// Unlike a rename, a link never replaces: of several writers, exactly one gets the name.
	if err := root.Link(s.temp, s.name); errors.Is(err, fs.ErrExist) {
		return ErrExists
	} else if err != nil {
		return err
	}
	for _, folder := range folders(s.name) { // all of them: any may be new
		if err := s.bucket.syncFolder(folder); err != nil {
			return errors.Join(fmt.Errorf("flush folder: %w", err), root.Remove(s.name))
		}
	}
	return nil
}
