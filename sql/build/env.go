package build

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// Env is what a query runs with.
type Env struct {
	Locale *types.Locale // the session's; nil in a view
	// Now is the time of now() in a query that ends. A view takes its epochs' times.
	Now types.Micros
	// Params are the values of $1, $2, ... as columns of one row, of the types that binding inferred.
	Params []batch.Column
	// Catalog answers the functions that ask the catalog and the session; nil in a view.
	Catalog expr.Catalog
	Budget  *mem.Budget   // nil: no limit
	Scratch state.Scratch // see op.Env
	// Given is rows that are there by then, by the IDs of the Workings that stand for them.
	Given map[int][]*batch.Batch
	// DeadLetter takes a view's rows that could not be evaluated; nil drops them. See op.Env.
	DeadLetter func(ctx context.Context, op string, err error, b *batch.Batch, row int, at Aside)
	// Late takes a view's rows that came too late; nil drops them.
	Late func(ctx context.Context, l *window.Late, at Aside) error
	View string // the view's name, for Late
	// Retention is how long a view keeps a result after its time, by the watermark; 0: for ever.
	Retention types.Micros
	Logger    *slog.Logger
	// Crew is who helps with the rows of a view, and Workers how many may be at work for one, its own goroutine among them.
	Crew    *flow.Crew
	Workers int
	// LaneRows is how many rows an epoch must have for that; 0: as many as make it pay.
	LaneRows int
	// Count makes counters for Counters. Clock is what they take their times from.
	Count bool
	Clock func() types.Micros
}

func (e *Env) operators(bounded bool) *op.Env {
	return &op.Env{Locale: e.Locale, Params: e.Params, Catalog: e.Catalog, Bounded: bounded, Now: e.Now, Budget: e.Budget, Scratch: e.Scratch}
}

// Input is a place where rows of a relation enter. The caller pushes batches of exactly Columns, and calls Advance once
// an epoch; for a query that ends, once with End. Two inputs may read the same relation: each wants all its rows.
type Input struct {
	Relation uint32 // 0: of none, it only takes epochs
	Columns  []int  // positions among the relation's columns, hidden ones included; may be none
	// MinTime and MaxTime bound, both included, the event times that matter: others may be left out.
	MinTime, MaxTime types.Micros
	// Values bound other columns, of a stream, likewise.
	Values []ValueRange
	// Find, of a table, says which rows matter: others may be left out. Nil: all do.
	Find    *Find
	Sink    stream.Sink
	Filter  *rule.Filter // the filter that Sink is, of a stream in a view, if its rows can be found by others; nil: they cannot
	Lanes   *flow.Lanes  // folds an epoch's rows on several cores; nil: Sink alone does
	Counter *Counter     // of the scan, if Env.Count
}

// ValueRange is the values of a column of integers, dates or timestamps that matter, both ends included.
type ValueRange struct {
	Column   int // of the relation
	Min, Max int64
}

// Find is the rows whose columns have one of the keys, which are as state.Finder takes them.
type Find struct {
	Columns []int // of the relation
	Keys    [][]byte
	// Late, if set, gives the keys in place of Keys, when the inputs before have ended; false: all rows matter.
	Late func() (keys [][]byte, ok bool)
}

// Counter is what an operator gave: rows, in batches, of so many bytes.
type Counter struct {
	Rows, Batches, Bytes int64
	Timed                bool
	Time                 types.Micros // in the operators after it
	Scan                 *ScanCounter // of a scan that a query drove
}

// ScanCounter is what a scan met.
type ScanCounter struct {
	Time   types.Micros // from its first row to its end, with the operators after it
	Blocks string       // what became of the blocks, for people; empty: it read none
}

// Notes gives the counters of a built plan to plan.Text and its kin.
func Notes(counters map[plan.Node]*Counter) plan.Note {
	return func(n plan.Node) []plan.Detail {
		c := counters[n]
		if c == nil {
			return nil
		}
		out := []plan.Detail{
			plan.Count("Rows", c.Rows), plan.Count("Batches", c.Batches), plan.Count("Bytes", c.Bytes),
		}
		if spent, known := ownTime(n, counters); known {
			out = append(out, plan.Detail{Key: "Time", Value: fmt.Sprintf("%.3f ms", float64(spent)/1000), Number: float64(spent) / 1000})
		}
		if c.Scan != nil && c.Scan.Blocks != "" {
			out = append(out, plan.Detail{Key: "Blocks", Value: c.Scan.Blocks})
		}
		return out
	}
}

// ownTime is the time that an operator took itself: what its inputs waited for it, less what it waited for the next one.
func ownTime(n plan.Node, counters map[plan.Node]*Counter) (spent types.Micros, known bool) {
	c := counters[n]
	if !c.Timed {
		return 0, false
	}
	if len(n.Children()) == 0 {
		if c.Scan == nil {
			return 0, false
		}
		return max(c.Scan.Time-c.Time, 0), true
	}
	for _, k := range n.Children() {
		if in := counters[k]; in != nil {
			spent += in.Time
		}
	}
	return max(spent-c.Time, 0), true
}

// counted counts what passes to next.
type counted struct {
	stream.Sink
	c     *Counter
	clock func() types.Micros
}

func (s counted) Push(ctx context.Context, b *batch.Batch) error {
	s.c.Rows += int64(b.N)
	s.c.Batches++
	s.c.Bytes += int64(b.Bytes())
	defer s.time()()
	return s.Sink.Push(ctx, b)
}

func (s counted) Advance(ctx context.Context, p stream.Progress) error {
	defer s.time()()
	return s.Sink.Advance(ctx, p)
}

// time counts until the function that it gives is called.
func (s counted) time() func() {
	if s.clock == nil {
		return func() {}
	}
	began := s.clock()
	return func() { s.c.Time += s.clock() - began }
}
