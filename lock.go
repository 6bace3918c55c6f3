package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// errLocked is that another process holds the lock.
var errLocked = errors.New("locked")

// lock keeps a second server off the data, where that is a folder; any number may share a PostgreSQL database.
func (c *config) lock() (unlock func() error, err error) {
	if c.postgres() {
		return func() error { return nil }, nil
	}
	if err := makeFolder(c.data); err != nil {
		return nil, err
	}
	return lockFolder(c.data)
}

// lockFolder keeps a second server out of a data folder: both would run the same imports. The operating system gives
// the lock back when the process ends, however it ends. The command token needs none.
func lockFolder(folder string) (unlock func() error, err error) {
	file, err := openLocked(filepath.Join(folder, "lock"))
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("the data folder %s is in use by another server: stop that, or give this one another "+
			"folder with --data", folder)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return file.Close, nil
}

// privateFile is how the lock file is made.
func privateFile(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the folder that the operator names
}
