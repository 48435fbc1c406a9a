package session_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// gate is a log that lets epochs with rows in when it is told to, and fails those that it is told to.
type gate struct {
	epoch.Log
	mu      sync.Mutex
	shut    bool
	rows    map[uint64]int // of each epoch
	waiting chan int       // rows of an epoch that waits
	answer  chan error     // for it
}

func (g *gate) Append(fence uint64, e *epoch.Entry) error {
	n := 0
	for _, b := range e.Blocks {
		n += int(b.Rows)
	}
	g.mu.Lock()
	shut := g.shut
	g.rows[e.Epoch.No] += n
	g.mu.Unlock()
	if shut {
		g.waiting <- n
		if err := <-g.answer; err != nil {
			return err
		}
	}
	return g.Log.Append(fence, e)
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
}

// gated gives a node whose log can be shut, and a table in it.
func gated(t *testing.T) (*node, *gate) {
	g := &gate{rows: map[uint64]int{}, waiting: make(chan int), answer: make(chan error)}
	n := newNode(t)
	n.e.Close()
	n.wrap = func(l epoch.Log) epoch.Log { g.Log = l; return g }
	n.start()
	n.must(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
	return n, g
}

// begin runs a statement of another client beside the test.
func (n *node) begin(text string) (out chan string) {
	out = make(chan string, 1)
	w := n.another()
	go func() { out <- w.run(context.Background(), text, &client{}) }()
	return out
}

// TestInsertsShareAWrite has two INSERTs into a table wait for one that is being written: both are in the next epoch.
func TestInsertsShareAWrite(t *testing.T) {
	n, g := gated(t)
	g.set(true)
	first := n.begin(`INSERT INTO t VALUES (1, 'a')`)
	if rows := <-g.waiting; rows != 1 {
		t.Fatalf("the first epoch has %d rows", rows)
	}
	second, third := n.begin(`INSERT INTO t VALUES (2, 'b')`), n.begin(`INSERT INTO t VALUES (3, 'c')`)
	for n.e.Committer.Queued() < 2 {
		runtime.Gosched() // both come to the queue without anybody's help
	}
	g.answer <- nil
	if rows := <-g.waiting; rows != 2 {
		t.Fatalf("the second epoch has %d rows", rows)
	}
	g.answer <- nil
	g.set(false)
	for _, out := range []chan string{first, second, third} {
		if got := <-out; got != "INSERT 0 1\n" {
			t.Fatalf("an INSERT gives %s", got)
		}
	}
	if got := n.must(`SELECT id FROM t ORDER BY id`); got != "1\n2\n3\n" {
		t.Fatalf("the table has %s", got)
	}
}

// TestKeyOnItsWay sees that a key whose row is being written is neither taken nor free before the log has it: when the log
// refuses the row, the next one with that key goes in.
func TestKeyOnItsWay(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		n, g := gated(t)
		g.set(true)
		first := n.begin(`INSERT INTO t VALUES (1, 'first')`)
		<-g.waiting
		second := n.begin(`INSERT INTO t VALUES (1, 'second')`)
		update := n.begin(`UPDATE t SET v = v || '!'`)
		select {
		case got := <-second:
			t.Fatalf("an INSERT with a key that is on its way gives %s", got)
		case got := <-update:
			t.Fatalf("an UPDATE while a row is on its way gives %s", got)
		default:
		}
		var err error
		if refuse {
			err = sqlerr.New(sqlerr.DiskFull, "no room")
		}
		g.set(false)
		g.answer <- err
		a, b, c := <-first, <-second, <-update
		rows := n.must(`SELECT * FROM t`)
		switch {
		case !refuse && (a != "INSERT 0 1\n" || !strings.HasPrefix(b, "ERROR 23505") || c != "UPDATE 1\n" || rows != "1|first!\n"):
			t.Fatalf("got %q, %q, %q and rows %q", a, b, c, rows)
		case refuse && (!strings.HasPrefix(a, "ERROR 53100") || b != "INSERT 0 1\n" || !strings.HasPrefix(rows, "1|second")):
			t.Fatalf("after a refusal: %q, %q, %q and rows %q", a, b, c, rows)
		}
		n.must(`INSERT INTO t VALUES (2, 'after')`)
		n.crash()
		if got := n.must(`SELECT id FROM t ORDER BY id`); got != "1\n2\n" {
			t.Fatalf("after a restart the table has %s", got)
		}
	}
}
