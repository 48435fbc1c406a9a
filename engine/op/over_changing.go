package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// NewChangingOver gives every row with the results of window functions, kept while rows come and go: where a row came or
// went, its partition is computed again. Rows that are equal in order go by their values.
func NewChangingOver(spec OverSpec, env *Env, next stream.Sink) *Recompute {
	r := RecomputeSpec{
		Name: "window functions", Input: spec.Input, Prefix: len(spec.Partition), Apart: true,
		Results: spec.Schema()[len(spec.Input):],
		Compute: func(r *Region) ([]batch.Column, error) { return compute(spec, r) },
	}
	for _, c := range spec.Partition {
		r.Order = append(r.Order, OrderKey{Col: c})
	}
	r.Order = append(r.Order, spec.Order...)
	return NewRecompute(r, env, next)
}

// compute gives the results of a partition's rows.
func compute(spec OverSpec, r *Region) ([]batch.Column, error) {
	o := &over{spec: spec, rows: r.Rows, parts: make([]overRow, 0, len(r.Places))}
	for i, place := range r.Places {
		at := len(o.keys)
		o.keys = append(o.keys, place...)
		o.parts = append(o.parts, overRow{from: at, mid: at + r.Prefix, to: len(o.keys), row: uint32(i)})
	}
	return o.results(context.Background())
}
