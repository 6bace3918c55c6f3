package storage

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// tempFolder holds what is being written. No key maps to it: fileName escapes a leading dot.
	tempFolder = ".tmp"
	// leftoverAge is how long an unfinished file may lie untouched. Writers in use touch theirs far more often
	// (Handler gives up after StallTimeout), so what is older belongs to no living process, of whichever replica.
	leftoverAge         = 24 * time.Hour
	defaultStallTimeout = time.Minute
	fileMode            = 0o600
	folderMode          = 0o700
)

// local is a bucket that is a folder.
type local struct {
	root      *os.Root
	secret    []byte
	public    atomic.Pointer[url.URL]
	stall     time.Duration
	now       func() time.Time
	logger    *slog.Logger
	lastStamp atomic.Int64 // the newest generation given out, microseconds
}

func openFolder(config Config) (*local, error) {
	folder, err := folderOf(config.URL)
	if err != nil {
		return nil, err
	}
	b := &local{stall: config.StallTimeout, now: config.Now, logger: config.Logger}
	if b.stall == 0 {
		b.stall = defaultStallTimeout
	}
	// A key of its own, so that the secret can sign other things elsewhere without one passing for the other.
	if b.secret, err = hkdf.Key(sha256.New, config.Secret, nil, "entrepot bucket URLs 1", sha256.Size); err != nil {
		return nil, fmt.Errorf("derive signing key: %w", err)
	}
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return nil, fmt.Errorf("create folder: %w", err)
	}
	if b.root, err = os.OpenRoot(folder); err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(b.prepare(), syncPath(filepath.Dir(folder))); err != nil {
		return nil, errors.Join(err, b.root.Close())
	}
	return b, nil
}

func (b *local) close() error { return b.root.Close() }

func (b *local) handler() http.Handler { return http.HandlerFunc(b.serve) }

func (b *local) origin() string { return "" }

func (b *local) setPublicURL(address string) error {
	parsed, err := parsePublicURL(address)
	if err != nil {
		return err
	}
	b.public.Store(parsed)
	return nil
}

// check tries the folder as Open does.
func (b *local) check(context.Context, string) []Finding {
	if err := b.prepare(); err != nil {
		return []Finding{{
			Name: "folder", Problem: "The bucket's folder cannot be written: " + err.Error() + ".",
			Fix: "Give the user that the server runs as the right to write there, on a file system with hard links and " +
				"with space left.",
		}}
	}
	return []Finding{{Name: "folder", OK: true}}
}

func (b *local) prepare() error {
	if err := b.root.MkdirAll(tempFolder, folderMode); err != nil {
		return fmt.Errorf("create folder for unfinished files: %w", err)
	}
	if err := b.removeLeftovers(); err != nil {
		return fmt.Errorf("remove unfinished files: %w", err)
	}
	// Objects appear by link(2); better to learn here than at the first upload that the file system has no links.
	file, name, err := b.createTemp()
	if err != nil {
		return fmt.Errorf("try to write into the folder: %w", err)
	}
	linked := name + "-link"
	err = errors.Join(file.Close(), b.root.Link(name, linked))
	if err != nil {
		_ = b.root.Remove(name)
		return fmt.Errorf("try a hard link in the folder (its file system must support them): %w", err)
	}
	if err := errors.Join(b.root.Remove(linked), b.root.Remove(name), b.syncFolder(".")); err != nil {
		return fmt.Errorf("try to write into the folder: %w", err)
	}
	return nil
}

func (b *local) removeLeftovers() error {
	entries, err := fs.ReadDir(b.root.FS(), tempFolder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another replica was faster
		}
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || time.Since(info.ModTime()) < leftoverAge {
			continue
		}
		if err := b.root.Remove(tempFolder + "/" + entry.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (b *local) createTemp() (*os.File, string, error) {
	name := tempFolder + "/" + rand.Text()
	file, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	return file, name, err
}

// stamp is a modification time that no other object of this process has, to the microsecond: file systems may keep
// time so coarsely that an object deleted and made again would look unchanged.
func (b *local) stamp() time.Time {
	for {
		last := b.lastStamp.Load()
		next := max(time.Now().UnixMicro(), last+1)
		if b.lastStamp.CompareAndSwap(last, next) {
			return time.UnixMicro(next)
		}
	}
}

func (b *local) syncFolder(name string) error {
	if runtime.GOOS == "windows" { // folders cannot be flushed there
		return nil
	}
	folder, err := b.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func syncPath(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return nil // the folder was there before us, in one that we may not read
	}
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// isMissing tells whether no file can have that name now: it, or a folder on the way, is missing or is a file.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
