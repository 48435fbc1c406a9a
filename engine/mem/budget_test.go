package mem

import (
	"strings"
	"sync"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func TestBudgetRefusesWhereTheLimitIs(t *testing.T) {
	node := New("node", 1000)
	view := node.Child("view per_minute", 600)
	group, order := view.Child("group by", 0), view.Child("order by", 100)
	check := func(err error, names ...string) {
		t.Helper()
		e, ok := sqlerr.As(err)
		if len(names) == 0 {
			if err != nil {
				t.Errorf("refused: %v", err)
			}
			return
		}
		if !ok || e.Code != sqlerr.OutOfMemory || e.Hint == "" {
			t.Fatalf("got %v, want 53200 with a hint", err)
		}
		for _, n := range names {
			if !strings.Contains(e.Message+e.Detail, n) {
				t.Errorf("%q (%s) does not name %s", e.Message, e.Detail, n)
			}
		}
	}
	used := func(n, v, g, o int64) {
		t.Helper()
		if node.Used() != n || view.Used() != v || group.Used() != g || order.Used() != o {
			t.Errorf("used %d %d %d %d, want %d %d %d %d", node.Used(), view.Used(), group.Used(), order.Used(), n, v, g, o)
		}
	}
	check(group.Reserve(550))
	check(order.Reserve(101), `"node/view per_minute/order by"`)
	check(order.Reserve(51), `"node/view per_minute"`, "order by asked for 51 B")
	used(550, 550, 550, 0)
	other := node.Child("statement", 0)
	check(other.Reserve(451), `"node"`, "550 B of 1000 B")
	check(order.Reserve(50))
	used(600, 600, 550, 50)
	group.Release(500)
	used(100, 100, 50, 50)
	group.Close()
	group.Close()
	used(50, 50, 0, 50)
	if view.Peak() != 600 {
		t.Errorf("peak %d", view.Peak())
	}
}

func TestNilBudgetAllowsAll(t *testing.T) {
	var b *Budget
	if err := b.Reserve(1 << 60); err != nil {
		t.Error(err)
	}
	b.Release(1 << 60)
	b.Close()
	if c := b.Child("x", 5); c.Reserve(6) == nil || b.Used()+b.Peak()+b.Limit() != 0 {
		t.Error("the child of nil has no limit, or nil counts")
	}
}

func TestBudgetFromManyGoroutines(t *testing.T) {
	root := New("node", 50)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			b := root.Child("statement", 0)
			for range 2000 {
				if b.Reserve(10) == nil {
					if root.Used() < 10 {
						t.Error("a reservation does not count")
					}
					b.Release(10)
				}
			}
		})
	}
	wg.Wait()
	if root.Used() != 0 {
		t.Errorf("%d bytes left", root.Used())
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 20 << 20: "20.0 MiB", 3 << 40: "3.0 TiB", 1 << 50: "1024.0 TiB"} {
		if got := bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// TestBudgetLeavesRoom has who leaves room be refused before the others, and who set a mark be told before anybody is.
func TestBudgetLeavesRoom(t *testing.T) {
	node := New("node", 1000)
	told := 0
	node.Mark(900, func() { told++ })
	statement, view := node.Child("statement", 0), node.Child("view", 0)
	statement.Leave(200, 10)
	sort := statement.Child("sort", 0)
	if err := sort.Reserve(800); err != nil || told != 0 {
		t.Fatalf("it is refused what it does not have to leave: %v, told %d times", err, told)
	}
	if sort.Reserve(1) == nil || node.Used() != 800 {
		t.Error("it takes what it has to leave")
	}
	if err := view.Reserve(101); err != nil || told != 1 {
		t.Errorf("the other is refused: %v; told %d times", err, told)
	}
	if err := view.Reserve(99); err != nil || told != 2 {
		t.Errorf("the other is refused: %v; told %d times", err, told)
	}
	small := node.Child("small", 0)
	small.Leave(200, 10)
	view.Release(10)
	if err := small.Reserve(10); err != nil {
		t.Errorf("who holds next to nothing is refused: %v", err)
	}
	if view.Reserve(1) == nil || node.Used() != 1000 {
		t.Error("the other takes more than there is")
	}
	statement.Leave(0, 0)
	view.Release(100)
	if err := sort.Reserve(100); err != nil {
		t.Errorf("it leaves what it need not leave any more: %v", err)
	}
}
