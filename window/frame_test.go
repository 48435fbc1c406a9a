package window

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// frames draws frames small enough to be counted out.
func frames(t *rapid.T) Frame {
	return Frame{
		Size:   types.Micros(rapid.Int64Range(1, 40).Draw(t, "size")),
		Slide:  types.Micros(rapid.Int64Range(1, 40).Draw(t, "slide")),
		Offset: types.Micros(rapid.Int64Range(-50, 50).Draw(t, "offset")),
	}
}

func times(t *rapid.T, name string) types.Micros {
	return types.Micros(rapid.Int64Range(-200, 200).Draw(t, name))
}

// starts is every window start near t, from the definition: offset plus a multiple of slide.
func starts(f Frame, from, to types.Micros) []types.Micros {
	var out []types.Micros
	for s := from; s <= to; s++ {
		if (s-f.Offset)%f.Slide == 0 {
			out = append(out, s)
		}
	}
	return out
}

func walk(f Frame, first, last types.Micros) []types.Micros {
	var out []types.Micros
	for s := first; s <= last; s += f.Slide {
		out = append(out, s)
	}
	return out
}

func equal(a, b []types.Micros) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestFrameIsTheDefinition compares every method of Frame with what the words window, pane and over mean.
func TestFrameIsTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, at := frames(t), times(t, "t")
		if err := f.Validate(); err != nil {
			t.Fatal(err)
		}
		var holds []types.Micros
		for _, s := range starts(f, at-100, at+100) {
			if s <= at && at < s+f.Size {
				holds = append(holds, s)
			}
		}
		first, last := f.Windows(at)
		if got := walk(f, first, last); !equal(got, holds) {
			t.Fatalf("%+v: %d lies in %v, Windows walks %v", f, at, holds, got)
		}

		pane, start := f.Pane(), f.PaneStart(at)
		if f.Size%pane != 0 || f.Slide%pane != 0 || start > at || at >= start+pane {
			t.Fatalf("%+v: pane of %d is [%d, %d)", f, at, start, start+pane)
		}
		for d := pane + 1; d <= min(f.Size, f.Slide); d++ {
			if f.Size%d == 0 && f.Slide%d == 0 {
				t.Fatalf("%+v: pane %d, but %d divides both", f, pane, d)
			}
		}
		// Every time of the pane lies in the same windows, and those are the windows of the pane.
		pf, pl := f.WindowsOfPane(start)
		if pf != first || pl != last {
			t.Fatalf("%+v: windows of pane %d are %d..%d, of %d in it %d..%d", f, start, pf, pl, at, first, last)
		}

		from, to := times(t, "from"), times(t, "to")
		var closed []types.Micros
		for _, s := range starts(f, -400, 400) {
			if from < s+f.Size && s+f.Size <= to {
				closed = append(closed, s)
			}
		}
		cf, cl := f.Closed(from, to)
		if got := walk(f, cf, cl); !equal(got, closed) {
			t.Fatalf("%+v: from %d to %d %v close, Closed walks %v", f, from, to, closed, got)
		}
	})
}

// TestHorizon: a pane that starts before the horizon is in no window that is open, and the pane of an open window's
// start is not before it.
func TestHorizon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, mark := frames(t), times(t, "watermark")
		lateness := types.Micros(rapid.Int64Range(0, 30).Draw(t, "lateness"))
		h := f.Horizon(lateness, mark)
		if h2 := f.Horizon(lateness, mark+1); h2 < h {
			t.Fatalf("%+v: the horizon moves back from %d to %d", f, h, h2)
		}
		least := types.MaxTime
		for _, s := range starts(f, -400, 400) {
			if over := s+f.Size+lateness <= mark; over != f.Over(s, lateness, mark) {
				t.Fatalf("%+v: window %d over at %d: %v", f, s, mark, !over)
			} else if !over {
				least = min(least, s)
			}
		}
		if h != least {
			t.Fatalf("%+v: horizon %d at %d, the first open window starts at %d", f, h, mark, least)
		}
	})
}

// TestMissed: a row misses exactly those of its windows that are over.
func TestMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, at, mark := frames(t), times(t, "t"), times(t, "watermark")
		l := Lateness{Frame: f, Allowed: types.Micros(rapid.Int64Range(0, 30).Draw(t, "lateness"))}
		var want []types.Micros
		first, last := f.Windows(at)
		for _, s := range walk(f, first, last) {
			if f.Over(s, l.Allowed, mark) {
				want = append(want, s)
			}
		}
		mf, ml := l.Missed(at, mark)
		if got := walk(f, mf, ml); !equal(got, want) {
			t.Fatalf("%+v: a row at %d misses %v at %d, Missed walks %v", f, at, want, mark, got)
		}
		l.Allowed = Never
		if mf, ml := l.Missed(at, types.MaxTime); mf <= ml {
			t.Fatalf("%+v: late though nothing is", f)
		}
	})
}

func TestFrameAtTheEdges(t *testing.T) {
	f := Frame{Size: MaxSize, Slide: MaxSize, Offset: -MaxSize}
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, at := range []types.Micros{MinEventTime, -1, 0, MaxEventTime} {
		first, last := f.Windows(at)
		if first != last || first > at || at >= f.End(first) {
			t.Errorf("%d lies in %d..%d", at, first, last)
		}
	}
	f = Frame{Size: 10, Slide: 4}
	if first, last := f.Closed(types.MinTime, 9); f.End(last) > 9 || f.End(last)+4 <= 9 || first > last {
		t.Errorf("from the beginning %d..%d close", first, last)
	}
	if h := f.Horizon(0, types.MinTime); h > MinEventTime {
		t.Errorf("without a watermark the horizon is %d", h)
	}
	if _, last := f.Closed(0, types.MaxTime); f.End(last) < MaxEventTime-8 {
		t.Errorf("at the end windows up to %d close", f.End(last))
	}
	for at, in := range map[types.Micros]bool{types.MinTime: false, MinEventTime: true, MaxEventTime: true, types.MaxTime: false} {
		if f.Contains(at) != in {
			t.Errorf("Contains(%d) is %v", at, !in)
		}
	}
}

func TestFrameValidate(t *testing.T) {
	for _, f := range []Frame{
		{},
		{Size: 1},
		{Slide: 1},
		{Size: -1, Slide: 1},
		{Size: 1, Slide: -1},
		{Size: MaxSize + 1, Slide: MaxSize},
		{Size: 1, Slide: 1, Offset: MaxSize + 1},
		{Size: MaxOverlap + 1, Slide: 1},
	} {
		if e, ok := sqlerr.As(f.Validate()); !ok || e.Code != sqlerr.InvalidParameterValue || e.Hint == "" {
			t.Errorf("%+v is accepted, or refused without a hint: %v", f, e)
		}
	}
	if err := (Frame{Size: MaxOverlap, Slide: 1}).Validate(); err != nil {
		t.Error(err)
	}
}
