// Package stream has the two verbs of the engine: rows move, time moves.
//
// Everything that takes rows is a Sink: operators, outputs, actions, queues, links to other nodes. An operator is a
// Sink that was made with the next Sink, as a gzip.Writer is made with an io.Writer; a join gives two Sinks. What
// gives rows is a Source. Nothing else flows.
//
//	Push Push Push Advance(1) Push Advance(2) Advance(3) ... Advance(n, End) Close
//	╰── epoch 1 ───────────╯ ╰─ epoch 2 ───╯ ╰ no rows ╯
//
// A bounded query is a stream that ends: the same operators, then Advance with End.
//
// # Concurrency
//
// The methods of a Sink are never called at the same time. A goroutine boundary is a Sink of its own (engine/flow).
package stream

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Mark is where one relation's event time stands: nothing older than At is expected any more.
type Mark struct {
	Relation uint32
	At       types.Micros // types.MinTime: nothing is known yet
	Idle     bool         // no lane of the relation is active
}

// Watermarks is the marks of all relations that have one, ascending by Relation. It is immutable.
type Watermarks []Mark

// Of gives the watermark of a relation, types.MinTime if it has none.
func (w Watermarks) Of(relation uint32) types.Micros {
	for i := range w {
		if w[i].Relation == relation {
			return w[i].At
		}
	}
	return types.MinTime
}

// Progress ends an epoch for one input.
type Progress struct {
	Epoch      *batch.Epoch
	Watermarks Watermarks // as recorded with this epoch; they judge the rows of the next one
	End        bool       // the stream ends here: windows close, nothing follows but Close
}

// Sink receives a stream of batches.
type Sink interface {
	// Push hands over rows of the epoch under way. b is borrowed until Push returns: who keeps it, clones it.
	// ErrStop says that the Sink has enough; any other error ends the stream.
	Push(ctx context.Context, b *batch.Batch) error
	// Advance ends an epoch: exactly once per epoch and input, also for an epoch without rows. Windows close here,
	// and changes leave here. Watermarks never move back.
	Advance(ctx context.Context, p Progress) error
	// Close releases what the Sink holds and closes the Sinks after it. It flushes nothing, and may come twice.
	Close() error
}

// Source gives batches.
type Source interface {
	// Schema is what Run pushes.
	Schema() batch.Schema
	// Run pushes into to until ctx is done or the source ends, and returns nil in both cases. It does not close to.
	Run(ctx context.Context, to Sink) error
}

// ErrStop is what a Sink that has enough returns from Push: a LIMIT that is full. It is no failure; whoever drives
// the stream stops pushing, and still calls Advance with End and Close.
var ErrStop = errors.New("stream: the receiver has enough rows")
