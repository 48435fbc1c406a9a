package crash

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vexfs/vexstream/cmd/node"
)

// TestSameRows feeds a node of this process the same rows in ways that must make no difference: in another order within what the watermark waits
// for, in other statements, with pauses of a view, and with restarts. In the end every view has the same rows, and
// those that show windows before they close equal their query over the rows.
func TestSameRows(t *testing.T) {
	began, cases := time.Now(), scale(t, 30, 500, 10_000)
	first := seed(t)
	for i := range cases {
		r := rand.New(rand.NewPCG(first, uint64(i)))
		if err := sameRows(t, r); err != nil {
			t.Fatalf("the seed %d, case %d: %v", first, i, err)
		}
	}
	t.Logf("| `%s` | %d, each fed in %d ways | | | | %.0f s |", t.Name(), cases, len(feedings)+1, time.Since(began).Seconds())
}

// sameViews are over the stream s (ts, id, k, v) and the table side (k, n); "closed" ones give a window once.
var sameViews = []struct{ name, query, emit string }{
	{"grouped", "SELECT k, count(*), sum(v), sum(f) AS fs, avg(f), count(DISTINCT v) AS kinds FROM s GROUP BY k", ""},
	{"tumbled", "SELECT window_start, k, count(*), sum(v), max(f) FROM TUMBLE(s, ts, INTERVAL '3 seconds') GROUP BY window_start, k", ""},
	{"hopped", "SELECT window_start, count(*), sum(v) FROM HOP(s, ts, INTERVAL '1 second', INTERVAL '4 seconds') GROUP BY window_start", ""},
	{"sessions", "SELECT window_start, window_end, k, count(*) FROM SESSION(s PARTITION BY k, ts, INTERVAL '1 second') GROUP BY window_start, window_end, k", ""},
	{"joined", "SELECT s.k, side.n, count(*), sum(s.v) FROM s LEFT JOIN side ON side.k = s.k GROUP BY s.k, side.n", ""},
	{"best", "SELECT id, v FROM s ORDER BY v DESC, id LIMIT 5", ""},
	{"ranked", "SELECT k, id, row_number() OVER (PARTITION BY k ORDER BY ts, id) AS n FROM s", ""},
	{"closed", "SELECT window_start, window_end, k, count(*), sum(v) FROM TUMBLE(s, ts, INTERVAL '3 seconds') GROUP BY window_start, window_end, k", " EMIT ON WINDOW CLOSE"},
	{"closed_hops", "SELECT window_start, window_end, count(*), sum(f) FROM HOP(s, ts, INTERVAL '1 second', INTERVAL '4 seconds') GROUP BY window_start, window_end", " EMIT ON WINDOW CLOSE"},
}

// event is a row of s. Its time is at most lag behind the greatest before it, in whatever order it comes.
type event struct {
	millis int
	text   string
}

const lagMillis = 5000

// feeding is a way of giving a node the rows.
type feeding struct {
	name    string
	shuffle bool // within lagMillis
	batch   int  // rows of a statement; 0: random
	pauses  bool // of views that show open windows
	restart bool
}

var feedings = []feeding{
	{name: "in another order", shuffle: true, batch: 7},
	{name: "row by row", batch: 1},
	{name: "all at once", batch: 4096},
	{name: "with pauses", batch: 0, pauses: true},
	{name: "with restarts", shuffle: true, batch: 0, restart: true},
}

func events(r *rand.Rand) (list []event) {
	at := 10_000
	for id := range 20 + r.IntN(60) {
		at += r.IntN(400)
		ms := at - r.IntN(lagMillis/2)
		f := "NULL"
		if r.IntN(6) > 0 {
			f = fmt.Sprint(r.NormFloat64() * 1e9)
		}
		list = append(list, event{ms, fmt.Sprintf("('2026-01-01 00:%02d:%02d.%03dZ', %d, %d, %d, %s)", ms/60000, ms/1000%60, ms%1000, id, r.IntN(4), r.IntN(200)-100, f)})
	}
	return list
}

