package window_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// endingGroups gives count, sum and max of v by session and keys.
func endingGroups(t *testing.T, spec window.SessionSpec, allowed types.Micros, late window.LateSink) func(enginetest.Setup, stream.Sink) stream.Sink {
	s := window.SessionGroupsSpec{
		Input: visitors, Time: spec.Time, Gap: spec.Gap,
		Calls: []agg.Call{resolve(t, "count", -1), resolve(t, "sum", 1, types.Int8), resolve(t, "max", 1, types.Int8)},
	}
	for _, k := range spec.Keys {
		s.Keys = append(s.Keys, window.HopKey{Name: visitors[k].Name, Column: k})
	}
	for b, name := range []string{window.Start: "window_start", window.End: "window_end", window.Last: "window_time"} {
		s.Keys = append(s.Keys, window.HopKey{Name: name, Column: -1, Bound: b})
	}
	return func(set enginetest.Setup, next stream.Sink) stream.Sink {
		c := window.CloseSpec{Allowed: allowed, Marks: []window.Mark{{Relation: enginetest.Relation}}, Late: late}
		e, ok, err := window.NewEndingGroups(s, c, set.Env, enginetest.NewLender(next))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return e
	}
}

// runEpochs pushes epochs, each cut in pieces of at most so many rows, and gives what leaves in each.
func runEpochs(t *testing.T, epochs []enginetest.Epoch, piece int, of func(enginetest.Setup, stream.Sink) stream.Sink) *enginetest.Collect {
	t.Helper()
	out := enginetest.NewCollect(t)
	s := of(enginetest.Setup{Env: &op.Env{}}, out)
	for _, e := range epochs {
		for lo := 0; lo < len(e.Rows); lo += piece {
			if err := s.Push(context.Background(), enginetest.Batch(visitors, e.Epoch, uint32(lo), e.Rows[lo:min(lo+piece, len(e.Rows))])); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Advance(context.Background(), e.Progress); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// What ends and when, and what is late, is as ClosingSession has it of the same rows, whatever pieces they come in; and a
// checkpoint in the middle changes nothing.
func TestEndingGroups(t *testing.T) {
	seed := enginetest.Seed()
	for n := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, n))
		input := randomVisits(rnd)
		spec := window.SessionSpec{Time: 2, Keys: [][]int{{0}, {0}, nil, {1}, {0, 1}}[n%5], Gap: types.Micros(1+rnd.IntN(6)) * types.Second}
		allowed := types.Micros(rnd.IntN(2)*rnd.IntN(6)) * types.Second
		epochs, err := enginetest.Parse(visitors, input)
		if err != nil {
			t.Fatal(err)
		}
		late, missed := &lateRows{}, &lateRows{}
		rows := runEpochs(t, epochs, 100, closingSession(spec, allowed, late))
		groups := runEpochs(t, epochs, 1+rnd.IntN(3), endingGroups(t, spec, allowed, missed))
		for i, r := range rows.Epochs {
			is := r.Group(append(append([]int{}, spec.Keys...), 3, 4, 5), enginetest.CountAll, enginetest.Sum(1), enginetest.Max(1)).Net().String()
			if got := groups.Epochs[i].Net().String(); got != is {
				t.Fatalf("seed %d, case %d, gap %d, allowed %d, keys %v, epoch %d: %s\nwant %s\n%s", seed, n, spec.Gap, allowed, spec.Keys, i, got, is, input)
			}
		}
		if got, is := missed.rows.Net().String(), late.rows.Net().String(); got != is {
			t.Fatalf("seed %d, case %d: late are %s\nwant %s\n%s", seed, n, got, is, input)
		}
		if n%10 == 0 {
			enginetest.Matrix(t, enginetest.Case{Schema: visitors, Input: input, AppendOnly: true, Want: groups.String(), Make: endingGroups(t, spec, allowed, nil)})
		}
	}
}

// Nothing of a key is left when its sessions are over and no row in time could meet one of them, however many keys there were, and
// also of keys whose only row was late.
func TestEndingGroupsForget(t *testing.T) {
	out := &nowhere{}
	set := enginetest.Setup{Env: &op.Env{}}
	e := endingGroups(t, window.SessionSpec{Time: 2, Keys: []int{0}, Gap: 3 * types.Second}, 0, nil)(set, out).(*window.EndingGroups)
	var held []int64
	for i := range 200 {
		var sb strings.Builder
		for k := range 200 {
			fmt.Fprintf(&sb, "key%d 1 %d\nlate%d 1 0\n", 200*i+k, 10*i, 200*i+k)
		}
		fmt.Fprintf(&sb, "advance %d\nend", 10*i+7)
		epochs, err := enginetest.Parse(visitors, sb.String())
		if err != nil {
			t.Fatal(err)
		}
		ep := &batch.Epoch{No: uint64(i + 1)}
		if err := e.Push(context.Background(), enginetest.Batch(visitors, ep, 0, epochs[0].Rows)); err != nil {
			t.Fatal(err)
		}
		p := epochs[0].Progress
		p.Epoch = ep
		if err := e.Advance(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		held = append(held, e.Bytes())
		if e.Len() != 0 {
			t.Fatalf("%d sessions are open", e.Len())
		}
	}
	if half, all := held[len(held)/2], held[len(held)-1]; all > half+half/2 {
		t.Errorf("it grows from %d to %d bytes", half, all)
	}
}
