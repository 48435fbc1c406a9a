package rule

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// rest is what of a conjunction no predicate says.
type rest struct {
	rank uint32
	pred *expr.Predicate
	cols []int
}

// restRun is scratch for the evaluation of rests.
type restRun struct {
	ctx  *expr.Ctx
	rows []uint32
	pass []uint32
	few  batch.Batch
}

// finish evaluates the rests of the conjunctions that are pending, each for its rows together.
func (v *view) finish(r *restRun, failures []Failure) []Failure {
	if len(v.pending) == 0 {
		v.hits = slices.Compact(v.hits)
		return failures
	}
	slices.Sort(v.pending)
	for from := 0; from < len(v.pending); {
		at := v.pending[from] >> 32
		to := from
		r.rows = r.rows[:0]
		for ; to < len(v.pending) && v.pending[to]>>32 == at; to++ {
			if row := uint32(v.pending[to]); len(r.rows) == 0 || r.rows[len(r.rows)-1] != row {
				r.rows = append(r.rows, row)
			}
		}
		x := &v.rests[v.conds[at].rest]
		b, all := v.b, len(r.rows) == v.b.N
		if !all {
			b = r.gather(v.b, x.cols)
		}
		r.ctx.Reset()
		r.pass = x.pred.Select(r.ctx, b, r.pass[:0])
		for _, row := range r.pass {
			v.hits = append(v.hits, uint64(r.rows[row])<<32|uint64(x.rank))
		}
		for _, f := range r.ctx.Failures() {
			failures = append(failures, Failure{Row: int(r.rows[f.Row]), Rule: v.ids[x.rank], Err: f.Err})
		}
		from = to
	}
	v.pending = v.pending[:0]
	slices.Sort(v.hits)
	v.hits = slices.Compact(v.hits)
	return failures
}

// gather makes a batch of the rows that are left, with the columns that are read.
func (r *restRun) gather(b *batch.Batch, cols []int) *batch.Batch {
	r.few = batch.Batch{Epoch: b.Epoch, N: len(r.rows), Cols: longer(r.few.Cols[:0], len(b.Cols), batch.Column{})}
	for _, i := range cols {
		r.few.Cols[i] = b.Cols[i].Take(r.rows)
	}
	return &r.few
}