// shuffled gives the events in an order in which none comes after another whose time is lagMillis greater, so that none is late.
func shuffled(r *rand.Rand, list []event) []event {
	type placed struct {
		event
		key int
	}
	all := make([]placed, len(list))
	for i, e := range list {
		all[i] = placed{e, e.millis + r.IntN(lagMillis)}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.key - b.key })
	out := make([]event, len(all))
	for i, p := range all {
		out[i] = p.event
	}
	return out
}

func sameRows(t *testing.T, r *rand.Rand) error {
	list := events(r)
	want, err := feed(t, r, list, feeding{batch: 10})
	if err != nil {
		return err
	}
	for _, way := range feedings {
		have, err := feed(t, r, list, way)
		if err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		for i, v := range sameViews {
			if have[i] != want[i] {
				return fmt.Errorf("%s: view %s has\n%s\nand not\n%s\nover\n%s", way.name, v.name, have[i], want[i], texts(list))
			}
		}
	}
	return nil
}

// feed gives the rows to a node in one way, and gives what its views have then.
func feed(t *testing.T, r *rand.Rand, list []event, way feeding) (_ []string, err error) {
	set := node.Settings{Journal: slog.New(slog.DiscardHandler)}
	if way.restart {
		set.Data = t.TempDir()
	}
	n, err := node.Open(t.Context(), set)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	if err := sameSetup(t.Context(), n); err != nil {
		return nil, err
	}
	if way.shuffle {
		list = shuffled(r, list)
	}
	paused := false
	for len(list) > 0 {
		size := way.batch
		if size == 0 {
			size = 1 + r.IntN(20)
		}
		size = min(size, len(list))
		var rows []string
		for _, e := range list[:size] {
			rows = append(rows, e.text)
		}
		list = list[size:]
		sql := "INSERT INTO s VALUES " + strings.Join(rows, ", ")
		switch {
		case way.pauses && !paused && r.IntN(3) == 0:
			paused, sql = true, "ALTER MATERIALIZED VIEW tumbled PAUSE; ALTER MATERIALIZED VIEW joined PAUSE; "+sql
		case paused && r.IntN(2) == 0:
			paused, sql = false, sql+"; ALTER MATERIALIZED VIEW tumbled RESUME; ALTER MATERIALIZED VIEW joined RESUME"
		}
		if err := n.Run(t.Context(), sql, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", sql, err)
		}
		if way.restart && r.IntN(4) == 0 {
			if err := n.Close(); err != nil {
				return nil, err
			}
			if n, err = node.Open(t.Context(), set); err != nil {
				return nil, err
			}
		}
	}
	if paused {
		if err := n.Run(t.Context(), "ALTER MATERIALIZED VIEW tumbled RESUME; ALTER MATERIALIZED VIEW joined RESUME", nil); err != nil {
			return nil, err
		}
	}
	return contents(t.Context(), n)
}

func sameSetup(ctx context.Context, n *node.Node) error {
	sql := "CREATE STREAM s (ts timestamptz, id bigint, k int, v bigint, f double precision, WATERMARK FOR ts AS ts - INTERVAL '5 seconds');" +
		"CREATE TABLE side (k int PRIMARY KEY, n int); INSERT INTO side VALUES (0, 0), (1, 10), (2, 20)"
	for _, v := range sameViews {
		sql += "; CREATE MATERIALIZED VIEW " + v.name + " AS " + v.query + v.emit
	}
	return n.Run(ctx, sql, nil)
}

// contents gives the rows of each view, in order, and compares those of views that show all with their queries.
func contents(ctx context.Context, n *node.Node) ([]string, error) {
	var out []string
	for _, v := range sameViews {
		have, err := sorted(ctx, n, "SELECT * FROM "+v.name)
		if err != nil {
			return nil, err
		}
		if v.emit == "" {
			want, err := sorted(ctx, n, v.query)
			if err != nil {
				return nil, err
			}
			if have != want {
				return nil, fmt.Errorf("view %s has\n%s\nand its query gives\n%s", v.name, have, want)
			}
		}
		out = append(out, have)
	}
	return out, nil
}

func sorted(ctx context.Context, n *node.Node, query string) (string, error) {
	rows, err := n.Query(ctx, query)
	if err != nil {
		return "", fmt.Errorf("%s: %w", query, err)
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = strings.Join(r, "|")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

func texts(list []event) string {
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = e.text
	}
	return strings.Join(lines, "\n")
}
