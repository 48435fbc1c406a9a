package window_test

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

const clicks = `
a 1 10
b 2 10.5
c 3 -0.000001 @2
d 4 0
a 5 19.999999
advance 9
advance 9
e 6 NULL
a 1 10 @-1
b 7 35
b 7 34
b 7 -36.5
advance 30
z 8 40`

func TestAssign(t *testing.T) {
	s := enginetest.Schema("k text, v int8, ts timestamptz")
	for _, f := range []window.Frame{
		window.Tumbling(10 * types.Second),
		{Size: 10 * types.Second, Slide: 10 * types.Second, Offset: -3 * types.Second},
		{Size: 10 * types.Second, Slide: 4 * types.Second},
		{Size: 7 * types.Second, Slide: 3 * types.Second, Offset: 500 * types.Millisecond},
		{Size: 2 * types.Second, Slide: 5 * types.Second},
		{Size: 20 * types.Second, Slide: types.Millisecond}, // 20,000 windows a row: more than a batch
	} {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			input := clicks
			if f.Slide == types.Millisecond {
				input = "a 1 10 @2\nb 2 NULL\nend"
			}
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: input,
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
					return window.NewAssign(f, 2, s.Env, enginetest.NewLender(next))
				},
				Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
					var out []enginetest.Table
					for _, e := range epochs {
						out = append(out, enginetest.Table(e.Rows).Hop(2, f.Size, f.Slide, f.Offset))
					}
					return out
				},
			})
		})
	}
}

func TestAssignRefusesInfinity(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz")
	mk := func(s enginetest.Setup, next stream.Sink) stream.Sink {
		return window.NewAssign(window.Tumbling(10*types.Second), 1, s.Env, next)
	}
	in := "a 1\nb infinity\nc -infinity @-1\nd 2\nend"
	enginetest.Matrix(t, enginetest.Case{
		Schema: s, Input: in, Make: mk,
		Want: "a 1 0 10 9.999999\nd 2 0 10 9.999999\n--", DeadLetters: "b infinity\nc -infinity @-1",
	})
	enginetest.Matrix(t, enginetest.Case{Schema: s, Input: in, Make: mk, Bounded: true, WantError: sqlerr.DatetimeFieldOverflow})
}

func TestCumulate(t *testing.T) {
	s := enginetest.Schema("k text, v int8, ts timestamptz")
	for _, c := range []window.Cumulation{
		{Step: 10 * types.Second, Size: 10 * types.Second},
		{Step: 2 * types.Second, Size: 10 * types.Second},
		{Step: 3 * types.Second, Size: 9 * types.Second, Offset: -500 * types.Millisecond},
		{Step: types.Millisecond, Size: 20 * types.Second}, // more windows a row than a batch holds
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			input := clicks
			if c.Step == types.Millisecond {
				input = "a 1 10 @2\nb 2 NULL\nend"
			}
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: input,
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
					return window.NewCumulate(c, 2, s.Env, enginetest.NewLender(next))
				},
				Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
					var out []enginetest.Table
					for _, e := range epochs {
						out = append(out, enginetest.Table(e.Rows).Cumulate(2, c.Step, c.Size, c.Offset))
					}
					return out
				},
			})
		})
	}
}

func TestCumulationIsOfWholeSteps(t *testing.T) {
	if err := (window.Cumulation{Step: 3, Size: 10}).Validate(); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
		t.Errorf("a size of 10 with a step of 3: %v", err)
	}
}
