package session_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/state"
)

var errCut = errors.New("the power is gone")

// fuse cuts a node off from its log and its store at a step: before it is done, or after.
type fuse struct {
	mu    sync.Mutex
	left  int // steps that are done; below 0: none are counted
	after bool
	blown bool
}

// step does one step, unless the power is gone.
func (f *fuse) step(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.blown:
		return errCut
	case f.left < 0:
		return do()
	case f.left > 0:
		f.left--
		return do()
	}
	f.blown = true
	if f.after {
		_ = do() // nobody learns what became of it
	}
	return errCut
}

// arm has the power go at a step from now on, and says whether it went since it was armed before.
func (f *fuse) arm(left int, after bool) (blown bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	blown, f.left, f.after, f.blown = f.blown, left, after, false
	return blown
}

type fusedLog struct {
	epoch.Log
	f *fuse
}

func (l fusedLog) Append(fence uint64, e *epoch.Entry) error {
	return l.f.step(func() error { return l.Log.Append(fence, e) })
}

type fusedStore struct {
	state.Store
	f *fuse
}

func (s fusedStore) Update(write func(state.Writer) error) error {
	return s.f.step(func() error { return s.Store.Update(write) })
}

// TestRowsAndDefinitionsComeTogether cuts a node off at each step of statements that write rows and change the catalog, and
// again at the first step of the start after that: both are there or neither, and both if it was answered.
func TestRowsAndDefinitionsComeTogether(t *testing.T) {
	const looks = `SELECT count(*), sum(a) FROM t; SELECT n FROM v; SELECT * FROM gone; SELECT obj_description('t'::regclass);
		SELECT count(*), sum(a) FROM made; SELECT oid FROM pg_class WHERE oid >= 16400 ORDER BY 1`
	for name, text := range map[string]string{
		"block": `BEGIN; INSERT INTO t VALUES (1), (2); CREATE VIEW v AS SELECT sum(a) AS n FROM t; DROP VIEW gone;
			COMMENT ON TABLE t IS 'said'; COMMIT`,
		"table as": `CREATE TABLE made AS SELECT a FROM generate_series(1, 3) AS g (a)`,
	} {
		t.Run(name, func(t *testing.T) {
			whole := newFused(t)
			before := whole.each(looks)
			whole.must(text)
			want := whole.each(looks)
			if whole.crash(); whole.each(looks) != want || before == want {
				t.Fatalf("before:\n%safter:\n%safter a restart:\n%s", before, want, whole.each(looks))
			}
			rolled := 0
			for cut := 0; ; cut++ {
				n := newFused(t)
				n.f.arm(cut/2, cut%2 == 1)
				got := n.run(t.Context(), text, &client{})
				answered := !strings.Contains(got, "ERROR")
				if !n.f.arm(0, cut%2 == 1) { // nothing is left to be cut
					break
				}
				n.e.Live.Close()
				_ = n.e.Committer.Close()
				n.log = n.log.Reopen()
				if n.open() != nil {
					rolled++ // it had something to store
				} else {
					n.e.Close()
				}
				n.f.arm(-1, false)
				n.start()
				if now := n.each(looks); now != want && (answered || now != before) {
					t.Fatalf("cut at %d, answered %q:\n%swant:\n%s", cut, got, now, want)
				}
				n.must(`CREATE TABLE later (a int); INSERT INTO later VALUES (1)`)
				if n.crash(); n.must(`SELECT a FROM later`) != "1\n" {
					t.Fatalf("cut at %d: a later table is lost", cut)
				}
			}
			if rolled == 0 {
				t.Fatal("no cut fell between the log and the store")
			}
		})
	}
}

type fusedNode struct {
	*node
	f *fuse
}

// newFused is a node with a table and a view that can be cut off from its disk.
func newFused(t *testing.T) *fusedNode {
	n, f := newNode(t), &fuse{left: -1}
	n.e.Close()
	n.wrap = func(l epoch.Log) epoch.Log { return fusedLog{l, f} }
	n.store = fusedStore{n.store, f}
	n.start()
	n.must(`CREATE TABLE t (a int PRIMARY KEY); CREATE VIEW gone AS SELECT 1 AS x`)
	return &fusedNode{n, f}
}

// each runs statements whatever becomes of the others.
func (n *fusedNode) each(text string) string {
	var out strings.Builder
	for _, st := range strings.Split(text, ";") {
		out.WriteString(n.run(n.t.Context(), st, &client{}))
	}
	return out.String()
}
