package window_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

const coming = `
a 1 10
b 2 10.5
c 3 -0.000001 @2
advance
a 4 30
a 0 17
NULL 8 3
advance
a 5 24
a 5 24
b 1 19.5
b NULL 20.499999
NULL 9 12 @3
a 6 1
c 1 1000
c 2 995
advance
c 4 -9
c 5 500
c 6 510
c 7 505
a 7 -30
a 7 -20
a 8 -10
advance
end`

// randomSessions makes epochs of rows of few keys, most of them in order and some far behind.
func randomSessions(seed uint64, rows int) string {
	rnd := rand.New(rand.NewPCG(enginetest.Seed(), seed))
	var out strings.Builder
	for i := range rows {
		at := 3 * i
		if rnd.IntN(4) == 0 {
			at -= rnd.IntN(200)
		}
		fmt.Fprintf(&out, "%s %d %d\n", []string{"a", "b", "c", "NULL"}[rnd.IntN(4)], rnd.IntN(3), at)
		if rnd.IntN(15) == 0 {
			out.WriteString("advance\n")
		}
	}
	return out.String() + "end"
}

func groupsOfSessions(t *testing.T, s batch.Schema, gap types.Micros, keys []int, env *op.Env, next stream.Sink) *window.SessionGroups {
	t.Helper()
	all := resolve(t, "count", 1, types.Int8)
	all.Distinct = true
	spec := window.SessionGroupsSpec{
		Input: s, Time: 2, Gap: gap,
		Keys:  []window.HopKey{{Name: "window_start", Column: -1, Bound: window.Start}},
		Calls: []agg.Call{resolve(t, "count", -1), resolve(t, "sum", 1, types.Int8), resolve(t, "max", 1, types.Int8), all},
	}
	for _, k := range keys {
		spec.Keys = append(spec.Keys, window.HopKey{Name: s[k].Name, Column: k})
	}
	spec.Keys = append(spec.Keys, window.HopKey{Name: "window_end", Column: -1, Bound: window.End}, window.HopKey{Name: "window_time", Column: -1, Bound: window.Last})
	g, err := window.NewSessionGroups(spec, env, next)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// distinctOf is count(DISTINCT column).
func distinctOf(col int) enginetest.Aggregate {
	return func(rows enginetest.Table) any {
		seen := map[any]bool{}
		for _, r := range rows {
			if r.Vals[col] != nil {
				seen[r.Vals[col]] = true
			}
		}
		return int64(len(seen))
	}
}

// Groups of sessions equal the groups of rows that know their sessions, epoch by epoch: sessions begin earlier, end later and meet.
func TestSessionGroups(t *testing.T) {
	s := enginetest.Schema("k text, v int8, ts timestamptz")
	for i, input := range []string{coming, randomSessions(1, 60), randomSessions(2, 60)} {
		for _, keys := range [][]int{{0}, {}, {1}, {0, 1}} {
			for _, gap := range []types.Micros{1, 5 * types.Second, 10 * types.Second, 10*types.Second + 1, 1000 * types.Second} {
				t.Run(fmt.Sprint(i, keys, gap), func(t *testing.T) {
					enginetest.Matrix(t, enginetest.Case{
						Schema: s, Input: input, AppendOnly: true,
						Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
							g := groupsOfSessions(t, s, gap, keys, set.Env, enginetest.NewLender(next))
							g.Listen(true)
							return g
						},
						Oracle: steps(func(rows enginetest.Table) enginetest.Table {
							by := slices.Concat([]int{3}, keys, []int{4, 5})
							return rows.Sessions(2, gap, keys...).Group(by, enginetest.CountAll, enginetest.Sum(1), enginetest.Max(1), distinctOf(1)).Net()
						}),
					})
				})
			}
		}
	}
}

// A row whose time is infinite lies in no session.
func TestSessionGroupsWithoutTime(t *testing.T) {
	s := enginetest.Schema("k text, v int8, ts timestamptz")
	enginetest.Matrix(t, enginetest.Case{
		Schema: s, Input: "a 5 1\nb 1 infinity\na 2 -infinity @2\nend", AppendOnly: true,
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			g := groupsOfSessions(t, s, types.Second, []int{0}, set.Env, enginetest.NewLender(next))
			g.Listen(true)
			return g
		},
		Want: "1 a 2 1.999999 1 5 5 1\n--", DeadLetters: "a 2 -infinity @2\nb 1 infinity",
	})
}

// A session that goes on costs what its new rows cost: what it has is not looked at again, nor kept.
func TestSessionGroupsKeepNoRows(t *testing.T) {
	s := enginetest.Schema("k text, v int8, ts timestamptz")
	g := groupsOfSessions(t, s, 10*types.Second, []int{0}, &op.Env{Budget: mem.New("test", 0)}, discard{})
	defer func() { _ = g.Close() }()
	b := batch.Batch{N: batch.MaxRows, Epoch: &batch.Epoch{}}
	for _, f := range s {
		b.Cols = append(b.Cols, columnOf(f.Type, b.N))
	}
	ts := batch.Values[types.Micros](&b.Cols[2])
	var now types.Micros
	push := func() {
		for i := range ts {
			now++
			ts[i] = now
		}
		b.Epoch.No++
		if err := g.Push(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if err := g.Advance(t.Context(), stream.Progress{Epoch: b.Epoch}); err != nil {
			t.Fatal(err)
		}
	}
	push()
	before := g.Bytes()
	if n := testing.AllocsPerRun(100, push); n > 8 {
		t.Errorf("%v allocations for %d rows of a session that goes on, want at most 8", n, b.N)
	}
	if g.Bytes() != before || g.Len() != 4 {
		t.Errorf("%d sessions in %d bytes, want 4 in the %d bytes of their first rows", g.Len(), g.Bytes(), before)
	}
}

// columnOf gives n values of a type: four texts by turns, or zeros.
func columnOf(t types.Type, n int) batch.Column {
	b := batch.NewBuilder(t, n)
	for i := range n {
		if t.Layout() == types.LayoutBytes {
			b.Bytes([]byte{'a' + byte(i%4)})
		} else {
			batch.Put(b, int64(0))
		}
	}
	return b.Finish()
}

type discard struct{}

func (discard) Push(context.Context, *batch.Batch) error       { return nil }
func (discard) Advance(context.Context, stream.Progress) error { return nil }
func (discard) Close() error                                   { return nil }
