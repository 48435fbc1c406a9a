package session_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TestClauses runs the files of testdata/clauses, one for each clause of a statement with all that is wrong with it, here and
// on the PostgreSQL that VEXSTREAM_TEST_POSTGRES names. Rows, tags, and errors with code, message, detail and place must be
// the same; a place more is allowed, and hints are each server's own. The command ours is for what differs: it fails once
// it does not.
func TestClauses(t *testing.T) {
	besidePostgres(t, "testdata/clauses", false, func(_ *node, conn *pgx.Conn, d *datadriven.TestData, got string) string {
		want := placed(t, conn, d.Input)
		switch same := alike(got, want); {
		case !same && d.Cmd == "sql":
			return fmt.Sprintf("%s: %s\ngives\n%s\nand PostgreSQL\n%s", d.Pos, d.Input, got, want)
		case same && d.Cmd == "ours":
			return fmt.Sprintf("%s: %s\nis not ours: PostgreSQL gives the same", d.Pos, d.Input)
		}
		return ""
	})
}

// placed runs one statement, or several without a place, and gives what the tests of this package print of its answer.
func placed(t *testing.T, conn *pgx.Conn, text string) string {
	var w strings.Builder
	all := conn.PgConn().Exec(t.Context(), text)
	for all.NextResult() {
		r := all.ResultReader()
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
		if tag, err := r.Close(); err == nil && !rows {
			fmt.Fprintln(&w, tag)
		}
	}
	err := all.Close()
	var e *pgconn.PgError
	if errors.As(err, &e) {
		fmt.Fprintf(&w, "ERROR %s: %s", e.Code, e.Message)
		if e.Position > 0 {
			fmt.Fprintf(&w, " at %d", e.Position)
		}
		w.WriteByte('\n')
		if e.Detail != "" {
			fmt.Fprintf(&w, "DETAIL: %s\n", e.Detail)
		}
	}
	return w.String()
}

var placeOfError = regexp.MustCompile(`(?m)^(ERROR .*) at \d+$`)

// alike leaves out hints and notices, the order of rows, and a place that PostgreSQL does not give.
func alike(ours, theirs string) bool {
	if !placeOfError.MatchString(theirs) {
		ours = placeOfError.ReplaceAllString(ours, "$1")
	}
	lines := func(s string) []string {
		out := slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool {
			return strings.HasPrefix(l, "HINT: ") || strings.HasPrefix(l, "NOTICE: ") || strings.HasPrefix(l, "WARNING: ")
		})
		slices.Sort(out)
		return out
	}
	return slices.Equal(lines(ours), lines(theirs))
}
