package window_test

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/window"
)

// Rows leave with their windows, growing ones here; what comes for a window that has left is late, and counts in the
// others.
func TestHold(t *testing.T) {
	s := enginetest.Schema("k text, ts timestamptz")
	grow := window.Cumulation{Step: 2 * types.Second, Size: 6 * types.Second}
	for _, c := range []struct {
		name, want string
		allowed    types.Micros
	}{
		{
			name: "at once",
			want: "a 1 0 2 1.999999\n--\na 1 0 4 3.999999\na 2 0 4 3.999999\n--\n" +
				"a 1 0 6 5.999999\na 2 0 6 5.999999\na 3 0 6 5.999999 @2\nb 0 0 6 5.999999\n--\na 7 6 10 9.999999\na 7 6 12 11.999999\n--",
		},
		{
			name: "later", allowed: 2 * types.Second,
			want: "--\na 1 0 2 1.999999\n--\n" +
				"a 1 0 4 3.999999\na 1 0 6 5.999999\na 2 0 4 3.999999\na 2 0 6 5.999999\na 3 0 4 3.999999 @2\na 3 0 6 5.999999 @2\n" +
				"b 0 0 4 3.999999\nb 0 0 6 5.999999\n--\na 7 6 8 7.999999\na 7 6 10 9.999999\na 7 6 12 11.999999\n--",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: "a 1\nadvance 2\na 2\nadvance 5\na 3 @2\nb 0\nadvance 8\nb 5\na 7\nend", Want: c.want, AppendOnly: true,
				Make: func(set enginetest.Setup, next stream.Sink) stream.Sink {
					in := append(append(batch.Schema(nil), s...), enginetest.Schema("window_start timestamptz, window_end timestamptz, window_time timestamptz")...)
					spec := window.CloseSpec{Allowed: c.allowed, Marks: []window.Mark{{Relation: enginetest.Relation}}}
					h := window.NewHold(spec, in, set.Env, enginetest.NewLender(next))
					return &assigned{window.NewCumulate(grow, 1, set.Env, enginetest.NewLender(h)), h}
				},
			})
		})
	}
}

// assigned is a Hold behind what gives rows their windows.
type assigned struct {
	stream.Sink
	*window.Hold
}

func (a *assigned) Push(ctx context.Context, b *batch.Batch) error { return a.Sink.Push(ctx, b) }
func (a *assigned) Advance(ctx context.Context, p stream.Progress) error {
	return a.Sink.Advance(ctx, p)
}
func (a *assigned) Close() error { return a.Sink.Close() }
