package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// Bounded is a query that ends, ready to run. The caller drives every Input in turn to its Advance with End, each after a
// Feed of its number, and Feeds the number behind the last; then it calls Close.
type Bounded struct {
	Inputs   []Input
	Counters map[plan.Node]*Counter // if Env.Count
	feeds    []feed
	fed      int // feeds that have run
	out      stream.Sink
}

// Query builds a query that ends. Its rows go to out, which is advanced once, with End, when all inputs are.
func Query(p plan.Node, out stream.Sink, env *Env) (*Bounded, error) {
	b := newBuilder(env, true)
	if err := b.into(p, out); err != nil {
		return nil, err
	}
	return &Bounded{Inputs: b.inputs, Counters: b.counters, feeds: b.feeds, out: out}, nil
}

// Feed runs the rows that the query brings with it and that its plan has before input i: all of it, if it reads no relation.
func (q *Bounded) Feed(ctx context.Context, i int) error {
	for ; q.fed < len(q.feeds) && q.feeds[q.fed].before <= i; q.fed++ {
		if err := q.feeds[q.fed].run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close closes all inputs, and so every operator and out.
func (q *Bounded) Close() error {
	var first error
	for i := range q.Inputs {
		if err := q.Inputs[i].Sink.Close(); err != nil && first == nil {
			first = err
		}
	}
	for i := range q.feeds {
		if err := q.feeds[i].to.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
