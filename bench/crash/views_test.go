package crash

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// relations is what clients write to.
var relations = []string{
	"CREATE STREAM s (ts timestamptz, id bigint, writer int, k int, v bigint, f double precision, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')",
	"CREATE STREAM moves (ts timestamptz, id bigint, src int, dst int, amount bigint, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')",
	"CREATE STREAM filler (ts timestamptz, t text)",
	"CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)",
	"CREATE TABLE side (k int PRIMARY KEY, n bigint)",
	fmt.Sprintf("INSERT INTO account SELECT i, %d FROM generate_series(0, %d) AS i", balance, accounts-1),
}

// views are kept over them: name, the clause that ends the view's definition, and the query that it must equal.
var views = []struct{ name, emit, query string }{
	{"grouped", "", "SELECT k, count(*), sum(v), min(v), max(v), sum(f) AS fs, avg(f), count(DISTINCT v) AS kinds FROM s GROUP BY k"},
	{"tumbled", "", "SELECT window_start, k, count(*), sum(v), max(f) FROM TUMBLE(s, ts, INTERVAL '10 seconds') GROUP BY window_start, k"},
	{"hopped", "", "SELECT window_start, count(*), sum(v) FROM HOP(s, ts, INTERVAL '5 seconds', INTERVAL '20 seconds') GROUP BY window_start"},
	{"joined", "", "SELECT s.k, side.n, count(*), sum(s.v) FROM s JOIN side ON side.k = s.k GROUP BY s.k, side.n"},
	{"kept", "", "SELECT s.writer, s.id, side.n FROM s LEFT JOIN side ON side.k = s.k WHERE s.id % 50 = 0"},
	{"best", "", "SELECT v, id, writer FROM s ORDER BY v DESC, id, writer LIMIT 10"},
	{"money", "", "SELECT count(*), sum(balance) FROM account"},
	{"spent", "", "SELECT src, count(*), sum(amount) FROM moves GROUP BY src"},
	{"above", "", "SELECT count(*), sum(count) AS rows, max(sum) FROM grouped"},
	{
		"closed", " EMIT ON WINDOW CLOSE",
		"SELECT window_start, window_end, src, count(*), sum(amount) FROM TUMBLE(moves, ts, INTERVAL '1 second') GROUP BY window_start, window_end, src",
	},
}

// final keeps, of a query over windows of moves, the windows that have closed.
const final = " HAVING window_end <= (SELECT max(ts) - INTERVAL '5 seconds' FROM moves)"

// create makes relations and views.
func create(ctx context.Context, c *pgx.Conn) error {
	all := relations
	for _, v := range views {
		all = append(all, "CREATE MATERIALIZED VIEW "+v.name+" AS "+v.query+v.emit)
	}
	for _, s := range all {
		if _, err := c.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// checkViews compares each view with its query over the rows that are there.
func checkViews(ctx context.Context, c *pgx.Conn) error {
	for _, v := range views {
		query := v.query
		if v.emit != "" {
			query += final
		}
		if err := differs(ctx, c, v.name, query); err != nil {
			return err
		}
	}
	return nil
}

// differs gives an error if a view has other rows than a query.
func differs(ctx context.Context, c *pgx.Conn, view, query string) error {
	var more, less int
	err := c.QueryRow(ctx, fmt.Sprintf(`SELECT (SELECT count(*) FROM (SELECT * FROM %[1]s EXCEPT ALL (%[2]s)) AS a),
		(SELECT count(*) FROM ((%[2]s) EXCEPT ALL SELECT * FROM %[1]s) AS b)`, view, query)).Scan(&more, &less)
	if err != nil {
		return fmt.Errorf("view %s: %w", view, err)
	}
	if more+less > 0 {
		return fmt.Errorf("view %s: %d rows that its query does not give, %d that it lacks", view, more, less)
	}
	return nil
}
