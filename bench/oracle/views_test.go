package oracle

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/memstore"
	"github.com/vexfs/vexstream/storage/scratch"
)

// keeper is an engine that outlives restarts, on memory.
type keeper struct {
	t            *testing.T
	log          *memstore.Log
	store, pages *memstore.Store
	e            *session.Engine
	clock        atomic.Int64
	workers      *rand.Rand // says how many share the rows of a view, from each start on
	opened       int        // times: every other time memory is short
	ours
}

// memory gives the memory of the next engine, and the file that takes what is not touched while it is short: it is at the mark at
// which windows leave it, and never refused.
func (k *keeper) memory() (*mem.Budget, state.Scratch) {
	if k.opened++; k.opened%2 == 0 {
		return nil, nil
	}
	m := mem.New("oracle", 1<<40)
	f, err := scratch.Open(filepath.Join(k.t.TempDir(), "scratch"), 0, -1)
	if err == nil {
		err = m.Reserve(1 << 40 / 16 * 13)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = f.Close() })
	return m, f
}

func newKeeper(t *testing.T, seed uint64) *keeper {
	k := &keeper{t: t, workers: rand.New(rand.NewPCG(seed, 4)), log: memstore.NewLog(), store: memstore.NewStore(), pages: memstore.NewStore()}
	k.clock.Store(int64(1767225600 * types.Second)) // 2026-01-01 00:00:00 UTC
	k.open()
	t.Cleanup(func() { k.e.Close() })
	return k
}

func (k *keeper) open() {
	memory, file := k.memory()
	e, err := session.Open(context.Background(), session.Config{
		Log: k.log, Store: k.store, Pages: k.pages, Origin: 1, Fence: 1, Memory: memory, Scratch: file,
		Clock:   func() types.Micros { return types.Micros(k.clock.Load()) },
		Journal: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "oracle", Workers: 1 + k.workers.IntN(4), LaneRows: 1,
	})
	if err != nil {
		k.t.Fatal(err)
	}
	s, err := e.Session("admin", "vexstream", map[string]string{"TimeZone": "UTC"})
	if err != nil {
		k.t.Fatal(err)
	}
	k.e, k.s = e, s
}

// crash opens the engine again, from the last checkpoint and the log.
func (k *keeper) crash() {
	k.e.Live.Close()
	_ = k.e.Committer.Close()
	k.log = k.log.Reopen()
	k.open()
}

// live is the rows of a case as they come: statements for both sides, and what time it is for PostgreSQL's query.
type live struct {
	rnd   *rand.Rand
	ids   int
	clock int // seconds of event time
	top   int // the greatest event time so far, of stream s
	steps int
}

// steps lets PostgreSQL know which rows t had after every step: they are in been, from the step that made them to before the
// one that ended them.
const steps = `DROP SEQUENCE IF EXISTS step; DROP TABLE IF EXISTS been; CREATE TEMP SEQUENCE step; CREATE TEMP TABLE been (id int, k text, v int, since bigint, until bigint);
CREATE OR REPLACE FUNCTION pg_temp.remember() RETURNS trigger AS $$ BEGIN
	IF TG_OP <> 'INSERT' THEN UPDATE been SET until = currval('step') WHERE id = OLD.id AND until IS NULL; END IF;
	IF TG_OP <> 'DELETE' THEN INSERT INTO been VALUES (NEW.id, NEW.k, NEW.v, currval('step'), NULL); END IF;
	RETURN NULL;
END $$ LANGUAGE plpgsql`

const delay = 3 // seconds that the watermark of s is behind

// mark is the watermark of s as PostgreSQL writes it.
func (l *live) mark() string {
	if l.top < 0 {
		return "'-infinity'::timestamptz"
	}
	return at(l.top - delay)
}

func at(second int) string {
	return fmt.Sprintf("'2026-01-01 00:00:00Z'::timestamptz + INTERVAL '%d seconds'", second)
}

func (l *live) number(nulls bool) string {
	if nulls && l.rnd.IntN(6) == 0 {
		return "NULL"
	}
	return fmt.Sprint(l.rnd.IntN(9) - 2)
}

func (l *live) key() string {
	return []string{"'a'", "'b'", "'c'", "'d'", "NULL"}[l.rnd.IntN(5)]
}

// step gives a statement for us and one for PostgreSQL, where s has a column more: the watermark when the row came.
func (l *live) step() (us, pg string) {
	switch l.rnd.IntN(9) {
	case 0, 1:
		l.ids++
		row := fmt.Sprintf("(%d, %s, %s)", l.ids, l.key(), l.number(true))
		return "INSERT INTO t VALUES " + row, "INSERT INTO t VALUES " + row
	case 2:
		text := fmt.Sprintf("UPDATE t SET v = v + 1, k = %s WHERE id %% 3 = %d", l.key(), l.rnd.IntN(3))
		return text, text
	case 3:
		text := fmt.Sprintf("DELETE FROM t WHERE id = %d", 1+l.rnd.IntN(l.ids+1))
		return text, text
	}
	var rows, marked []string
	mark, top := l.mark(), l.top
	l.clock += l.rnd.IntN(6)
	for range 1 + l.rnd.IntN(5) {
		second := max(l.clock-l.rnd.IntN(1+l.rnd.IntN(20)), 0)
		top = max(top, second)
		row := fmt.Sprintf("%s, %s, %s, %s", at(second), l.key(), l.number(true), l.number(false))
		for range 1 + l.rnd.IntN(5)/4 {
			rows, marked = append(rows, "("+row+")"), append(marked, "("+row+", "+mark+")")
		}
	}
	l.top = top
	return "INSERT INTO s VALUES " + strings.Join(rows, ", "), "INSERT INTO s VALUES " + strings.Join(marked, ", ")
}

