package window_test

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

const comings = `
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
b 1 20.499999
NULL 9 12 @3
advance
a 0 17 @-1
c 3 -0.000001 @-1
b 1 19.5 @-1
advance
a 4 30 @-1
a 5 24 @-1
NULL 8 3 @-1
a 7 1
c 1 1000
advance
a 5 24 @-1
c 3 -0.000001 @-1
end`

// steps gives the changes that take the contents after each epoch to those after the next.
func steps(of func(enginetest.Table) enginetest.Table) func([]enginetest.Epoch) []enginetest.Table {
	return func(epochs []enginetest.Epoch) []enginetest.Table {
		var out []enginetest.Table
		var before enginetest.Table
		for i := range epochs {
			now := of(enginetest.Of(epochs[:i+1]))
			out = append(out, append(before.Negate(), now...).Net())
			before = now
		}
		return out
	}
}

// Sessions of rows that come and go in any order: they begin earlier, end later, meet, fall apart and vanish.
func TestChangingSession(t *testing.T) {
	s := enginetest.Schema("k text, v int8, ts timestamptz")
	for _, spec := range []window.SessionSpec{
		{Time: 2, Keys: []int{0}, Gap: 10 * types.Second},
		{Time: 2, Keys: []int{0}, Gap: 10*types.Second + 1},
		{Time: 2, Gap: 5 * types.Second},
		{Time: 2, Keys: []int{0, 1}, Gap: 1000 * types.Second},
		{Time: 2, Keys: []int{0}, Gap: 1},
	} {
		t.Run(fmt.Sprint(spec), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: comings,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					o := window.NewChangingSession(spec, s, set.Env, enginetest.NewLender(next))
					o.Listen(true)
					return o
				},
				Oracle: steps(func(t enginetest.Table) enginetest.Table { return t.Sessions(2, spec.Gap, spec.Keys...).Net() }),
			})
		})
	}
}

// A row whose time is infinite lies in no session, and neither does what takes it back.
func TestChangingSessionWithoutTime(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz")
	enginetest.Matrix(t, enginetest.Case{
		Schema: s, Input: "a 1\nb infinity\na -infinity @2\nadvance\na -infinity @-1\nend",
		Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
			o := window.NewChangingSession(window.SessionSpec{Time: 1, Keys: []int{0}, Gap: types.Second}, s, set.Env, enginetest.NewLender(next))
			o.Listen(true)
			return o
		},
		Want: "a 1 1 2 1.999999\n--\n--", DeadLetters: "a -infinity\nb infinity",
	})
}
