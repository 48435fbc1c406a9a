package op_test

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
)

// Left rows meet what the right side has at the end of their epoch, whichever came first in it, and keep what they met.
func TestJoinAsOf(t *testing.T) {
	in, side := enginetest.Schema("side text, k int4, v int8"), enginetest.Schema("k int4, v int8")
	input := "l 1 10\nr 1 5\nl 2 20 @2\nl NULL 1\nr NULL 1\nadvance\nr 2 7\nl 2 21\nr 2 7\nr 1 50\nl 3 30\nadvance\n" +
		"l 1 11\nr 1 5 @-1\nr 1 6\nl 3 31\nr 3 9\nr 3 9 @-1\nadvance\nr 2 7 @-1\nadvance\nl 2 22\nl 1 12\nr 1 50 @-1\nl 1 13\nadvance\nr 1 8\nadvance\nend"
	for _, kind := range []op.JoinKind{op.Inner, op.Left} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			spec := op.JoinSpec{Kind: kind, Left: side, Right: side, LeftKeys: []int{0}, RightKeys: []int{0}, AsOf: true}
			of := naive(kind, func(l, r []any) bool { return l[0] != nil && l[0] == r[0] })
			enginetest.Matrix(t, enginetest.Case{
				Schema: in, Input: input,
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink { return newJoined(t, spec, s, next) },
				Oracle: func(epochs []enginetest.Epoch) []enginetest.Table {
					var out []enginetest.Table
					for i := range epochs {
						right := enginetest.Of(epochs[:i+1]).Filter(func(v []any) bool { return v[0] == "r" })
						left := enginetest.Of(epochs[i : i+1]).Filter(func(v []any) bool { return v[0] == "l" })
						out = append(out, of(append(left, right...).Net()).Net())
					}
					return out
				},
			})
		})
	}
}
