package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Sizes of the comparison: 40 seconds of events, in epochs of a little less than a second.
const (
	testEvents = 20_000
	testRate   = 500
	testEpoch  = 450
)

// refused are the queries that a view cannot be made of, and what they are refused for.
var refused = map[string]string{}

// text gives the rows of batches as PostgreSQL writes them, in order.
func text(bs []*batch.Batch) []string {
	var out []string
	for _, b := range bs {
		for i := range b.N {
			var cells []string
			for k := range b.Cols {
				cell := "∅"
				if !b.Cols[k].Null(i) {
					cell = string(value.AppendText(nil, &b.Cols[k], i, nil))
				}
				cells = append(cells, cell)
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
	slices.Sort(out)
	return out
}

// TestQueries makes a view of every query, lets events come, and compares with what PostgreSQL says of all of them.
func TestQueries(t *testing.T) {
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" {
		if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
			t.Fatal("VEXSTREAM_TEST_POSTGRES does not name the socket folder of a PostgreSQL 15")
		}
		t.Skip("VEXSTREAM_TEST_POSTGRES does not name the socket folder of a PostgreSQL 15")
	}
	ctx := context.Background()
	pg, err := pgx.Connect(ctx, "host="+dir+" user=postgres dbname=postgres default_query_exec_mode=exec")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Close(ctx) })
	us, err := open(ctx, "", 4<<30, func() types.Micros { return base + types.Day })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = us.Close() })
	made := map[string]bool{}
	for _, q := range queries() {
		err := us.view(ctx, q)
		made[q.name] = err == nil
		if want, is := refused[q.name]; is != (err != nil) || is && (sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want refused: %q", q.name, err, want)
		}
	}
	fillPostgres(t, pg)
	g := NewGenerator(1, testRate)
	for at := int64(0); at < testEvents; at += testEpoch {
		rows := g.Batches(at, min(at+testEpoch, testEvents))
		if err := us.store(ctx, rows); err != nil {
			t.Fatal(err)
		}
		copyToPostgres(t, pg, rows)
	}
	for _, q := range queries() {
		if !made[q.name] {
			continue
		}
		t.Run(q.name, func(t *testing.T) { compare(t, us, pg, q) })
	}
}

func compare(t *testing.T, us *site, pg *pgx.Conn, q *query) {
	ours, theirs := "SELECT * FROM "+q.name, q.postgres
	if q.apart != "" {
		ours, theirs = "SELECT bidder, sum(bid_count) FROM "+q.name+" GROUP BY bidder", "SELECT bidder, count(*) FROM bid GROUP BY bidder"
	}
	got, err := us.run(t.Context(), ours)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := pg.Query(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for rows.Next() {
		var cells []string
		for _, v := range rows.RawValues() {
			if v == nil {
				cells = append(cells, "∅")
			} else {
				cells = append(cells, string(v))
			}
		}
		want = append(want, strings.Join(cells, "|"))
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	slices.Sort(want)
	have := text(got)
	if len(want) == 0 {
		t.Error("no rows: that compares nothing")
	}
	if !slices.Equal(have, want) {
		t.Errorf("%d rows, PostgreSQL has %d; first ones\n%q\n%q", len(have), len(want), first(have, want), first(want, have))
	}
}

// first gives the first lines of a that b has not.
func first(a, b []string) (out []string) {
	for _, l := range a {
		if _, is := slices.BinarySearch(b, l); !is && len(out) < 3 {
			out = append(out, l)
		}
	}
	return out
}

func fillPostgres(t *testing.T, pg *pgx.Conn) {
	must := func(sql string) {
		t.Helper()
		if _, err := pg.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s\n%v", sql, err)
		}
	}
	must("SET TimeZone = 'UTC'")
	for s, schema := range schemas {
		var cols []string
		for _, f := range schema {
			cols = append(cols, f.Name+" "+types.FormatType(f.Type))
		}
		must("CREATE TEMP TABLE " + names[s] + " (" + strings.Join(cols, ", ") + ")")
	}
	must("CREATE TEMP TABLE side_input (key bigint PRIMARY KEY, value text)")
	must("INSERT INTO side_input SELECT i, i FROM generate_series(0, 9999) AS i")
}

func copyToPostgres(t *testing.T, pg *pgx.Conn, rows [streams]*batch.Batch) {
	for s, b := range rows {
		if b == nil {
			continue
		}
		lines := text([]*batch.Batch{b})
		if _, err := pg.PgConn().CopyFrom(t.Context(), strings.NewReader(strings.Join(lines, "\n")+"\n"), "COPY "+names[s]+" FROM STDIN WITH (DELIMITER '|')"); err != nil {
			t.Fatal(err)
		}
	}
}
