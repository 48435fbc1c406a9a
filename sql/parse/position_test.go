package parse

import (
	"context"
	"errors"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

var fromPostgres = flag.Bool("from-postgres", false, "write PostgreSQL's answers into testdata/broken.txt, from the server that VEXSTREAM_TEST_POSTGRES names")

const brokenFile = "testdata/broken.txt"

// brokenStatements reads blocks of a statement, a line "----", and its error.
func brokenStatements(t *testing.T) [][2]string {
	t.Helper()
	text, err := os.ReadFile(brokenFile)
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		stmt, want, _ := strings.Cut(block, "\n----\n")
		out = append(out, [2]string{strings.TrimSuffix(stmt, "\n----"), want})
	}
	return out
}

// TestBrokenStatements gives each broken statement the error that PostgreSQL gives it: code, place in characters,
// message.
func TestBrokenStatements(t *testing.T) {
	cases := brokenStatements(t)
	if len(cases) < 60 {
		t.Fatalf("only %d statements", len(cases))
	}
	if *fromPostgres {
		writeBroken(t, cases)
		return
	}
	for _, c := range cases {
		_, err := Parse(c[0])
		e, ok := sqlerr.As(err)
		if !ok {
			t.Errorf("%s\n  is taken, and PostgreSQL says\n  %s", c[0], c[1])
			continue
		}
		if have := answer(string(e.Code), e.Pos, e.Message); have != c[1] {
			t.Errorf("%s\n  gives    %s\n  not      %s", c[0], have, c[1])
		}
	}
}

func answer(code string, pos int, message string) string {
	return code + " " + strconv.Itoa(pos) + " " + message
}

// TestBrokenStatementsArePostgres compares the recorded errors with a server's.
func TestBrokenStatementsArePostgres(t *testing.T) {
	ask := askPostgres(t)
	for _, c := range brokenStatements(t) {
		if want := ask(c[0]); want != c[1] {
			t.Errorf("%s\n  is recorded as %s\n  and PostgreSQL %s", c[0], c[1], want)
		}
	}
}

func askPostgres(t *testing.T) func(string) string {
	t.Helper()
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" {
		if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
			t.Fatal("VEXSTREAM_TEST_POSTGRES names no server")
		}
		t.Skip("VEXSTREAM_TEST_POSTGRES names no server")
	}
	pg, err := pgx.Connect(t.Context(), "host="+dir+" user=postgres dbname=template1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Close(context.Background()) })
	return func(stmt string) string {
		_, err := pg.PgConn().Exec(t.Context(), stmt).ReadAll()
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			t.Fatalf("%s: PostgreSQL gives %v", stmt, err)
		}
		return answer(e.Code, int(e.Position), e.Message)
	}
}

func writeBroken(t *testing.T, cases [][2]string) {
	t.Helper()
	ask := askPostgres(t)
	var sb strings.Builder
	for _, c := range cases {
		sb.WriteString(c[0] + "\n----\n" + ask(c[0]) + "\n\n")
	}
	if err := os.WriteFile(brokenFile, []byte(strings.TrimSuffix(sb.String(), "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}
