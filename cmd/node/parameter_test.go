package node_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

const parametersTable = "CREATE TABLE pt (a int, b text, d date, ts timestamptz, n numeric, j jsonb, t text[], u uuid, f float8)"

// TestParameterTypes prepares statements that say nothing of their parameters' types: they are those of the functions,
// operators and columns that take them, as in PostgreSQL.
func TestParameterTypes(t *testing.T) {
	page, err := os.ReadFile("testdata/parameters/same")
	if err != nil {
		t.Fatal(err)
	}
	_, ours := server(t)
	exec(t, ours, parametersTable)
	conns := map[string]*pgx.Conn{"vexstream": ours}
	if dir := os.Getenv("VEXSTREAM_TEST_POSTGRES"); dir != "" {
		theirs, err := pgx.Connect(t.Context(), "host="+dir+" user=postgres dbname=postgres")
		if err != nil {
			t.Fatal(err)
		}
		defer theirs.Close(context.Background())
		exec(t, theirs, strings.Replace(parametersTable, "CREATE", "CREATE TEMP", 1))
		conns["PostgreSQL"] = theirs
	}
	for line := range strings.Lines(string(page)) {
		q, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
		if !ok {
			continue
		}
		for name, c := range conns {
			s, err := c.Prepare(t.Context(), "", q)
			if err != nil {
				t.Errorf("%s: %s: %v", name, q, err)
				continue
			}
			var have []string
			for _, oid := range s.ParamOIDs {
				typ, ok := c.TypeMap().TypeForOID(oid)
				if !ok {
					t.Fatalf("%s: %s: a parameter of type %d", name, q, oid)
				}
				have = append(have, typ.Name)
			}
			if got := strings.Join(have, ","); got != want {
				t.Errorf("%s: %s: %s, and not %s", name, q, got, want)
			}
		}
	}
}
