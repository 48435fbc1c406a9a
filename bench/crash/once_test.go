package crash

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestExactlyOnce has producers number their statements, send some of them again, and send rows out of order, within what the
// watermark waits for, to a node that is killed in between. Each row must count once in every view, in closed windows
// too: the views are compared with their queries over the rows, and the rows with what was sent, which the test counts itself.
func TestExactlyOnce(t *testing.T) {
	began, seeds := time.Now(), scale(t, 3, 50, 1000)
	rows, err := onceEach(t, seed(t), seeds)
	if err != nil {
		t.Fatal(err)
	}
	line(t, began, seeds, rows, "")
}

// onceEach runs so many seeds, each on a folder of its own.
func onceEach(t *testing.T, seed uint64, seeds int) (rows int64, err error) {
	t.Helper()
	for i := range seeds {
		w := &producers{Rand: rand.New(rand.NewPCG(seed, uint64(i))), data: t.TempDir(), want: map[cell]sums{}}
		if err := w.run(t); err != nil {
			return rows, fmt.Errorf("the seed %d, number %d: %w", seed, i, err)
		}
		rows += w.rows
	}
	return rows, nil
}

// onceRelations and onceViews are what producers write to and what is kept over it.
var onceRelations = []string{
	"CREATE STREAM s (ts timestamptz, id bigint, k int, v bigint, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')",
	"CREATE STREAM keyed (ts timestamptz, id bigint, k int, v bigint, WATERMARK FOR ts AS ts - INTERVAL '5 seconds') WITH (dedup_key = 'id', dedup_window = '1 hour')",
	"CREATE TABLE side (k int PRIMARY KEY, n int)",
	"INSERT INTO side SELECT i, 10 * i FROM generate_series(0, 3) AS i",
}

// closedBy is the condition under which a window of a stream has closed.
const closedBy = "window_end <= (SELECT max(ts) - INTERVAL '5 seconds' FROM %s)"

var onceViews = []struct{ name, query, emit string }{
	{"grouped", "SELECT k, count(*), sum(v), min(v), max(v), count(DISTINCT v) AS kinds FROM s GROUP BY k", ""},
	{"tumbled", "SELECT window_start, k, count(*), sum(v) FROM TUMBLE(s, ts, INTERVAL '3 seconds') GROUP BY window_start, k", ""},
	{"joined", "SELECT s.k, side.n, count(*), sum(s.v) FROM s JOIN side ON side.k = s.k GROUP BY s.k, side.n", ""},
	{"over", "SELECT count(*), sum(count) AS rows FROM grouped", ""},
	{"closed", "SELECT window_start, window_end, k, count(*), sum(v) FROM TUMBLE(s, ts, INTERVAL '3 seconds') GROUP BY window_start, window_end, k HAVING true", "s"},
	{"keyed_closed", "SELECT window_start, window_end, k, count(*), sum(v) FROM TUMBLE(keyed, ts, INTERVAL '3 seconds') GROUP BY window_start, window_end, k HAVING true", "keyed"},
}

// cell is a window of three seconds and a key, sums what is in it.
type cell struct{ window, k int64 }

type sums struct{ n, sum int64 }

// producers are some who number what they send, over a node that dies.
type producers struct {
	*rand.Rand
	data string
	conn *pgx.Conn
	p    *process
	sent [3][]string // statements that were answered, by producer; number i + 1 at place i
	rows int64
	want map[cell]sums
}

// onceSteps is how many statements a seed has beside those that are sent again, stepMillis the event time between two.
const (
	onceSteps  = 30
	stepMillis = 200
)

// statement makes rows whose times are up to four seconds before the statement's, in any order. A row's id says all of it.
func (w *producers) statement(step int) (text string, note func()) {
	var lines []string
	added := map[cell]sums{}
	n := 1 + w.IntN(40)
	for i := range n {
		ms := int64(10_000 + step*stepMillis - w.IntN(4000)) // in order would be too easy
		id, k, v := w.rows+int64(i), w.Int64N(4), w.Int64N(100)-50
		lines = append(lines, fmt.Sprintf("2026-01-01 00:%02d:%02d.%03dZ,%d,%d,%d", ms/60000, ms/1000%60, ms%1000, id, k, v))
		c := cell{ms / 3000, k}
		added[c] = sums{added[c].n + 1, added[c].sum + v}
	}
	return strings.Join(lines, "\n") + "\n", func() {
		w.rows += int64(n)
		for c, s := range added {
			w.want[c] = sums{w.want[c].n + s.n, w.want[c].sum + s.sum}
		}
	}
}

