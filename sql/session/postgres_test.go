package session_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vexfs/vexstream/sql/parse"
)

// TestPostgres runs statements here and, if VEXSTREAM_TEST_POSTGRES names the socket folder of a running PostgreSQL 15,
// there as well: rows (in any order), tags, and errors with code, message, detail and the names of table, column and
// constraint must be the same.
func TestPostgres(t *testing.T) {
	besidePostgres(t, "testdata/postgres", true, func(n *node, conn *pgx.Conn, d *datadriven.TestData, got string) string {
		if want := n.there(t, conn, d.Input); comparable(got) != comparable(want) {
			return fmt.Sprintf("%s: %s\ngives\n%s\nand PostgreSQL\n%s", d.Pos, d.Input, got, want)
		}
		return ""
	})
}

// besidePostgres runs the files of a folder, each on a node of its own, and has differs compare what each block gives with
// PostgreSQL, if there is one: it gives what is wrong, or nothing. named asks for the names of tables, columns and constraints
// in errors.
func besidePostgres(t *testing.T, folder string, named bool, differs func(n *node, conn *pgx.Conn, d *datadriven.TestData, got string) string) {
	t.Helper()
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" && os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal("VEXSTREAM_TEST_POSTGRES is not set")
	}
	if f := flag.Lookup("rewrite"); dir == "" && f != nil && f.Value.String() == "true" {
		t.Fatalf("%s has PostgreSQL's answers: -rewrite needs VEXSTREAM_TEST_POSTGRES to compare with", folder)
	}
	datadriven.Walk(t, folder, func(t *testing.T, path string) {
		n := newNode(t)
		var conn *pgx.Conn
		if dir != "" {
			conn = postgres(t, dir)
		}
		var bad []string // a failure would end the file
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			got := n.run(t.Context(), d.Input, &client{named: named, as: n.s})
			if conn == nil {
				return got
			}
			if b := differs(n, conn, d, got); b != "" {
				bad = append(bad, b)
			}
			return got
		})
		for _, b := range bad {
			t.Error(b)
		}
	})
}

func postgres(t *testing.T, dir string) *pgx.Conn {
	t.Helper()
	first, err := pgx.Connect(t.Context(), "host="+dir+" user=postgres dbname=postgres")
	if err != nil {
		t.Fatal(err)
	}
	_, err = first.Exec(t.Context(), "CREATE DATABASE vexstream") // as the session's is called
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "42P04" {
		err = nil
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Close(t.Context())
	conn, err := pgx.Connect(t.Context(), "host="+dir+" user=postgres dbname=vexstream")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, q := range []string{"DROP SCHEMA IF EXISTS session_test CASCADE", "CREATE SCHEMA session_test", "GRANT USAGE ON SCHEMA session_test TO PUBLIC", "SET search_path = session_test"} {
		if _, err := conn.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// there runs the statements of a text one by one, up to the first that fails.
func (n *node) there(t *testing.T, conn *pgx.Conn, text string) string {
	stmts, err := n.s.Parse(text)
	if err != nil {
		stmts = []parse.Statement{{Text: text}} // which must be one statement that fails
	}
	var w strings.Builder
	for _, st := range stmts {
		r := conn.PgConn().ExecParams(t.Context(), st.Text, nil, nil, nil, nil)
		rows := r.FieldDescriptions() != nil
		for r.NextRow() {
			for i, v := range r.Values() {
				if i > 0 {
					w.WriteByte('|')
				}
				w.Write(v)
			}
			w.WriteByte('\n')
		}
		tag, err := r.Close()
		var e *pgconn.PgError
		if errors.As(err, &e) {
			fmt.Fprintf(&w, "ERROR %s: %s\n", e.Code, e.Message)
			if e.Detail != "" {
				fmt.Fprintf(&w, "DETAIL: %s\n", e.Detail)
			}
			if e.TableName+e.ColumnName+e.ConstraintName != "" {
				fmt.Fprintf(&w, "NAMES: %s\n", strings.Join([]string{e.TableName, e.ColumnName, e.ConstraintName}, ", "))
			}
			break
		}
		if !rows {
			fmt.Fprintln(&w, tag)
		}
	}
	return w.String()
}

// comparable leaves out hints, notices and places, and the order of rows.
func comparable(out string) string {
	lines := slices.DeleteFunc(strings.Split(out, "\n"), func(l string) bool {
		return strings.HasPrefix(l, "HINT: ") || strings.HasPrefix(l, "NOTICE: ") || strings.HasPrefix(l, "WARNING: ")
	})
	for i, l := range lines {
		if at := strings.LastIndex(l, " at "); at > 0 && strings.HasPrefix(l, "ERROR ") && strings.Trim(l[at+4:], "0123456789") == "" {
			lines[i] = l[:at]
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
