package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/plan"
)

// postponed says whether the select list is computed behind ORDER BY, and LIMIT where it can be, as in PostgreSQL: it has
// set-returning functions or gives something else each time, such as nextval(), and is not what the rows are sorted by.
func (s *selection) postponed(p *plan.Project, keys []plan.SortKey) bool {
	if s.b.env.Continuous || s.s.Distinct || s.s.DistinctOn != nil || s.q.Ties || keys == nil && (s.q.Limit == nil || s.q.Offset != nil) {
		return false
	}
	later := func(v expr.Expr) bool { return ofSets(v) || expr.Volatility(v) == expr.Volatile }
	for _, k := range keys {
		if ofSets(p.Exprs[k.Column]) {
			return false
		}
	}
	for i, v := range p.Exprs[:len(s.items)] {
		if later(v) && !slices.ContainsFunc(keys, func(k plan.SortKey) bool { return k.Column == i }) {
			return keys != nil || len(s.unfolds) == 0
		}
	}
	return false
}

// ofSets says whether v reads what a set-returning function of the select list gives.
func ofSets(v expr.Expr) bool {
	return slices.ContainsFunc(expr.Columns(v), func(c int) bool { return c >= setBase && c < plan.OuterBase })
}

// orderedFirst is the select list p over the rows of n in their order: these have n's columns, and the keys behind them.
func (s *selection) orderedFirst(n plan.Node, p *plan.Project, keys []plan.SortKey) (plan.Node, error) {
	schema := n.Schema()
	in := passing(n, schema)
	by := slices.Clone(keys)
	for i, k := range keys {
		v := p.Exprs[k.Column]
		by[i].Column = len(in.Exprs)
		in.Exprs, in.Names = append(in.Exprs, v), append(in.Names, p.Names[k.Column])
		p.Exprs[k.Column] = expr.Col(by[i].Column, v.Type(), p.Names[k.Column])
	}
	first, then := *s.q, *s.q
	if len(s.unfolds) == 0 && s.q.Offset == nil {
		then.Limit = nil
	} else {
		first.Limit, first.Offset = nil, nil
	}
	n, err := s.b.ordered(in, s.scope, by, &first)
	if err != nil {
		return nil, err
	}
	p.Input = s.unfolded(n, p.Exprs)
	if n, err = s.b.ordered(p, s.scope, nil, &then); err != nil {
		return nil, err
	}
	return firstColumns(n, len(s.items)), nil
}
