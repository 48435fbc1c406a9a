package plan

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// splitNulls makes several marks of one that may be null, for queries that go on: whether a right row matches, and whether
// one is there whose match is not known. That is what null means for IN and its kin.
func splitNulls(n Node) Node {
	j, ok := n.(*Join)
	if !ok || j.Kind != MarkJoin || !j.NullAware || j.On == nil || len(j.Keys) > 0 {
		return n
	}
	width := Width(j.Left)
	mark := func(i int) expr.Expr { return expr.Col(width+i, types.Bool, "mark") }
	// shifted is an expression over both sides, whose right one begins so many columns later.
	shifted := func(e expr.Expr, by int) expr.Expr {
		return expr.Remap(e, func(c int) int {
			if c < width {
				return c
			}
			return c + by
		})
	}
	var top Node = &Join{Kind: MarkJoin, Left: j.Left, Right: j.Right, On: j.On}
	unknown := []expr.Expr{mark(1)}
	if k, isKey := joinKey(j.On, width); isKey && !k.NullSafe {
		yes, err := expr.Lit(types.Bool, "true")
		if err != nil {
			return n
		}
		null := &Filter{Input: j.Right, Cond: expr.IsNull(k.Right, false)}
		top = &Join{Kind: MarkJoin, Left: top, Right: null}
		top = &Join{Kind: MarkJoin, Left: top, Right: j.Right, Keys: []JoinKey{{Left: expr.IsNull(k.Left, false), Right: yes}}}
		unknown = append(unknown, mark(2))
	} else {
		top = &Join{Kind: MarkJoin, Left: top, Right: j.Right, On: shifted(expr.IsNull(j.On, false), 1)}
	}
	value, err := expr.Case([]expr.Expr{mark(0), expr.Or(unknown...)}, []expr.Expr{mark(0), expr.Null(types.Bool)}, mark(0))
	if err != nil {
		return n
	}
	p := &Project{Input: top}
	for i, f := range j.Left.Schema() {
		p.Exprs, p.Names = append(p.Exprs, expr.Col(i, f.Type, f.Name)), append(p.Names, f.Name)
	}
	p.Exprs, p.Names = append(p.Exprs, value), append(p.Names, "mark")
	return p
}
