package session_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
)

// slowLog is a log whose readers get one of its first epochs with rows for each token while it is shut.
type slowLog struct {
	epoch.Log
	shut  *atomic.Bool
	first *atomic.Uint64 // epochs up to this one are the first
	token chan struct{}
}

func (s slowLog) Read(ctx context.Context, from, to uint64, want func(*epoch.Block) bool, visit func(*epoch.Entry) error) error {
	return s.Log.Read(ctx, from, to, want, func(e *epoch.Entry) error {
		if s.shut.Load() && len(e.Blocks) > 0 && e.Epoch.No <= s.first.Load() {
			select {
			case <-s.token:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return visit(e)
	})
}

// slow gives a node with ten epochs of a stream in a log that is then shut.
func slow(t *testing.T) (*node, slowLog) {
	log := slowLog{shut: new(atomic.Bool), first: new(atomic.Uint64), token: make(chan struct{})}
	n := newNode(t)
	n.e.Close()
	n.wrap = func(l epoch.Log) epoch.Log { return slowLog{l, log.shut, log.first, log.token} }
	n.start()
	n.must(`CREATE STREAM s (k int, v int)`)
	for i := range 10 {
		n.must(fmt.Sprintf(`INSERT INTO s VALUES (%d, %d)`, i%3, i))
	}
	log.first.Store(n.e.Committer.Last().No)
	log.shut.Store(true)
	t.Cleanup(log.open)
	return n, log
}

// open lets readers through, those that wait too.
func (s slowLog) open() {
	if s.shut.Swap(false) {
		close(s.token)
	}
}

// filled is how far the one view of a node is.
func (n *node) filled(name string) float64 {
	for _, st := range n.e.Live.Status() {
		if r := n.e.Catalog().ByID(st.ID); r != nil && r.Name == name {
			return st.Filled
		}
	}
	n.t.Fatalf("%s does not run", name)
	return 0
}

const makeAsync = `CREATE MATERIALIZED VIEW v WITH (async) AS SELECT k, sum(v) AS v FROM s GROUP BY k`

// TestAsync makes a view without waiting for what there is. Nothing else waits for it, and who reads it does.
func TestAsync(t *testing.T) {
	n, log := slow(t)
	if got := n.must(makeAsync); !strings.HasSuffix(got, "CREATE MATERIALIZED VIEW\n") {
		t.Fatal(got)
	}
	if got := n.filled("v"); got >= 0.3 {
		t.Errorf("%v is filled before a row was read", got)
	}
	for range 6 { // five have been taken when the sixth is
		log.token <- struct{}{}
	}
	if got := n.filled("v"); got < 0.3 || got > 0.9 {
		t.Errorf("%v is filled after half of the rows", got)
	}
	n.must(`CREATE TABLE t (k int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE MATERIALIZED VIEW w AS SELECT count(*) FROM t; INSERT INTO s VALUES (0, 100)`)
	if got := n.must(`SELECT * FROM w`); got != "1\n" {
		t.Errorf("a view of a table beside it has %s", got)
	}
	for _, text := range []string{
		`CREATE MATERIALIZED VIEW x AS SELECT count(*) FROM v`,
		`CREATE MATERIALIZED VIEW x WITH (async) AS SELECT count(*) FROM v, t`,
		`CREATE TRIGGER x AFTER INSERT ON v FOR EACH ROW EXECUTE FUNCTION log('info', 'x')`,
	} {
		if got := n.run(t.Context(), text, &client{}); !strings.Contains(got, "55000: materialized view v is still being filled") {
			t.Errorf("%s gives %s", text, got)
		}
	}
	n.must(`CREATE MATERIALIZED VIEW x WITH (async) AS SELECT sum(v) FROM v`)
	told := make(chan string, 1)
	out := make(chan string, 1)
	w := n.another()
	go func() { out <- w.run(context.Background(), `SELECT * FROM v ORDER BY k`, &client{told: told}) }()
	if got := <-told; got != "materialized view v is still being filled" {
		t.Errorf("who reads it is told %s", got)
	}
	select {
	case got := <-out:
		t.Errorf("a query does not wait: %s", got)
	default:
	}
	log.open()
	if got := <-out; !strings.HasSuffix(got, "0|118\n1|12\n2|15\n") {
		t.Errorf("it has %s", got)
	}
	if got := n.must(`SELECT * FROM x`); !strings.HasSuffix(got, "145\n") {
		t.Errorf("a view over it has %s", got)
	}
	if done := n.filled("v"); done != 1 {
		t.Errorf("%v is filled at the end", done)
	}
	n.must(`CREATE MATERIALIZED VIEW y AS SELECT count(*) FROM v, t`)
}

// TestDropAsync ends a view while it is being filled.
func TestDropAsync(t *testing.T) {
	n, log := slow(t)
	n.must(makeAsync)
	log.token <- struct{}{}
	if got := n.must(`DROP MATERIALIZED VIEW v`); got != "DROP MATERIALIZED VIEW\n" {
		t.Fatal(got)
	}
	log.open()
	n.must(makeAsync)
	if got := n.must(`SELECT sum(v) FROM v`); !strings.HasSuffix(got, "45\n") {
		t.Error(got)
	}
}

// TestAsyncSurvives crashes while a view is being filled, with and without a checkpoint of what it has: the node is there before
// the view is.
func TestAsyncSurvives(t *testing.T) {
	for _, stored := range []bool{false, true} {
		n, log := slow(t)
		n.must(makeAsync)
		for range 6 {
			log.token <- struct{}{}
		}
		if stored {
			if err := n.e.Live.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		n.crash()
		if got := n.filled("v"); got >= 1 || stored != (got >= 0.4) {
			t.Errorf("after a restart %v is filled", got)
		}
		n.must(`CREATE TABLE t (k int)`)
		log.open()
		if got := n.must(`SELECT * FROM v ORDER BY k`); !strings.HasSuffix(got, "0|18\n1|12\n2|15\n") {
			t.Errorf("it has %s", got)
		}
		if done, _ := n.e.Live.Filled(n.e.Catalog().Dependents(mustFind(n, "s"))[0].ID); !done {
			t.Error("it is not filled")
		}
	}
}

func mustFind(n *node, name string) uint32 {
	r, err := n.e.Catalog().Find(0, "public", name)
	if err != nil {
		n.t.Fatal(err)
	}
	return r.ID
}

// TestAsyncBesideAGroup makes a view of a stream and a table without waiting. The table, its other views and what is made of them
// meanwhile do not wait for it either.
func TestAsyncBesideAGroup(t *testing.T) {
	n, log := slow(t)
	n.must(`CREATE TABLE t (k int PRIMARY KEY, w text); INSERT INTO t VALUES (0, 'zero'), (1, 'one');
		CREATE MATERIALIZED VIEW other AS SELECT count(*) FROM t; CREATE TABLE u (k int PRIMARY KEY)`)
	n.must(`CREATE MATERIALIZED VIEW v WITH (async) AS SELECT t.w, sum(s.v) AS v FROM s LEFT JOIN t ON s.k = t.k GROUP BY t.w`)
	n.must(`CREATE MATERIALIZED VIEW gone WITH (async) AS SELECT s.v FROM s JOIN t ON s.k = t.k`)
	n.must(`INSERT INTO t VALUES (2, 'two'); UPDATE t SET w = 'uno' WHERE k = 1; INSERT INTO s VALUES (1, 100)`)
	if got := n.must(`SELECT * FROM other; SELECT w FROM t ORDER BY k`); got != "3\nzero\nuno\ntwo\n" {
		t.Errorf("beside it there are %s", got)
	}
	n.must(`CREATE MATERIALIZED VIEW more AS SELECT max(k) FROM t; CREATE MATERIALIZED VIEW pair AS SELECT u.k FROM u`)
	for _, text := range []string{
		`CREATE MATERIALIZED VIEW x WITH (async) AS SELECT count(*) FROM v`,
		`CREATE MATERIALIZED VIEW x AS SELECT count(*) FROM t JOIN u ON t.k = u.k`,
		`ALTER MATERIALIZED VIEW v SET (memory_limit = '10MB')`,
	} {
		if got := n.run(t.Context(), text, &client{}); !strings.Contains(got, "is still being filled") {
			t.Errorf("%s gives %s", text, got)
		}
	}
	if got := n.filled("v"); got >= 1 {
		t.Errorf("%v is filled before a row was read", got)
	}
	if err := n.e.Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.must(`DROP MATERIALIZED VIEW gone`)
	told, out := make(chan string, 1), make(chan string, 1)
	w := n.another()
	go func() { out <- w.run(context.Background(), `SELECT * FROM v ORDER BY w`, &client{told: told}) }()
	<-told
	log.open()
	if got := <-out; !strings.HasSuffix(got, "two|15\nuno|112\nzero|18\n") {
		t.Errorf("it has %s", got)
	}
	n.must(`UPDATE t SET w = 'one' WHERE k = 1; INSERT INTO s VALUES (1, 1); CREATE MATERIALIZED VIEW x AS SELECT count(*) FROM t JOIN u ON t.k = u.k`)
	want := "one|113\ntwo|15\nzero|18\n"
	if got := n.must(`SELECT * FROM v ORDER BY w`); got != want {
		t.Errorf("later it has %s", got)
	}
	n.crash()
	if got := n.must(`SELECT * FROM v ORDER BY w`); got != want {
		t.Errorf("after a restart it has %s", got)
	}
}

// TestAsyncWhileWritten makes views of what changes all the while: each is its query when it is there.
func TestAsyncWhileWritten(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE STREAM s (k int, v int); CREATE TABLE t (k int PRIMARY KEY, w int); INSERT INTO t SELECT g, 0 FROM generate_series(0, 9) g;
		CREATE MATERIALIZED VIEW sums AS SELECT k, sum(v) AS v FROM s GROUP BY k`)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	w := n.another()
	go func() {
		defer close(ended)
		for i := 0; ctx.Err() == nil && i < 5000; i++ {
			w.run(ctx, fmt.Sprintf(`INSERT INTO s SELECT g %% 12, g + %d FROM generate_series(1, 50) g; UPDATE t SET w = w + 1 WHERE k %% 3 = %d`, i, i%3), &client{})
		}
	}()
	defer func() { stop(); <-ended }()
	const query = `SELECT t.k, t.w, sums.v, (SELECT count(*) FROM s WHERE s.k = t.k) AS n FROM t LEFT JOIN sums ON t.k = sums.k`
	n.must(`CREATE MATERIALIZED VIEW pair AS SELECT count(*) FROM t, sums`) // of one group from now on
	for i := range 20 {
		n.must(`CREATE MATERIALIZED VIEW v WITH (async) AS ` + query)
		if i%4 == 3 {
			n.must(`DROP MATERIALIZED VIEW v`)
			continue
		}
		got := n.must(`SELECT count(*) FROM (SELECT * FROM v EXCEPT ALL (` + query + `)) x; SELECT count(*) FROM ((` + query + `) EXCEPT ALL SELECT * FROM v) x; SELECT count(*) FROM v`)
		if !strings.HasSuffix(got, "0\n0\n10\n") {
			t.Fatalf("the %dth differs from its query:\n%s", i, got)
		}
		n.must(`DROP MATERIALIZED VIEW v`)
	}
}
