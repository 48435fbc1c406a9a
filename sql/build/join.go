package build

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
)

// keptState is an operator that survives a restart.
type keptState interface {
	state.Keeper
	Listen(on bool)
	Bytes() int64
}

// joinSide is one input of a join, with a column for each of its keys.
type joinSide struct {
	folded
	keys []int
}

func newJoinSide(in batch.Schema) *joinSide {
	s := &joinSide{}
	for i, f := range in {
		s.exprs = append(s.exprs, expr.Col(i, f.Type, f.Name))
		s.schema = append(s.schema, f)
	}
	return s
}

// join builds n. The right side is built first, so that it comes first: in a query that ends the left passes by it. A
// right side that is looked up comes last.
func (b *builder) join(n *plan.Join, next stream.Sink) error {
	l, r := newJoinSide(n.Left.Schema()), newJoinSide(n.Right.Schema())
	width, fresh := len(l.exprs), 0
	spec := op.JoinSpec{Kind: op.JoinKind(n.Kind), Single: n.Single, NullAware: n.NullAware, AsOf: n.AsOf, Once: n.Once}
	for _, k := range n.Keys {
		l.keys, r.keys = append(l.keys, l.column(k.Left)), append(r.keys, r.column(k.Right))
		spec.NullSafe = append(spec.NullSafe, k.NullSafe)
	}
	fresh = len(l.exprs)
	spec.Left, spec.Right, spec.LeftKeys, spec.RightKeys = l.schema, r.schema, l.keys, r.keys
	if n.On != nil {
		spec.On = expr.Remap(n.On, func(i int) int {
			if i < width {
				return i
			}
			return i - width + fresh
		})
	}
	spec.Ends = b.joinEnds(n, [2]*joinSide{l, r})
	next = b.withoutKeys(n, spec, next)
	j, err := op.NewJoin(spec, b.opsOver(n, append(slices.Clone(spec.Left), spec.Right...)), next)
	if err != nil {
		return err
	}
	if k, ok := j.(keptState); ok {
		b.stateful = append(b.stateful, k)
	}
	left := func() error { return b.into(n.Left, l.project(b, n.Left, j.Left())) }
	right := func() error { return b.into(n.Right, r.project(b, n.Right, j.Right())) }
	first, second := right, left
	if n.Lookup != nil && !n.Lookup.Left {
		first, second = left, right
	}
	if err := first(); err != nil {
		return err
	}
	if err := second(); err != nil {
		return err
	}
	b.lookUp(n.Lookup, j)
	return nil
}

// lookUp makes the last input, which is a table's, be read by the keys of the other side of a join.
func (b *builder) lookUp(l *plan.JoinLookup, j op.Join) {
	s, ok := j.(op.KeySource)
	if l == nil || !ok {
		return
	}
	b.inputs[len(b.inputs)-1].Find = &Find{Columns: l.Columns, Late: func() ([][]byte, bool) { return s.Keys(!l.Left, l.Keys, maxKeys) }}
}

// withoutKeys drops the columns that were added for keys.
func (b *builder) withoutKeys(n *plan.Join, spec op.JoinSpec, next stream.Sink) stream.Sink {
	out, schema := n.Schema(), spec.Schema()
	if len(out) == len(schema) {
		return next
	}
	width := len(n.Left.Schema())
	var es []expr.Expr
	for i, f := range out {
		if i >= width {
			i += len(spec.Left) - width
		}
		es = append(es, expr.Col(i, f.Type, f.Name))
	}
	return op.NewProject(es, b.ops, next)
}
