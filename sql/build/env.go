package build

import (
	"context"
	"log/slog"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// Env is what a query runs with.
type Env struct {
	Zone *time.Location // the session's TimeZone; nil is UTC
	// Now is the time of now() in a query that ends. A view takes its epochs' times.
	Now types.Micros
	// Params are the values of $1, $2, ... as columns of one row, of the types that binding inferred.
	Params []batch.Column
	// Catalog answers the functions that ask the catalog and the session; nil in a view.
	Catalog expr.Catalog
	Budget  *mem.Budget // nil: no limit
	// DeadLetter takes a view's rows that could not be evaluated; nil drops them. See op.Env.
	DeadLetter func(ctx context.Context, op string, err error, b *batch.Batch, row int)
	// Late takes a view's rows that came too late; nil drops them.
	Late   window.LateSink
	View   string // the view's name, for Late
	Logger *slog.Logger
	// Count makes counters for Counters.
	Count bool
}

func (e *Env) operators(bounded bool) *op.Env {
	return &op.Env{Zone: e.Zone, Params: e.Params, Catalog: e.Catalog, Bounded: bounded, Now: e.Now, DeadLetter: e.DeadLetter, Budget: e.Budget}
}

// Input is a place where rows of a relation enter. The caller pushes batches of exactly Columns, and calls Advance once
// an epoch; for a query that ends, once with End. Two inputs may read the same relation: each wants all its rows.
type Input struct {
	Relation uint32
	Columns  []int // positions among the relation's columns, hidden ones included; may be none
	// MinTime and MaxTime bound, both included, the event times that matter: others may be left out.
	MinTime, MaxTime types.Micros
	Sink             stream.Sink
}

// Counter is how many rows an operator gave, and in how many batches.
type Counter struct{ Rows, Batches int64 }

// Notes gives the counters of a built plan to plan.Text and its kin.
func Notes(counters map[plan.Node]*Counter) plan.Note {
	return func(n plan.Node) []plan.Detail {
		c := counters[n]
		if c == nil {
			return nil
		}
		return []plan.Detail{{Key: "Rows", Value: count(c.Rows)}, {Key: "Batches", Value: count(c.Batches)}}
	}
}

// counted counts what passes to next.
type counted struct {
	stream.Sink
	c *Counter
}

func (s counted) Push(ctx context.Context, b *batch.Batch) error {
	s.c.Rows += int64(b.N)
	s.c.Batches++
	return s.Sink.Push(ctx, b)
}
