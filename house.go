package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"entrepot/auth"
	"entrepot/catalog"
	"entrepot/database"
	"entrepot/importer"
	"entrepot/rest"
	"entrepot/seed"
)

// house is what every command needs: a database that is up to date and fit for use, and who may sign in.
type house struct {
	db      *database.DB
	auth    *auth.Authenticator
	catalog *catalog.Catalog
	secret  []byte
}

// databaseConfig says where the database is.
func databaseConfig(c config, log *slog.Logger) database.Config {
	if c.postgres() {
		return database.Config{URL: c.database, MigrateURL: c.migrate, Logger: log}
	}
	return database.Config{Path: filepath.Join(c.data, "entrepot.db"), Logger: log}
}

// openHouse opens the database, and makes it where it is new.
func openHouse(ctx context.Context, c config, log *slog.Logger) (*house, error) {
	if c.database == "" && c.migrate != "" {
		return nil, usageError{"--migrate-database-url (MIGRATE_DATABASE_URL) is given without --database-url " +
			"(DATABASE_URL): the server does not run as the role that owns the tables"}
	}
	if !c.postgres() {
		if err := makeFolder(c.data); err != nil {
			return nil, err
		}
	}
	db, err := database.Open(ctx, databaseConfig(c, log))
	if err != nil {
		return nil, err
	}
	h := &house{db: db}
	if err := h.furnish(ctx, c, log); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *house) furnish(ctx context.Context, c config, log *slog.Logger) (err error) {
	if !c.postgres() || c.migrate != "" {
		if err := h.db.Migrate(ctx); err != nil {
			return err
		}
	}
	if err := h.db.Check(ctx); err != nil {
		return err
	}
	if h.secret, err = h.findSecret(ctx, c); err != nil {
		return err
	}
	if h.catalog, err = catalog.New(catalog.Config{DB: h.db, Compiler: importer.Compiler{}}); err != nil {
		return err
	}
	h.auth, err = auth.New(auth.Config{
		DB: h.db, Secret: h.secret, Provider: c.provider, Logger: log, Away: rest.Away(log),
	})
	return err
}

// demonstrate makes the demonstration where it belongs: on SQLite, and where it was asked for.
func (h *house) demonstrate(ctx context.Context, c config) error {
	if !c.demonstrates() {
		return nil
	}
	return seed.Demonstration(ctx, h.db, h.catalog)
}

// findSecret is what was configured, or else what the first start has made: in the data folder, or in the database that
// all replicas share.
func (h *house) findSecret(ctx context.Context, c config) ([]byte, error) {
	switch {
	case c.secret != "":
		return []byte(c.secret), nil
	case !c.postgres():
		return auth.LoadSecret(c.data)
	}
	made := make([]byte, auth.MinSecretBytes)
	_, _ = rand.Read(made) // never fails
	secret, err := h.db.SharedSecret(ctx, "server", made)
	if err != nil {
		return nil, fmt.Errorf("load secret: %w", err)
	}
	return secret, nil
}

func (h *house) close() error {
	if h.auth != nil {
		h.auth.Close()
	}
	return h.db.Close()
}

// makeFolder makes the data folder for its owner alone. One that was there keeps its mode: what is made in it is
// private whatever that is.
func makeFolder(folder string) error {
	err := os.MkdirAll(folder, 0o700) //nolint:gosec // the operator names the folder
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path):
		return fmt.Errorf("the data folder %s cannot be made: %w", folder, path.Err)
	}
	return err
}