// continuous is a view's query as we and as PostgreSQL are asked for it. MARK in the latter is the watermark.
type continuous struct {
	us, pg string
	with   string // options of the view
}

func both(text string) continuous { return continuous{us: text, pg: text} }

// TestViews makes random views over a stream and a table, writes to these, restarts now and then, and compares after every
// step what each view holds with what its query gives in PostgreSQL over the same rows.
func TestViews(t *testing.T) {
	pg := newPostgres(t, "UTC")
	seed, cases := enginetest.Seed(), scale(500)
	t.Logf("seed %d, %d views", seed, cases)
	const together = 4 // views of one run
	for n := 0; n < cases; n += together {
		if t.Failed() {
			return
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) { viewsRun(t, pg, rand.New(rand.NewPCG(seed, uint64(n))), together, seed) })
	}
}

func viewsRun(t *testing.T, pg *postgres, rnd *rand.Rand, together int, seed uint64) {
	us := newKeeper(t, rnd.Uint64())
	us.must(t, "CREATE STREAM s (ts timestamptz, k text, v int, w int, WATERMARK FOR ts AS ts - INTERVAL '3 seconds')")
	us.must(t, "CREATE TABLE t (id int PRIMARY KEY, k text, v int)")
	pg.must(t, "DROP TABLE IF EXISTS s, t")
	pg.must(t, steps)
	pg.must(t, "CREATE TEMP TABLE s (ts timestamptz, k text, v int, w int, mark timestamptz, step bigint DEFAULT currval('step'))")
	pg.must(t, "CREATE TEMP TABLE t (id int PRIMARY KEY, k text, v int)")
	pg.must(t, "CREATE TRIGGER remember AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION pg_temp.remember()")
	l := &live{rnd: rnd, top: -1}
	views := make([]continuous, together)
	script := []string{}
	write := func() {
		u, p := l.step()
		script = append(script, u)
		us.must(t, u)
		pg.must(t, "SELECT nextval('step')")
		pg.must(t, p)
		l.steps++
		us.clock.Add(int64(types.Second))
	}
	for range rnd.IntN(3) {
		write()
	}
	for i := range views {
		views[i] = randomView(rnd)
		views[i].pg = strings.ReplaceAll(views[i].pg, "BORN", fmt.Sprint(l.steps))
		with := views[i].with
		if i == together-1 && rnd.IntN(2) == 0 { // it is filled while the next steps come
			with = " WITH (async, " + strings.TrimPrefix(with, " WITH (")
			if views[i].with == "" {
				with = " WITH (async)"
			}
		}
		text := fmt.Sprintf("CREATE MATERIALIZED VIEW v%d%s AS %s", i, with, views[i].us)
		script = append(script, text)
		if a := us.ask(text); a.failed() {
			t.Fatalf("seed %d: %s\n%s", seed, text, a)
		}
	}
	for range 4 + rnd.IntN(5) {
		write()
		switch rnd.IntN(6) {
		case 0:
			script = append(script, "-- checkpoint")
			if err := us.e.Live.Checkpoint(context.Background()); err != nil {
				t.Fatal(err)
			}
		case 1:
			script = append(script, "-- restart")
			us.crash()
		}
		for i, v := range views {
			compareView(t, us, pg, fmt.Sprintf("v%d", i), v, l, seed, script)
		}
		if t.Failed() {
			return
		}
	}
}

func compareView(t *testing.T, us *keeper, pg *postgres, name string, v continuous, l *live, seed uint64, script []string) {
	t.Helper()
	got := us.ask("SELECT * FROM " + name)
	text := strings.ReplaceAll(v.pg, "MARK", l.mark())
	want := pg.ask(t, []query{{text: text, cols: max(len(got.types), 1)}})[0]
	fail := func(what string) {
		t.Errorf("seed %d: %s: %s\n%s\nPostgreSQL was asked\n%s\nafter\n%s", seed, name, v.us, what, text, strings.Join(script, ";\n"))
	}
	if got.failed() || want.failed() {
		fail(fmt.Sprintf("ours %s\nPostgreSQL %s", got, want))
		return
	}
	a, b := normal(got, want.types), normal(want, want.types)
	slices.SortFunc(a, slices.Compare)
	slices.SortFunc(b, slices.Compare)
	if !slices.EqualFunc(a, b, slices.Equal) {
		fail(fmt.Sprintf("ours       %q\nPostgreSQL %q", a, b))
	}
}
