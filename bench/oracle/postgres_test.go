package oracle

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// postgres is a session with the server that VEXSTREAM_TEST_POSTGRES names.
type postgres struct{ c *pgx.Conn }

// askSQL makes pg_temp.ask: it runs queries one by one, each in a subtransaction, so that many cost one round trip. A
// row's cells are joined by U+001F. Casting goes by format, which gives every type's output form.
const askSQL = `CREATE FUNCTION pg_temp.ask(queries text[]) RETURNS TABLE(state text, message text, types text[], lines text[]) AS $$
DECLARE
	q text;
BEGIN
	FOREACH q IN ARRAY queries LOOP
		state := ''; message := ''; types := NULL; lines := '{}';
		BEGIN
			EXECUTE q INTO types, lines;
		EXCEPTION WHEN OTHERS THEN
			state := SQLSTATE; message := SQLERRM;
		END;
		RETURN NEXT;
	END LOOP;
END $$ LANGUAGE plpgsql`

func newPostgres(t *testing.T, zone string) *postgres {
	t.Helper()
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" {
		skipOrFail(t, "VEXSTREAM_TEST_POSTGRES does not name the socket folder of a PostgreSQL 15")
	}
	c, err := pgx.Connect(context.Background(), "host="+dir+" user=postgres dbname=postgres default_query_exec_mode=exec")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	p := &postgres{c: c}
	p.must(t, "SET TimeZone = '"+zone+"'")
	p.must(t, "SET DateStyle = 'ISO, MDY'")
	p.must(t, "SET statement_timeout = '300s'")
	p.must(t, "SET jit = off")
	p.must(t, "SET max_parallel_workers_per_gather = 0")
	p.must(t, askSQL)
	return p
}

func (p *postgres) must(t testing.TB, text string) {
	t.Helper()
	if _, err := p.c.Exec(context.Background(), text); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
}

// query is a query and how many columns it gives.
type query struct {
	text string
	cols int
}

// gathering makes q give one row: the types of its columns, and its rows in their order.
func (q query) gathering() string {
	names, kinds, cells := make([]string, q.cols), make([]string, q.cols), make([]string, q.cols)
	for i := range names {
		names[i] = "c" + string(rune('a'+i))
		kinds[i] = "coalesce(min(pg_typeof(" + names[i] + ")::text), '')"
		cells[i] = "CASE WHEN num_nulls(" + names[i] + ") > 0 THEN '" + null + "' ELSE format('%s', " + names[i] + ") END"
	}
	return "SELECT ARRAY[" + strings.Join(kinds, ", ") + "], array_agg(concat_ws(E'\\x1f', " + strings.Join(cells, ", ") + ")) FROM (" +
		q.text + ") AS gathered(" + strings.Join(names, ", ") + ")"
}

// ask runs many queries in one round trip.
func (p *postgres) ask(t testing.TB, queries []query) []*answer {
	t.Helper()
	texts := make([]string, len(queries))
	for i, q := range queries {
		texts[i] = q.gathering()
	}
	rows, err := p.c.Query(context.Background(), "SELECT * FROM pg_temp.ask($1)", pgtype.FlatArray[string](texts))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []*answer
	for rows.Next() {
		a := &answer{}
		var lines []string
		if err := rows.Scan(&a.code, &a.message, &a.types, &lines); err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			cells := []string{l}
			if queries[len(out)].cols > 1 {
				cells = strings.Split(l, "\x1f")
			}
			a.rows = append(a.rows, cells)
		}
		if a.code == "" && len(a.types) > 0 && a.types[0] == "" {
			a.types = nil
		}
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(texts, "\n"))
	}
	return out
}
