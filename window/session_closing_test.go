package window_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// lateRows is a LateSink that keeps the rows.
type lateRows struct{ rows enginetest.Table }

func (l *lateRows) Late(_ context.Context, r *window.Late) error {
	l.rows = append(l.rows, enginetest.Rows(r.Batch.Take([]uint32{uint32(r.Row)}))...)
	return nil
}

func closingSession(spec window.SessionSpec, allowed types.Micros, late window.LateSink) func(enginetest.Setup, stream.Sink) stream.Sink {
	return func(s enginetest.Setup, next stream.Sink) stream.Sink {
		c := window.CloseSpec{Allowed: allowed, Marks: []window.Mark{{Relation: enginetest.Relation}}, Late: late}
		return window.NewClosingSession(spec, c, visitors, s.Env, enginetest.NewLender(next))
	}
}

var visitors = enginetest.Schema("k text, v int8, ts timestamptz")

// A session leaves once, when the watermark has reached its end.
func TestClosingSession(t *testing.T) {
	spec := window.SessionSpec{Time: 2, Keys: []int{0}, Gap: 3 * types.Second}
	for _, c := range []struct {
		name, input, want string
		allowed           types.Micros
	}{
		{
			name: "in order", input: "a 1 1\na 2 3\nb 3 2\nadvance 5\na 4 7\nadvance 6\nadvance 10\nend",
			want: "b 3 2 2 5 4.999999\n--\na 1 1 1 6 5.999999\na 2 3 1 6 5.999999\n--\na 4 7 7 10 9.999999\n--\n--",
		},
		{
			name: "a row joins two", input: "a 1 1\na 2 6\nadvance 3\na 3 3.5\nadvance 8\nadvance 9\nend",
			want: "--\n--\na 1 1 1 9 8.999999\na 2 6 1 9 8.999999\na 3 3.5 1 9 8.999999\n--\n--",
		},
		{
			// 4 is over alone, but the session of 6 is open; what would join [1, 4) is late, and so is 1 again.
			name: "late rows", input: "a 1 1\na 2 6\nadvance 8\na 3 4\na 4 3.5\na 5 1\nNULL 6 5\nadvance 9\nend",
			want: "a 1 1 1 4 3.999999\n--\na 2 6 4 9 8.999999\na 3 4 4 9 8.999999\n--\n--",
		},
		{
			name: "allowed lateness", input: "a 1 1\nadvance 5\na 2 3\nadvance 7\nadvance 8\na 3 4\nadvance\na 4 9\nend", allowed: 2 * types.Second,
			want: "--\n--\na 1 1 1 6 5.999999\na 2 3 1 6 5.999999\n--\n--\na 4 9 9 12 11.999999\n--",
		},
		{
			name: "two at once", input: "a 1 1\na 2 9\na 3 5\nadvance 20\na 4 17.5\na 5 17\nend",
			want: "a 1 1 1 4 3.999999\na 2 9 9 12 11.999999\na 3 5 5 8 7.999999\n--\na 4 17.5 17.5 20.5 20.499999\n--",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: visitors, Input: c.input, Want: c.want, AppendOnly: true, Make: closingSession(spec, c.allowed, nil),
			})
		})
	}
}

// randomVisits is rows of few keys with times near a clock that goes on, and watermarks behind it.
func randomVisits(rnd *rand.Rand) string {
	var sb strings.Builder
	clock, mark := 0, -20
	for range 12 {
		for range rnd.IntN(6) {
			fmt.Fprintf(&sb, "%s %d %d\n", []string{"a", "b", "NULL"}[rnd.IntN(3)], rnd.IntN(2), clock-rnd.IntN(24)+rnd.IntN(4))
		}
		clock += rnd.IntN(8)
		mark = max(mark, clock-rnd.IntN(20))
		fmt.Fprintf(&sb, "advance %d\n", mark)
	}
	return sb.String() + "end"
}

// Whatever comes, what leaves is the sessions of the rows that were not late, each whole in one epoch: the first whose
// watermark has reached its end.
func TestClosingSessionRandom(t *testing.T) {
	seed := enginetest.Seed()
	for n := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, n))
		input := randomVisits(rnd)
		spec := window.SessionSpec{Time: 2, Keys: []int{0}, Gap: types.Micros(1+rnd.IntN(6)) * types.Second}
		if rnd.IntN(4) == 0 {
			spec.Keys = nil
		}
		allowed := types.Micros(rnd.IntN(2)*rnd.IntN(6)) * types.Second
		fail := func(what string, a, b any) {
			t.Fatalf("seed %d, case %d, gap %d, allowed %d, keys %v: %s\n%v\n%v\n%s", seed, n, spec.Gap, allowed, spec.Keys, what, a, b, input)
		}
		epochs, err := enginetest.Parse(visitors, input)
		if err != nil {
			t.Fatal(err)
		}
		late, out := &lateRows{}, enginetest.NewCollect(t)
		s := closingSession(spec, allowed, late)(enginetest.Setup{Env: &op.Env{}}, out)
		for _, e := range epochs {
			if len(e.Rows) > 0 {
				if err := s.Push(context.Background(), enginetest.Batch(visitors, e.Epoch, 0, e.Rows)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Advance(context.Background(), e.Progress); err != nil {
				t.Fatal(err)
			}
		}
		want := append(enginetest.Of(epochs), late.rows.Negate()...).Sessions(2, spec.Gap, spec.Keys...).Net().String()
		if got := out.All().Net().String(); got != want {
			fail("sessions", got, want)
		}
		before := types.MinTime
		for i, e := range epochs {
			now := e.Watermarks.Of(enginetest.Relation).Sub(allowed)
			if e.End {
				now = types.MaxTime
			}
			for _, r := range out.Epochs[i] {
				if end := r.Vals[4].(types.Micros); end > now || end <= before {
					fail("a session left when the watermark was", now, r)
				}
			}
			before = now
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if n%20 == 0 {
			enginetest.Matrix(t, enginetest.Case{Schema: visitors, Input: input, AppendOnly: true, Make: closingSession(spec, allowed, nil)})
		}
	}
}

// Nothing of a key is left when its sessions are over and no row in time could meet one of them.
func TestClosingSessionForgets(t *testing.T) {
	s := window.NewClosingSession(
		window.SessionSpec{Time: 2, Keys: []int{0}, Gap: 3 * types.Second},
		window.CloseSpec{Marks: []window.Mark{{Relation: enginetest.Relation}}}, visitors, &op.Env{}, enginetest.NewCollect(t))
	epochs, err := enginetest.Parse(visitors, "a 1 1\nb 2 2\na 1 10\nadvance 13\nadvance 16\nend")
	if err != nil {
		t.Fatal(err)
	}
	var held []bool
	for _, e := range epochs[:2] {
		if len(e.Rows) > 0 {
			if err := s.Push(context.Background(), enginetest.Batch(visitors, e.Epoch, 0, e.Rows)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Advance(context.Background(), e.Progress); err != nil {
			t.Fatal(err)
		}
		held = append(held, s.Bytes() > 0)
	}
	if !slices.Equal(held, []bool{true, false}) {
		t.Errorf("state after each step: %v", held)
	}
}
