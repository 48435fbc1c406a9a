package op_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

func TestOrder(t *testing.T) {
	rows := `
b 2 1
a 1 2
NULL 3 3
c NULL 4
a 1 5 @2
b -4 6`
	s := enginetest.Schema("k text, v int8, n int8")
	for name, c := range map[string]struct {
		keys  []op.OrderKey
		limit int64
		want  string
	}{
		"by text":       {[]op.OrderKey{{Col: 0}}, op.NoLimit, "a 1 2\na 1 5 @2\nb 2 1\nb -4 6\nc NULL 4\nNULL 3 3\n--"},
		"desc":          {[]op.OrderKey{{Col: 0, Desc: true, NullsFirst: true}}, op.NoLimit, "NULL 3 3\nc NULL 4\nb 2 1\nb -4 6\na 1 2\na 1 5 @2\n--"},
		"desc, last":    {[]op.OrderKey{{Col: 1, Desc: true}}, op.NoLimit, "NULL 3 3\nb 2 1\na 1 2\na 1 5 @2\nb -4 6\nc NULL 4\n--"},
		"two keys":      {[]op.OrderKey{{Col: 0}, {Col: 1}}, op.NoLimit, "a 1 2\na 1 5 @2\nb -4 6\nb 2 1\nc NULL 4\nNULL 3 3\n--"},
		"no keys":       {nil, op.NoLimit, "b 2 1\na 1 2\nNULL 3 3\nc NULL 4\na 1 5 @2\nb -4 6\n--"},
		"first two":     {[]op.OrderKey{{Col: 0}}, 2, "a 1 2\na 1 5 @2\n--"},
		"first of none": {[]op.OrderKey{{Col: 0}}, 0, "--"},
	} {
		t.Run(name, func(t *testing.T) {
			enginetest.Matrix(t, enginetest.Case{
				Schema: s, Input: rows, Bounded: true, Ordered: true, AppendOnly: true, Want: c.want,
				Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
					return op.NewOrder(c.keys, c.limit, s.Env, enginetest.NewLender(next))
				},
			})
		})
	}
}

// TestOrderPrunes: an Order with a limit holds little more than the rows it will give, and gives the same rows as one
// without.
func TestOrderPrunes(t *testing.T) {
	s := enginetest.Schema("v int8, k text")
	rnd := rand.New(rand.NewPCG(enginetest.Seed(), 0))
	const n, limit = 100_000, 9_000
	budget := mem.New("test", 0)
	short, long := enginetest.NewCollect(t), enginetest.NewCollect(t)
	sinks := []stream.Sink{
		op.NewOrder([]op.OrderKey{{Col: 0}}, limit, &op.Env{Budget: budget}, short),
		op.NewOrder([]op.OrderKey{{Col: 0}}, op.NoLimit, &op.Env{}, long),
	}
	ep := &batch.Epoch{No: 1}
	for at := 0; at < n; at += 1000 {
		rows := make([]enginetest.Row, 1000)
		for i := range rows {
			v := rnd.Int64N(n / 4)
			rows[i] = enginetest.Row{Vals: []any{v, fmt.Sprint(v % 7)}, Diff: 1}
		}
		for _, sink := range sinks {
			if err := enginetest.Lend(context.Background(), enginetest.Batch(s, ep, uint32(at), rows), sink); err != nil {
				t.Fatal(err)
			}
		}
	}
	if peak, most := budget.Peak(), int64((2*limit+17000)*80); peak > most {
		t.Errorf("held %d bytes, want below %d", peak, most)
	}
	for _, sink := range sinks {
		if err := sink.Advance(context.Background(), stream.Progress{Epoch: ep, End: true}); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Join(strings.SplitAfter(long.All().String(), "\n")[:limit], "")
	if got := short.All().String(); got != want {
		t.Errorf("the first %d rows differ from those of the whole", limit)
	}
}

func TestOrderRefusesMemory(t *testing.T) {
	enginetest.Matrix(t, enginetest.Case{
		Schema: enginetest.Schema("v int8"), Input: strings.Repeat("1\n", 50), Bounded: true,
		AppendOnly: true, WantError: sqlerr.OutOfMemory,
		Make: func(s enginetest.Setup, next stream.Sink) stream.Sink {
			env := *s.Env
			env.Budget = s.Env.Budget.Child("statement", 200)
			return op.NewOrder([]op.OrderKey{{Col: 0}}, op.NoLimit, &env, next)
		},
	})
}