// send sends a statement as number n of a producer, and once without a number to the stream that knows its rows by their key.
func (w *producers) send(ctx context.Context, producer, n int, text string) error {
	_, err := w.conn.PgConn().CopyFrom(ctx, strings.NewReader(text), fmt.Sprintf("COPY s FROM STDIN (FORMAT csv, producer 'p%d', sequence %d)", producer, n))
	if err == nil {
		_, err = w.conn.PgConn().CopyFrom(ctx, strings.NewReader(text), "COPY keyed FROM STDIN (FORMAT csv)")
	}
	return err
}

func (w *producers) run(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.restart(ctx, t); err != nil {
		return err
	}
	defer func() { w.p.kill() }()
	for _, s := range onceRelations {
		if _, err := w.conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	for _, v := range onceViews {
		s := "CREATE MATERIALIZED VIEW " + v.name + " AS " + v.query
		if v.emit != "" {
			s += " EMIT ON WINDOW CLOSE"
		}
		if _, err := w.conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	for step := range onceSteps {
		if err := w.step(ctx, t, step); err != nil {
			return fmt.Errorf("step %d: %w", step, err)
		}
	}
	w.p.kill()
	if err := w.restart(ctx, t); err != nil {
		return err
	}
	return w.check(ctx)
}

// step sends a statement until it is answered, though the node may be killed meanwhile, and some old ones again.
func (w *producers) step(ctx context.Context, t *testing.T, step int) error {
	text, note := w.statement(step)
	who := w.IntN(len(w.sent))
	if w.IntN(15) == 0 {
		killed := make(chan struct{})
		p := w.p
		go func() { defer close(killed); p.kill() }()
		err := w.send(ctx, who, len(w.sent[who])+1, text) // may be stored, and may have been answered
		<-killed
		if refused(err) {
			return err
		}
		if err := w.restart(ctx, t); err != nil {
			return err
		}
	}
	for again := 0; again <= w.IntN(2); again++ {
		if err := w.send(ctx, who, len(w.sent[who])+1, text); err != nil {
			return err
		}
	}
	note()
	w.sent[who] = append(w.sent[who], text)
	for w.IntN(4) == 0 {
		if old := w.IntN(len(w.sent)); len(w.sent[old]) > 0 {
			n := w.IntN(len(w.sent[old]))
			if err := w.send(ctx, old, n+1, w.sent[old][n]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *producers) restart(ctx context.Context, t *testing.T) (err error) {
	t.Helper()
	w.p = start(t, w.data)
	w.conn, err = w.p.connect(ctx)
	return err
}

// check compares the rows with what was sent, and the views with their queries.
func (w *producers) check(ctx context.Context) error {
	defer w.conn.Close(ctx)
	for _, stream := range []string{"s", "keyed"} {
		rows, err := w.conn.Query(ctx, "SELECT (extract(epoch FROM ts) - extract(epoch FROM TIMESTAMPTZ '2026-01-01Z'))::numeric * 1000, k, v FROM "+stream)
		if err != nil {
			return err
		}
		have := map[cell]sums{}
		var n int64
		var ms float64
		var k, v int64
		_, err = pgx.ForEachRow(rows, []any{&ms, &k, &v}, func() error {
			c := cell{int64(ms+0.5) / 3000, k}
			have[c] = sums{have[c].n + 1, have[c].sum + v}
			n++
			return nil
		})
		switch {
		case err != nil:
			return err
		case n != w.rows:
			return fmt.Errorf("stream %s has %d rows, of %d that were sent", stream, n, w.rows)
		case !maps.Equal(have, w.want):
			return fmt.Errorf("stream %s has other rows than were sent", stream)
		}
	}
	var errs []error
	for _, v := range onceViews {
		query := v.query
		if v.emit != "" {
			query = strings.Replace(query, "HAVING true", "HAVING "+fmt.Sprintf(closedBy, v.emit), 1)
		}
		errs = append(errs, differs(ctx, w.conn, v.name, query))
	}
	errs = append(errs, w.checkClosed(ctx))
	return errors.Join(errs...)
}

// checkClosed compares the sums of tumbled with those that the test has counted: no query of the node is asked for them.
func (w *producers) checkClosed(ctx context.Context) error {
	var have []string
	rows, err := w.conn.Query(ctx, "SELECT (extract(epoch FROM window_start - TIMESTAMPTZ '2026-01-01Z') / 3)::int::text || ' ' || k || ' ' || count || ' ' || sum FROM tumbled")
	if err != nil {
		return err
	}
	if have, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return err
	}
	var want []string
	for c, s := range w.want {
		want = append(want, fmt.Sprintf("%d %d %d %d", c.window, c.k, s.n, s.sum))
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		return fmt.Errorf("view tumbled has\n%s\nand not\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
	return nil
}
