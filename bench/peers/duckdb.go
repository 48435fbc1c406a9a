package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver "duckdb"
)

// duckdb holds the rows in a native table in memory. One connection, as its settings are the connection's.
type duckdb struct {
	db   *sql.DB
	c    *sql.Conn
	keys bool
}

func openDuckDB(ctx context.Context, keys bool) (*duckdb, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close() // what it says is known
		return nil, err
	}
	return &duckdb{db: db, c: c, keys: keys}, nil
}

func (d *duckdb) load(ctx context.Context, file string) error {
	typ := [2]string{"VARCHAR", "VARCHAR"}
	steps := []string{"SET threads = 1", "SET TimeZone = 'UTC'"}
	if d.keys {
		typ = [2]string{"kinds", "users"}
		steps = append(steps,
			fmt.Sprintf("CREATE TYPE kinds AS ENUM (SELECT DISTINCT column1 FROM read_csv('%s', header = false, all_varchar = true) ORDER BY 1)", file),
			fmt.Sprintf("CREATE TYPE users AS ENUM (SELECT DISTINCT column2 FROM read_csv('%s', header = false, all_varchar = true) ORDER BY 1)", file))
	}
	steps = append(steps,
		fmt.Sprintf("CREATE TABLE fileops (ts TIMESTAMPTZ NOT NULL, event_type %s, user_id %s, process_id INTEGER, file_path VARCHAR, size_bytes BIGINT)", typ[0], typ[1]),
		fmt.Sprintf("COPY fileops FROM '%s' (HEADER false)", file))
	for _, s := range steps {
		if _, err := d.c.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func (d *duckdb) ask(ctx context.Context, q query) (a answer, took time.Duration, err error) {
	began := used()
	if _, err = d.c.ExecContext(ctx, "CREATE OR REPLACE TEMP TABLE result AS "+q.duck); err != nil {
		return a, 0, err
	}
	took = used() - began
	err = d.c.QueryRowContext(ctx, "SELECT count(*), sum(n)::bigint FROM result").Scan(&a.rows, &a.sum)
	return a, took, err
}

func (d *duckdb) version(ctx context.Context) (v string) {
	_ = d.c.QueryRowContext(ctx, "SELECT 'DuckDB ' || version()").Scan(&v) // nothing depends on it
	return v
}

func (d *duckdb) close() {
	_ = d.c.Close() // there is nothing to lose
	_ = d.db.Close()
}
