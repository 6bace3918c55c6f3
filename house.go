package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"entrepot/auth"
	"entrepot/catalog"
	"entrepot/database"
	"entrepot/seed"
)

// house is what every command needs: the data folder with a database that is up to date, and who may sign in.
type house struct {
	db      *database.DB
	auth    *auth.Authenticator
	catalog *catalog.Catalog
	secret  []byte
}

// openHouse opens the data folder, and makes and seeds it where it is new.
func openHouse(ctx context.Context, c config, log *slog.Logger) (*house, error) {
	if err := makeFolder(c.data); err != nil {
		return nil, err
	}
	h := &house{secret: []byte(c.secret)}
	var err error
	if len(h.secret) == 0 {
		if h.secret, err = auth.LoadSecret(c.data); err != nil {
			return nil, err
		}
	}
	h.db, err = database.Open(ctx, database.Config{Path: filepath.Join(c.data, "entrepot.db"), Logger: log})
	if err != nil {
		return nil, err
	}
	if err := h.furnish(ctx, log); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *house) furnish(ctx context.Context, log *slog.Logger) (err error) {
	if err := h.db.Migrate(ctx); err != nil {
		return err
	}
	if h.catalog, err = catalog.New(catalog.Config{DB: h.db}); err != nil {
		return err
	}
	if err := seed.Demonstration(ctx, h.db, h.catalog); err != nil {
		return err
	}
	h.auth, err = auth.New(auth.Config{DB: h.db, Secret: h.secret, Logger: log})
	return err
}

func (h *house) close() error { return h.db.Close() }

// makeFolder makes the data folder for its owner alone. One that was there keeps its mode: what is made in it is
// private whatever that is.
func makeFolder(folder string) error {
	err := os.MkdirAll(folder, 0o700)
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path):
		return fmt.Errorf("the data folder %s cannot be made: %w", folder, path.Err)
	}
	return err
}
