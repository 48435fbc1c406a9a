package session_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// full is a store whose disk gets full after so many writes, if that is not below 0: it refuses them then, as that of a node does.
type full struct {
	state.Store
	left *atomic.Int64
}

func (f full) Update(write func(state.Writer) error) error {
	if n := f.left.Load(); n > 0 {
		f.left.Store(n - 1)
	} else if n == 0 {
		return sqlerr.New(sqlerr.DiskFull, "no room")
	}
	return f.Store.Update(write)
}

// newFull is a node with something of each kind, whose store can be full.
func newFull(t *testing.T) (*node, *atomic.Int64) {
	n, f := newNode(t), full{left: new(atomic.Int64)}
	f.left.Store(-1)
	n.e.Close()
	f.Store = n.store
	n.store = f
	n.start()
	n.must(`CREATE STREAM s (k int, a int); CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a int UNIQUE, b int);
		CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS n FROM s GROUP BY k;
		CREATE MATERIALIZED VIEW over AS SELECT sum(n) AS n FROM v;
		CREATE MATERIALIZED VIEW stopped AS SELECT max(a) AS most FROM s;
		CREATE MATERIALIZED VIEW summed AS SELECT sum(b) AS sum FROM t;
		ALTER MATERIALIZED VIEW stopped PAUSE`)
	return n, f.left
}

// more writes rows to everything, and reads everything.
func (n *node) more(at string) string {
	var out strings.Builder
	for _, st := range []string{
		`INSERT INTO s VALUES (1, ` + at + `), (2, ` + at + `)`, `INSERT INTO t (a, b) VALUES (` + at + `, 1)`, `INSERT INTO made VALUES (` + at + `)`,
		`SELECT * FROM v ORDER BY k`, `SELECT * FROM over`, `SELECT * FROM stopped`, `SELECT * FROM summed`, `SELECT * FROM t ORDER BY a`,
		`SELECT * FROM made ORDER BY 1`,
	} {
		out.WriteString(st + "\n" + n.run(n.t.Context(), st, &client{}))
	}
	return out.String()
}

// The log takes what a change of the catalog begins with, and the store has no room for the change: it fails with 53100, and
// everything is and runs as on a node that was never asked, before and after a restart. With room again the statement does there
// what it does here.
func TestChangesWithoutRoom(t *testing.T) {
	for _, text := range []string{
		`CREATE MATERIALIZED VIEW made AS SELECT k, count(*) FROM s GROUP BY k`,
		`CREATE TABLE made (a int)`,
		`CREATE STREAM made (a int)`,
		`DROP MATERIALIZED VIEW v CASCADE`,
		`DROP TABLE t CASCADE`,
		`DROP STREAM s CASCADE`,
		`ALTER MATERIALIZED VIEW v AS SELECT k, sum(a) AS n FROM s GROUP BY k`,
		`ALTER MATERIALIZED VIEW over PAUSE`,
		`ALTER MATERIALIZED VIEW stopped RESUME`,
		`ALTER TABLE t ADD COLUMN c int DEFAULT 7`,
		`ALTER TABLE t ALTER COLUMN a TYPE bigint USING a * 10`,
		`ALTER TABLE t DROP COLUMN b CASCADE`,
		`ALTER TABLE t ADD CHECK (a > 0)`,
	} {
		t.Run(text, func(t *testing.T) {
			for writes := int64(0); refused(t, text, writes); writes++ {
				if writes > 10 {
					t.Fatal("it is never done")
				}
			}
		})
	}
}

// refused has a node do a statement after so many writes of which its disk is full, and says whether that refused it.
func refused(t *testing.T, text string, writes int64) bool {
	n, left := newFull(t)
	twin, _ := newFull(t)
	same := func(at string) {
		t.Helper()
		if got, want := n.more(at), twin.more(at); got != want {
			t.Fatalf("full after %d writes, row %s:\n%swant:\n%s", writes, at, got, want)
		}
	}
	crash := func() {
		n.crash()
		twin.crash()
	}
	same("1")
	left.Store(writes)
	got := n.run(t.Context(), text, &client{})
	left.Store(-1)
	if !strings.Contains(got, "ERROR") {
		if writes == 0 {
			t.Fatalf("without room: %s", got)
		}
		return false
	}
	if !strings.Contains(got, "53100") {
		t.Fatalf("full after %d writes: %s", writes, got)
	}
	same("2")
	crash()
	same("3")
	n.must(text)
	twin.must(text)
	same("4")
	crash()
	same("5")
	return true
}
