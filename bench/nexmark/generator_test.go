package main

import (
	"math"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// TestEventsStandAlone makes events in two other cuts and from another start: they are the same.
func TestEventsStandAlone(t *testing.T) {
	whole := text(everything(NewGenerator(7, 1000), 0, 500, 500))
	if cut := text(everything(NewGenerator(7, 1000), 0, 500, 7)); !slices.Equal(whole, cut) {
		t.Error("the cuts matter")
	}
	g := NewGenerator(7, 1000)
	late := text(everything(g, 400, 500, 13))
	late = append(late, text(everything(g, 0, 400, 400))...)
	if slices.Sort(late); !slices.Equal(whole, late) {
		t.Error("the order matters")
	}
	if other := text(everything(NewGenerator(8, 1000), 0, 500, 500)); slices.Equal(whole, other) {
		t.Error("the seed does not matter")
	}
}

func everything(g *Generator, from, to, step int64) (out []*batch.Batch) {
	for ; from < to; from += step {
		for _, b := range g.Batches(from, min(from+step, to)) {
			if b != nil {
				out = append(out, b.Clone())
			}
		}
	}
	return out
}

// TestShape holds proportions, sizes and skews against what the standard generator promises.
func TestShape(t *testing.T) {
	const events = 50_000
	g := NewGenerator(1, 10_000)
	var n, size [streams]int
	var hotAuctions, hotBidders int
	for at := int64(0); at < events; at += batch.MaxRows {
		for s, b := range g.Batches(at, min(at+batch.MaxRows, events)) {
			n[s] += b.N
			for i := range b.Cols {
				for r := range b.N {
					if b.Cols[i].Type == types.Text {
						size[s] += len(b.Cols[i].Str(r))
					} else {
						size[s] += 8
					}
				}
			}
			if s == bid {
				for r := range b.N {
					hotAuctions += one((batch.Values[int64](&b.Cols[0])[r]-firstID)%hotEvery == 0)
					hotBidders += one((batch.Values[int64](&b.Cols[1])[r]-firstID)%hotEvery == 1)
				}
			}
		}
	}
	if n != [streams]int{events / 50, events * 3 / 50, events * 46 / 50} {
		t.Errorf("persons, auctions, bids: %v", n)
	}
	near := func(what string, got, want, off float64) {
		if math.Abs(got-want) > off {
			t.Errorf("%s: %.3f, want %.3f", what, got, want)
		}
	}
	for s, want := range []float64{200 + 8, 500} { // the standard does not count a person's time
		near("average size of "+names[s], float64(size[s])/float64(n[s]), want, 0.03*want)
	}
	near("bids on hot auctions", float64(hotAuctions)/float64(n[bid]), 0.5+0.5/100, 0.02)
	near("bids of hot bidders", float64(hotBidders)/float64(n[bid]), 0.75+0.25/100, 0.02)
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
