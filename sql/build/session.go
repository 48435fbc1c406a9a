package build

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// session builds session windows: rows with a time, ordered by the keys and then by time.
func (b *builder) session(n *plan.Session, next stream.Sink) (keeper, error) {
	in := n.Input.Schema()
	f := &folded{}
	for i, c := range in {
		f.exprs, f.schema = append(f.exprs, expr.Col(i, c.Type, c.Name)), append(f.schema, c)
	}
	spec := window.SessionSpec{Time: n.Time, Gap: n.Gap}
	var order []op.OrderKey
	for _, k := range n.Keys {
		c := f.column(k)
		spec.Keys = append(spec.Keys, c)
		order = append(order, op.OrderKey{Col: c})
	}
	spec.Drop = len(f.exprs) - len(in)
	order = append(order, op.OrderKey{Col: n.Time})
	var k keeper
	var to stream.Sink
	switch {
	case b.ops.Bounded:
		to = op.NewOrder(order, op.NoLimit, b.ops, window.NewSession(spec, b.ops, next))
	case n.OnClose:
		k = window.NewClosingSession(spec, window.CloseSpec{Allowed: n.Lateness, Marks: b.marks(n.Input, n.Time), View: b.env.View, Late: b.late(n.Input, f.schema)}, f.schema, b.opsOver(n.Input, f.schema), next)
	default:
		k = window.NewChangingSession(spec, f.schema, b.opsOver(n.Input, f.schema), next)
	}
	if k != nil {
		b.keep(k)
		to = k
	}
	into := f.project(b, n.Input, to)
	if !in[n.Time].NotNull {
		into = op.NewFilter(expr.IsNull(expr.Col(n.Time, in[n.Time].Type, in[n.Time].Name), true), b.opsOver(n.Input, nil), into)
	}
	return k, b.into(n.Input, into)
}

// sessionGroups builds an aggregate and the sessions s below it, whose groups it has, in one; nil if they cannot be one.
func (b *builder) sessionGroups(n *plan.Aggregate, s *plan.Session, next stream.Sink) (keeper, error) {
	in := s.Input.Schema()
	at := expr.Col(s.Time, in[s.Time].Type, in[s.Time].Name)
	f := &folded{}
	spec := window.SessionGroupsSpec{Time: f.column(at), Gap: s.Gap}
	for i, k := range n.Keys {
		key := window.HopKey{Name: n.KeyNames[i], Column: -1}
		if c, ok := expr.IsCol(k); ok && c >= len(in) {
			key.Bound = hopBounds[c-len(in)]
		} else {
			key.Column = f.column(k)
		}
		spec.Keys = append(spec.Keys, key)
	}
	var err error
	if spec.Calls, err = f.calls(n.Aggs); err != nil {
		return nil, err
	}
	spec.Input = f.schema
	env, g := b.opsOver(s.Input, f.schema), keeper(nil)
	if s.OnClose {
		judges := len(b.judges)
		c := window.CloseSpec{Allowed: s.Lateness, Marks: b.marks(s.Input, s.Time), View: b.env.View, Late: b.late(s.Input, f.schema)}
		e, ok, err := window.NewEndingGroups(spec, c, env, next)
		if err != nil || !ok {
			b.judges = b.judges[:judges]
			return nil, err
		}
		g = e
	} else if g, err = window.NewSessionGroups(spec, env, next); err != nil {
		return nil, err
	}
	b.keep(g)
	into := f.project(b, s.Input, g)
	if !in[s.Time].NotNull {
		into = op.NewFilter(expr.IsNull(at, true), b.opsOver(s.Input, nil), into)
	}
	return g, b.into(s.Input, into)
}

// marks are the watermarks that bound column time of n from below. The view is known to go by them.
func (b *builder) marks(n plan.Node, time int) []window.Mark { return b.marksOf(n.Times()[time]) }

func (b *builder) marksOf(times plan.Times) []window.Mark {
	var out []window.Mark
	for _, t := range times {
		m := window.Mark{Relation: t.Relation, Minus: t.Minus}
		out = append(out, m)
		if i := slices.IndexFunc(b.waits, func(w window.Mark) bool { return w.Relation == m.Relation }); i < 0 {
			b.waits = append(b.waits, m)
		} else {
			b.waits[i].Minus = max(b.waits[i].Minus, m.Minus)
		}
	}
	return out
}
