package action

import (
	"math"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
)

// Flow counts what triggers send from one relation to another. Any goroutine may read it.
type Flow struct {
	Events     atomic.Int64 // rows that were added
	Bytes      atomic.Int64 // of their values
	Duplicates atomic.Int64 // rows that were not added, as the other relation had them
	Kept       atomic.Int64 // of Events: those that are still the event that they were, with its event_id and context_hash
	Nanos      atomic.Int64 // from when triggers were given the rows, shared out among those that were there with them
	spread     [flowSteps]atomic.Int64
}

// flowSteps are the quarters of powers of two by which times are told apart: up to 2^40 ns.
const flowSteps = 160

// repeating is who knows rows that a relation has already.
type repeating interface{ DroppedOf(relation uint32) int64 }

// note counts n rows with columns cols, of which some repeat others, that took micros.
func (f *Flow) note(n, repeated int64, cols []batch.Column, keeps bool, micros int64) {
	for i := range cols {
		f.Bytes.Add(int64(cols[i].Bytes()))
	}
	f.Events.Add(n - repeated)
	f.Duplicates.Add(repeated)
	if keeps {
		f.Kept.Add(n - repeated)
	}
	f.Nanos.Add(micros * 1000)
	f.spread[flowStep(micros*1000/n)].Add(n)
}

func flowStep(nanos int64) int {
	return min(flowSteps-1, int(4*math.Log2(float64(max(1, nanos)))))
}

// Within gives the time within which a share of the rows were there, at most a fifth too long.
func (f *Flow) Within(share float64) (nanos int64) {
	total := int64(0)
	for i := range f.spread {
		total += f.spread[i].Load()
	}
	if total == 0 {
		return 0
	}
	rank, seen := int64(math.Ceil(share*float64(total))), int64(0)
	for i := range f.spread {
		if seen += f.spread[i].Load(); seen >= rank {
			return int64(math.Exp2(float64(i+1) / 4))
		}
	}
	return math.MaxInt64
}
