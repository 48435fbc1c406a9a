package rule

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// withoutLate is one row whose columns that are not known at once are null.
func withoutLate(b *batch.Batch, early func(int) bool) *batch.Batch {
	out := &batch.Batch{N: b.N, Cols: slices.Clone(b.Cols)}
	for i := range out.Cols {
		if !early(i) {
			c := batch.NewBuilder(out.Cols[i].Type, 1)
			c.Null()
			out.Cols[i] = c.Finish()
		}
	}
	return out
}

// TestVerdicts: the rule that comes first is the first of those whose conditions are true, and a row that it is for may be
// concerned by what is known of it at once.
func TestVerdicts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	early := func(col int) bool { return col == colType || col == colPath }
	hits, spared := 0, 0
	for range 30 {
		rules, naive := randomRules(r, 1+r.IntN(12), 1)
		v := NewVerdicts(rules, early)
		slices.SortStableFunc(rules, func(a, b Rule) int { return before(&a, &b) })
		a := &Asker{}
		for range 40 {
			b := randomBatch(r, 1, nil)
			want, fails := uint32(0), false
			for _, x := range rules {
				c := &expr.Ctx{}
				is := len(expr.NewPredicate(naive[x.ID]).Select(c, b, nil)) == 1
				if fails = fails || len(c.Failures()) > 0; is && len(c.Failures()) == 0 {
					want = x.ID
					break
				}
			}
			if fails { // an order of terms that decides such a row is as good
				continue
			}
			got, ok := a.First(v, b)
			if got != want || ok != (want != 0) {
				t.Fatalf("rule %d is first for %s, want %d", got, show(b, 0), want)
			}
			may := a.May(v, withoutLate(b, early))
			if ok && !may {
				t.Fatalf("rule %d, %s, holds for %s, which is said to concern nobody", want, naive[want], show(b, 0))
			}
			if ok {
				hits++
			} else if !may {
				spared++
			}
		}
	}
	if hits == 0 || spared == 0 {
		t.Errorf("%d rows were met and %d were spared", hits, spared)
	}
}

// TestVerdictsAreSwapped asks from one goroutine while another publishes others.
func TestVerdictsAreSwapped(t *testing.T) {
	of := func(name string) *Verdicts {
		return NewVerdicts([]Rule{{ID: uint32(len(name)), Name: name, When: Compile(is("=", col(colType), lit(name)))}}, func(int) bool { return true })
	}
	row := func(name string) *batch.Batch {
		b := withoutLate(&batch.Batch{N: 1, Cols: randomBatch(rand.New(rand.NewPCG(1, 1)), 1, nil).Cols}, func(int) bool { return false })
		c := batch.NewBuilder(schema[colType].Type, 1)
		c.String(name)
		b.Cols[colType] = c.Finish()
		return b
	}
	var v atomic.Pointer[Verdicts]
	v.Store(of("a"))
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 200 {
			v.Store(of([]string{"a", "bb"}[i%2]))
		}
	})
	a, x, y := &Asker{}, row("a"), row("bb")
	for range 2000 {
		now := v.Load()
		_, first := a.First(now, x)
		_, second := a.First(now, y)
		if first == second {
			t.Fatal("what was published is asked in part")
		}
	}
	wg.Wait()
}

// batchOf is one row with a path, and nulls.
func batchOf(t *testing.T, path string) *batch.Batch {
	t.Helper()
	b := &batch.Batch{N: 1}
	for i := range schema {
		c := batch.NewBuilder(schema[i].Type, 1)
		if i == colPath {
			c.String(path)
		} else {
			c.Null()
		}
		b.Cols = append(b.Cols, c.Finish())
	}
	return b
}
