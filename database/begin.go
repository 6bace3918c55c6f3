package database

import (
	"context"
	"database/sql"
	"fmt"
)

// beginWrite opens a transaction that writes. The context bounds the wait for the connection, not the transaction:
// that ends when its session ends it, so that nothing runs on a connection that is being rolled back.
func (d *DB) beginWrite(ctx context.Context) (*sql.Conn, *sql.Tx, error) {
	if d.isPostgres() {
		return beginPostgres(ctx, d.writer, nil)
	}
	return begin(ctx, d.writer, nil)
}

func (d *DB) beginRead(ctx context.Context) (*sql.Conn, *sql.Tx, error) {
	options := &sql.TxOptions{ReadOnly: true}
	if d.isPostgres() {
		return beginPostgres(ctx, d.readers, options)
	}
	return begin(ctx, d.readers, options)
}

func begin(ctx context.Context, pool *sql.DB, options *sql.TxOptions) (*sql.Conn, *sql.Tx, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("begin: %w", err)
	}
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), options)
	if err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("begin: %w", err)
	}
	return conn, tx, nil
}
