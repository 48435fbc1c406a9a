package main

import (
	"context"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a server that somebody has started.
type postgres struct{ c *pgx.Conn }

func openPostgres(ctx context.Context, socket string) (*postgres, error) {
	c, err := pgx.Connect(ctx, "host="+socket+" user=postgres dbname=postgres")
	if err != nil {
		return nil, err
	}
	return &postgres{c}, nil
}

func (p *postgres) load(ctx context.Context, file string) error {
	for _, s := range []string{
		"SET work_mem = '512MB'", "SET max_parallel_workers_per_gather = 0", "SET temp_buffers = '512MB'",
		"CREATE TEMP TABLE fileops (ts timestamptz NOT NULL, event_type text, user_id text, process_id int, file_path text, size_bytes bigint)",
	} {
		if _, err := p.c.Exec(ctx, s); err != nil {
			return err
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := p.c.PgConn().CopyFrom(ctx, f, "COPY fileops FROM STDIN WITH (FORMAT csv)"); err != nil {
		return err
	}
	_, err = p.c.Exec(ctx, "ANALYZE fileops")
	return err
}

func (p *postgres) ask(ctx context.Context, q query) (a answer, _ time.Duration, err error) {
	if _, err = p.c.Exec(ctx, "DROP TABLE IF EXISTS result"); err != nil {
		return a, 0, err
	}
	pid := int(p.c.PgConn().PID())
	began, err := usedBy(pid)
	if err != nil {
		return a, 0, err
	}
	if _, err = p.c.Exec(ctx, "CREATE TEMP TABLE result AS "+q.pgs); err != nil {
		return a, 0, err
	}
	ended, err := usedBy(pid)
	if err != nil {
		return a, 0, err
	}
	err = p.c.QueryRow(ctx, "SELECT count(*), sum(n)::bigint FROM result").Scan(&a.rows, &a.sum)
	return a, ended - began, err
}

func (p *postgres) version(ctx context.Context) (v string) {
	_ = p.c.QueryRow(ctx, "SELECT 'PostgreSQL ' || current_setting('server_version')").Scan(&v) // nothing depends on it
	return v
}

func (p *postgres) close() { _ = p.c.Close(context.Background()) } // a temporary table goes with it
