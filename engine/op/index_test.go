package op_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// sums counts rows of (k, v) by v.
type sums map[int64]int64

func (s sums) Push(_ context.Context, b *batch.Batch) error {
	for i, v := range batch.Values[int64](&b.Cols[1]) {
		s[v] += b.Weight(i)
	}
	return nil
}

func (s sums) Advance(context.Context, stream.Progress) error { return nil }
func (s sums) Close() error                                   { return nil }

// TestIndex lets rows come and go for many epochs, and asks pins of several epochs, some held for long, for the rows of
// each key.
func TestIndex(t *testing.T) {
	schema := enginetest.Schema("k text, v int8")
	a, err := op.NewAggregate(op.AggregateSpec{Input: schema, Keys: []int{0, 1}, Weighted: true}, &op.Env{}, enginetest.NewLender(sums{}))
	if err != nil {
		t.Fatal(err)
	}
	cols := []int{0}
	rng := rand.New(rand.NewPCG(7, 7))
	type pin struct {
		state.Pin
		want map[string]sums
	}
	var pins []pin
	now := map[string]sums{}
	keys := make([]string, 300)
	for i := range keys {
		keys[i] = string(rune('a'+i%26)) + string(rune('a'+i/26))
	}
	ask := func(p pin) {
		for _, k := range keys {
			text := batch.NewBuilder(types.Text, 1)
			text.String(k)
			c := text.Finish()
			got := sums{}
			found, err := p.Pin.(state.Finder).Find(t.Context(), cols, [][]byte{value.WideKey(nil, &c, 0)}, got)
			if err != nil || !found {
				t.Fatalf("the index is not used: %v", err)
			}
			for v, n := range p.want[k] {
				if got[v] != n {
					t.Fatalf("epoch %d: key %s has %d of %d, not %d", p.Epoch(), k, got[v], v, n)
				}
			}
			if len(got) > len(p.want[k])+1 {
				t.Fatalf("epoch %d: key %s gives %d rows for %d", p.Epoch(), k, len(got), len(p.want[k]))
			}
		}
	}
	for no := uint64(1); no <= 60; no++ {
		ep := &batch.Epoch{No: no}
		k, v := batch.NewBuilder(types.Text, 0), batch.NewBuilder(types.Int8, 0)
		var diff []int64
		for range 1 + rng.IntN(200) {
			key, val, d := keys[rng.IntN(len(keys))], int64(rng.IntN(40)), int64(1)
			have := now[key]
			if have == nil {
				have = sums{}
				now[key] = have
			}
			if have[val] > 0 && rng.IntN(3) > 0 {
				d = -have[val]
			}
			if have[val] += d; have[val] == 0 {
				delete(have, val)
			}
			k.String(key)
			batch.Put(v, val)
			diff = append(diff, d)
		}
		if err := a.Push(t.Context(), &batch.Batch{Epoch: ep, N: len(diff), Cols: []batch.Column{k.Finish(), v.Finish()}, Diff: diff}); err != nil {
			t.Fatal(err)
		}
		if err := a.Advance(t.Context(), stream.Progress{Epoch: ep}); err != nil {
			t.Fatal(err)
		}
		if no < 5 {
			continue
		}
		a.Index(cols, []types.Type{types.Text})
		p := pin{a.Pin(), map[string]sums{}}
		for key, have := range now {
			p.want[key] = sums{}
			for val, n := range have {
				p.want[key][val] = n
			}
		}
		pins = append(pins, p)
		at := rng.IntN(len(pins))
		ask(pins[at])
		if len(pins) > 5 {
			pins[at].Release()
			pins = slices.Delete(pins, at, at+1)
		}
	}
	for _, p := range pins {
		ask(p)
	}
}
