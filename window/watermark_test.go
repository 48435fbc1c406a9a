package window

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

const sec = types.Second

// scene drives a Tracker of one relation.
type scene struct {
	*testing.T
	*Tracker
}

func newScene(t *testing.T, p Policy) scene {
	tr := NewTracker()
	tr.Register(7, p)
	return scene{t, tr}
}

func (s scene) want(now, at types.Micros, idle bool) {
	s.Helper()
	w := s.Marks(now)
	if len(w) != 1 || w[0].Relation != 7 || w[0].At != at || w[0].Idle != idle {
		s.Errorf("at %d: %+v, want %d, idle %v", now, w, at, idle)
	}
}

func TestDelayAndLanes(t *testing.T) {
	s := newScene(t, Policy{Delay: 5 * sec})
	s.want(1000*sec, types.MinTime, true)
	s.Observe(7, 0, 100*sec)
	s.Observe(7, 0, 90*sec)
	s.want(1000*sec, 95*sec, false)
	s.Observe(7, 3, 80*sec) // a lane that is behind holds the watermark, which does not go back
	s.Observe(7, 0, 200*sec)
	s.want(1001*sec, 95*sec, false)
	s.Observe(7, 3, 150*sec)
	s.want(1002*sec, 145*sec, false)
	st := s.Explain()[0]
	if !st.Held || st.HeldBy != 3 || st.HeldSince != 1001*sec || st.Moved != 1002*sec || len(st.Lanes) != 2 || st.Lanes[0].At != 200*sec {
		t.Errorf("explained as %+v", st)
	}
	s.Observe(8, 0, 1) // nobody registered it
	if len(s.Explain()) != 1 {
		t.Error("a relation without a policy has a watermark")
	}
	s.Drop(7)
	if len(s.Marks(1003*sec)) != 0 {
		t.Error("a dropped relation has a watermark")
	}
}

func TestIdleLanes(t *testing.T) {
	s := newScene(t, Policy{Delay: 5 * sec, IdleAfter: 60 * sec})
	s.Observe(7, 1, 100*sec)
	s.Observe(7, 2, 50*sec)
	s.want(1000*sec, 45*sec, false)
	s.Observe(7, 1, 120*sec)
	s.want(1059*sec, 45*sec, false)
	s.want(1060*sec, 115*sec, false) // lane 2 gave nothing for a minute
	s.want(2000*sec, 115*sec, true)  // nor lane 1: it stands
	s.Observe(7, 2, 60*sec)          // and comes back behind: it stands until lane 2 has caught up
	s.want(2001*sec, 115*sec, false)
	s.Observe(7, 2, 300*sec)
	s.want(2002*sec, 295*sec, false)
}

func TestIdleFollowsTheClock(t *testing.T) {
	s := newScene(t, Policy{Delay: 5 * sec, IdleAfter: 10 * sec, IdleClock: true})
	s.want(1000*sec, 995*sec, true)
	s.Observe(7, 0, 990*sec)
	s.want(1001*sec, 995*sec, false)
	s.want(1010*sec, 995*sec, false)
	s.want(1011*sec, 1006*sec, true)
	s.want(1020*sec, 1015*sec, true)
	s.Observe(7, 0, 1030*sec)
	s.want(1021*sec, 1025*sec, false)
}

func TestFutureSkew(t *testing.T) {
	s := newScene(t, Policy{})
	s.Observe(7, 0, 1000*sec+types.Hour+1)
	s.want(1000*sec, types.MinTime, true)
	s.Observe(7, 0, 1000*sec+types.Hour)
	s.want(1000*sec, 1000*sec+types.Hour, false)
	s = newScene(t, Policy{MaxSkew: sec})
	s.Observe(7, 0, 1002*sec)
	s.want(1000*sec, types.MinTime, true)
	if l := (Policy{}).Limit(types.MaxTime - 5); l < types.MaxTime-5 {
		t.Errorf("the limit wraps to %d", l)
	}
}

func TestAdvanceByHand(t *testing.T) {
	s := newScene(t, Policy{Delay: 5 * sec})
	if at, ok := s.Advance(7, 500*sec); !ok || at != 500*sec {
		t.Errorf("stands at %d", at)
	}
	if at, _ := s.Advance(7, 400*sec); at != 500*sec {
		t.Errorf("moved back to %d", at)
	}
	s.Observe(7, 0, 100*sec)
	s.want(1000*sec, 500*sec, false)
	if _, ok := s.Advance(9, 1); ok {
		t.Error("a relation that is not there was advanced")
	}
}

func TestManyLanes(t *testing.T) {
	s := newScene(t, Policy{IdleAfter: 10 * sec})
	for i := range uint32(MaxLanes) {
		s.Observe(7, i, types.Micros(1000+i))
	}
	s.want(1000*sec, 1000, false)
	s.Observe(7, 1<<20, 500)
	s.Observe(7, 1<<21, 600) // both share a lane, which holds the watermark
	if st := s.Explain()[0]; len(st.Lanes) != MaxLanes+1 || st.Lanes[MaxLanes].Lane != Others {
		t.Errorf("%d lanes, the last is %d", len(st.Lanes), st.Lanes[len(st.Lanes)-1].Lane)
	}
	s.want(2000*sec, 1000, false) // the others are idle now
	s.Observe(7, 1<<20, 1<<40)
	if n := len(s.Explain()[0].Lanes); n != 2 {
		t.Errorf("%d lanes after the idle ones were forgotten", n)
	}
}

