package op_test

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Rows count while the time of the epoch, as many seconds as its number, is in their bounds; what takes a row back may come
// before it entered, while it is there, and when it is gone.
func TestTemporal(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz, until timestamptz")
	input := "a 1 3\na 0 2\nb 3 5 @2\nc 4 NULL\nd NULL 9\ne 9 5\nadvance\na 1 3 @-1\nb 3 5 @-1\na 2 infinity\nf -infinity 3\nadvance\n" +
		"a 0 2 @-1\nb 3 5 @-1\ng 3 4 @3\nadvance\ng 3 4 @-1\ng 7 8\nadvance\na 2 infinity @-1\nc 4 NULL @-1\nadvance\ng 3 4 @-2\nadvance\nadvance\nend"
	for _, spec := range []op.TemporalSpec{
		{Enter: []op.TimeBound{{Column: 1}}, Leave: []op.TimeBound{{Column: 2}}},
		{Enter: []op.TimeBound{{Column: 1, Plus: types.Second}}},
		{Leave: []op.TimeBound{{Column: 2, Plus: -types.Second}, {Column: 1, Plus: 3*types.Second + 1}}},
	} {
		spec.Input = s
		counts := func(now types.Micros, vals []any) bool {
			in := true
			for _, e := range spec.Enter {
				at, ok := vals[e.Column].(types.Micros)
				in = in && ok && at.Sub(-e.Plus) <= now
			}
			for _, l := range spec.Leave {
				at, ok := vals[l.Column].(types.Micros)
				in = in && ok && now < at.Sub(-l.Plus)
			}
			return in
		}
		t.Run(fmt.Sprint(spec.Enter, spec.Leave), func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: input,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					return op.NewTemporal(spec, set.Env, enginetest.NewLender(next))
				},
				Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
					var out []enginetest.Table
					var before enginetest.Table
					for i, e := range epochs {
						now := enginetest.Of(epochs[:i+1]).Filter(func(v []any) bool { return counts(e.Epoch.Time, v) }).Net()
						out = append(out, append(before.Negate(), now...).Net())
						before = now
					}
					return out
				},
			})
		})
	}
}
