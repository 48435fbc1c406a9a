package node_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/lib/pq"
)

// pqDB is database/sql over lib/pq, connected to a node of its own.
func pqDB(t *testing.T) (*sql.DB, string) {
	t.Helper()
	n, _ := server(t)
	dsn := "postgres://admin@" + n.PgAddr() + "/vexstream?sslmode=disable"
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	pqExec(t, db, "CREATE TABLE pq (id bigint PRIMARY KEY, name text NOT NULL, tags text[])")
	return db, dsn
}

func pqExec(t *testing.T, db *sql.DB, q string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), q, args...); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// lib/pq sends values as text and lets the server say what parameters are.
func TestLibPqValues(t *testing.T) {
	db, _ := pqDB(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for typ, v := range map[string]any{
		"boolean": true, "smallint": int64(-7), "bigint": int64(-1 << 60), "double precision": 0.1, "text": "grün 'x'",
		"bytea": []byte{0, 255}, "timestamptz": at, "numeric": []byte("-12345678901234567890.0123"), "date": at.Truncate(24 * time.Hour),
	} {
		var got any
		if err := db.QueryRowContext(t.Context(), "SELECT $1::"+typ, v).Scan(&got); err != nil {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		if want, ok := v.(time.Time); ok {
			if have, _ := got.(time.Time); !have.Equal(want) {
				t.Errorf("%s: %v is not %v", typ, got, v)
			}
		} else if fmt.Sprint(got) != fmt.Sprint(v) {
			t.Errorf("%s: %v is not %v", typ, got, v)
		}
		var none sql.NullString
		if err := db.QueryRowContext(t.Context(), "SELECT $1::"+typ, nil).Scan(&none); err != nil || none.Valid {
			t.Errorf("%s: null is %v, %v", typ, none, err)
		}
	}
	pqExec(t, db, "INSERT INTO pq VALUES ($1, $2, $3)", 1, "a", pq.Array([]string{"x", `y"z`}))
	var tags []string
	err := db.QueryRowContext(t.Context(), "SELECT tags FROM pq WHERE id = ANY($1)", pq.Array([]int64{1, 2})).Scan(pq.Array(&tags))
	if err != nil || fmt.Sprint(tags) != `[x y"z]` {
		t.Error(tags, err)
	}
}

// Its COPY is a statement whose rows are executions; a transaction that failed is rolled back.
func TestLibPqWrites(t *testing.T) {
	db, _ := pqDB(t)
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		t.Fatal(err)
	}
	in, err := tx.PrepareContext(t.Context(), pq.CopyIn("pq", "id", "name", "tags"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1_000 {
		if _, err := in.ExecContext(t.Context(), i, "tab\tand\nline", pq.Array([]string{"x"})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.ExecContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(in.Close(), tx.Commit()); err != nil {
		t.Fatal(err)
	}
	tx, err = db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "DELETE FROM pq"); err != nil {
		t.Fatal(err)
	}
	var e *pq.Error
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO pq VALUES (1, NULL)"); !errors.As(err, &e) || e.Code != "23502" || e.Column != "name" {
		t.Errorf("%+v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s, err := db.PrepareContext(t.Context(), "SELECT count(*) FROM pq WHERE id >= $1")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 3 {
		var n int
		if err := s.QueryRowContext(t.Context(), 10).Scan(&n); err != nil || n != 990 {
			t.Error(n, err)
		}
	}
}

// A context that ends sends a cancel request; the connection goes on. Notifications come to a listener of its own.
func TestLibPqFollows(t *testing.T) {
	db, dsn := pqDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pqExec(t, db, "INSERT INTO pq VALUES (1, 'a', NULL)")
	rows, err := db.QueryContext(ctx, "SUBSCRIBE pq") // comes back with the first row
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for i := range 3 {
		if !rows.Next() {
			t.Fatal("no change: ", rows.Err())
		}
		pqExec(t, db, "INSERT INTO pq VALUES ($1, 'b', NULL)", i+2)
	}
	cancel()
	for rows.Next() { // what was on its way
	}
	if rows.Err() == nil {
		t.Error("the subscription ended by itself")
	}
	l := pq.NewListener(dsn, time.Second, time.Minute, nil)
	defer l.Close()
	if err := l.Listen("ch"); err != nil {
		t.Fatal(err)
	}
	pqExec(t, db, "SELECT pg_notify('ch', $1)", "hello")
	if n := <-l.Notify; n.Channel != "ch" || n.Extra != "hello" {
		t.Errorf("%+v", n)
	}
}