// TestTracker compares any history with the rules, one by one, and a Tracker that is saved and loaded after every step
// with one that is not.
func TestTracker(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			Delay: types.Micros(rapid.Int64Range(0, 20).Draw(t, "delay")), IdleAfter: types.Micros(rapid.Int64Range(0, 30).Draw(t, "idle after")),
			IdleClock: rapid.Bool().Draw(t, "clock"), MaxSkew: types.Micros(rapid.Int64Range(1, 50).Draw(t, "skew")),
		}
		tr, saved := NewTracker(), NewTracker()
		tr.Register(1, p)
		saved.Register(1, p)
		newest, seen := map[uint32]types.Micros{}, map[uint32]types.Micros{}
		now, mark := types.Micros(100), types.MinTime
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now += types.Micros(rapid.Int64Range(0, 15).Draw(t, "tick"))
			for lane := range uint32(3) {
				if !rapid.Bool().Draw(t, "gives") {
					continue
				}
				at := now + types.Micros(rapid.Int64Range(-60, 60).Draw(t, "at"))
				tr.Observe(1, lane, at)
				saved.Observe(1, lane, at)
				if at > now+p.MaxSkew {
					continue
				}
				if old, ok := newest[lane]; !ok || at > old {
					newest[lane] = at
				}
				seen[lane] = now
			}
			least, active := types.MaxTime, false
			for lane, at := range newest {
				if p.IdleAfter == 0 || now-seen[lane] < p.IdleAfter {
					least, active = min(least, at), true
				}
			}
			if active {
				mark = max(mark, least-p.Delay)
			} else if p.IdleClock {
				mark = max(mark, now-p.Delay)
			}
			got := tr.Marks(now)[0]
			if got.At != mark || got.Idle == active {
				t.Fatalf("at %d: %+v, want %d, idle %v", now, got, mark, !active)
			}
			if other := saved.Marks(now)[0]; other != got {
				t.Fatalf("at %d: %+v after a restart, %+v without", now, other, got)
			}
			data := saved.Save(nil)
			saved = NewTracker()
			saved.Register(1, p)
			if err := saved.Load(data); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tr.Explain(), saved.Explain()); diff != "" {
				t.Fatalf("after a restart:\n%s", diff)
			}
		}
	})
}

func TestLoadRefusesDamage(t *testing.T) {
	tr := NewTracker()
	for r := range uint32(3) {
		tr.Register(r, Policy{})
		tr.Observe(r, 2, types.Micros(r)*sec)
		tr.Observe(r, 1, types.Micros(r)*sec)
	}
	tr.Marks(5 * sec)
	good := tr.Save([]byte("x"))[1:]
	before := tr.Explain()
	for i := range good {
		if err := tr.Load(good[:i]); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
			t.Errorf("%d of %d bytes: %v", i, len(good), err)
		}
	}
	for _, bad := range [][]byte{append(slices.Clone(good), 0), {2, 0}, {1, 255, 255, 255, 255, 255, 255, 255, 255, 127}} {
		if err := tr.Load(bad); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
			t.Errorf("%x: %v", bad, err)
		}
	}
	if diff := cmp.Diff(before, tr.Explain()); diff != "" {
		t.Errorf("a refused Load changed:\n%s", diff)
	}
	// An epoch that could not be written is taken back, with what it observed.
	tr.Observe(0, 1, 9*sec)
	tr.Marks(6 * sec)
	if err := tr.Load(good); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tr.Explain()); diff != "" {
		t.Errorf("after Load:\n%s", diff)
	}
}

func TestGreatestTime(t *testing.T) {
	ts := []types.Micros{3, 9, -4, 7}
	c := batch.FixedOf(types.Timestamptz, ts, nil)
	nulls := batch.NewBitmapSet(4)
	nulls.Clear(3)
	n := batch.FixedOf(types.Timestamptz, ts, nulls)
	for limit, want := range map[types.Micros][2]types.Micros{20: {9, 9}, 8: {7, 3}, 3: {3, 3}, -5: {types.MinTime, types.MinTime}} {
		if a, b := GreatestTime(&c, limit), GreatestTime(&n, limit); a != want[0] || b != want[1] {
			t.Errorf("below %d: %d and %d with a null, want %v", limit, a, b, want)
		}
	}
}

type lates []Late

func (l *lates) Late(_ context.Context, x *Late) error { *l = append(*l, *x); return nil }

func TestReport(t *testing.T) {
	l := Lateness{Frame: Frame{Size: 10, Slide: 5}, Allowed: 2}
	b := &batch.Batch{N: 1, Diff: []int64{-3}}
	var got lates
	var sum LateCount
	for _, c := range []struct {
		at, mark types.Micros
		counts   bool
	}{{12, 16, true}, {12, 17, true}, {12, 21, true}, {12, 22, false}} {
		counts, err := l.Report(context.Background(), &got, "v", 9, c.mark, b, 0, c.at)
		if err != nil || counts != c.counts {
			t.Errorf("a row at %d with the watermark at %d counts: %v, %v", c.at, c.mark, counts, err)
		}
	}
	for i := range got {
		_ = sum.Late(context.Background(), &got[i])
	}
	one := Late{Relation: 9, View: "v", WindowStart: 5, WindowEnd: 15, Windows: 1, Watermark: 17, Batch: b}
	two := one
	two.Watermark = 21
	all := Late{Relation: 9, View: "v", WindowStart: 5, WindowEnd: 20, Windows: 2, Whole: true, Watermark: 22, Batch: b}
	if diff := cmp.Diff(lates{one, two, all}, got); diff != "" {
		t.Error(diff)
	}
	if sum.Rows != -9 || sum.Windows != -12 {
		t.Errorf("counted %+v", sum)
	}
}
