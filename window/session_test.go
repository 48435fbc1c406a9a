package window_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

const visits = `
a 1 10
b 2 10.5
c 3 -0.000001 @2
a 4 19.999999
b 5 20.5
a 6 0
a 7 29.999999
NULL 8 3
b 9 12
NULL 9 4 @3
c 1 1000
a 2 29.999999
end`

// sessions orders the rows, as a plan does, and gives them their sessions.
func sessions(spec window.SessionSpec) func(enginetest.Setup, stream.Sink) stream.Sink {
	return func(s enginetest.Setup, next stream.Sink) stream.Sink {
		var keys []op.OrderKey
		for _, k := range slices.Concat(spec.Keys, []int{spec.Time}) {
			keys = append(keys, op.OrderKey{Col: k})
		}
		return op.NewOrder(keys, op.NoLimit, s.Env, enginetest.NewLender(window.NewSession(spec, s.Env, enginetest.NewLender(next))))
	}
}

func TestSession(t *testing.T) {
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
				Schema: s, Input: visits, Bounded: true, AppendOnly: true, Make: sessions(spec),
				Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
					out := make([]enginetest.Table, len(epochs))
					out[len(out)-1] = enginetest.Of(epochs).Sessions(2, spec.Gap, spec.Keys...)
					return out
				},
			})
		})
	}
}

func TestSessionRefusesInfinity(t *testing.T) {
	enginetest.Matrix(t, enginetest.Case{
		Schema: enginetest.Schema("k text, ts timestamptz"), Input: "a 1\nb infinity\nend", Bounded: true,
		Make: sessions(window.SessionSpec{Time: 1, Keys: []int{0}, Gap: types.Second}), WantError: sqlerr.DatetimeFieldOverflow,
	})
}
