package session_test

import (
	"context"
	"testing"
)

// TestCursorOutlivesStatements: the context of a statement ends with it, and a cursor's query goes on all the same; one
// that ends while it fetches takes the query with it.
func TestCursorOutlivesStatements(t *testing.T) {
	n := newNode(t)
	statement := func(sql, want string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := &client{}
		n.run(ctx, sql, c)
		if c.String() != want {
			t.Errorf("%s gives %q, want %q", sql, c.String(), want)
		}
	}
	statement("CREATE STREAM s (a bigint)", "CREATE STREAM\n")
	for _, series := range []string{"1, 40000", "40001, 80000", "80001, 120000"} { // blocks: more than one to read ahead
		statement("INSERT INTO s SELECT g FROM generate_series("+series+") g", "INSERT 0 40000\n")
	}
	for _, query := range []string{
		"SELECT a FROM s",
		"SELECT a FROM s UNION ALL SELECT a FROM s",
		"WITH w AS (SELECT a FROM s) SELECT x.a FROM w x JOIN w y ON x.a = y.a",
	} {
		statement("BEGIN", "BEGIN\n")
		statement("DECLARE c CURSOR FOR "+query, "DECLARE CURSOR\n")
		statement("FETCH 1 c", "1\n")
		statement("MOVE 100000 c", "MOVE 100000\n")
		statement("FETCH 1 c", "100002\n")
		statement("ROLLBACK", "ROLLBACK\n")
	}
}
