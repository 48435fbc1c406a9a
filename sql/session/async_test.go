package session_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
)

// slowLog is a log whose readers get an epoch with rows for each token while it is shut.
type slowLog struct {
	epoch.Log
	shut  *atomic.Bool
	token chan struct{}
}

func (s slowLog) Read(ctx context.Context, from, to uint64, want func(*epoch.Block) bool, visit func(*epoch.Entry) error) error {
	return s.Log.Read(ctx, from, to, want, func(e *epoch.Entry) error {
		if s.shut.Load() && len(e.Blocks) > 0 {
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
	log := slowLog{shut: new(atomic.Bool), token: make(chan struct{})}
	n := newNode(t)
	n.e.Close()
	n.wrap = func(l epoch.Log) epoch.Log { return slowLog{l, log.shut, log.token} }
	n.start()
	n.must(`CREATE STREAM s (k int, v int)`)
	for i := range 10 {
		n.must(fmt.Sprintf(`INSERT INTO s VALUES (%d, %d)`, i%3, i))
	}
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
	if got := n.must(`SELECT * FROM x`); got != "145\n" {
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
		was := n.filled("v")
		n.crash()
		if got := n.filled("v"); got >= 1 || stored != (got >= was) {
			t.Errorf("after a restart %v is filled, and %v was", got, was)
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
