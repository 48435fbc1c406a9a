package bind

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// closest binds an ASOF join: each left row meets, of the right rows that the condition lets it, the one that comes nearest
// in the inequality. It is the query that finds this row, run for each left row:
//
//	a ASOF JOIN b ON a.k = b.k AND a.ts >= b.ts
//	a JOIN LATERAL (SELECT * FROM b WHERE a.k = b.k AND a.ts >= b.ts ORDER BY b.ts DESC LIMIT 1) AS b ON true
func (b *binder) closest(f *ast.Join) (plan.Node, *scope, error) {
	kind, pos := plan.InnerJoin, f.Position()
	if f.Kind == "asof left" {
		kind = plan.LeftJoin
	}
	if f.On == nil {
		return nil, nil, missing(pos, "ASOF JOIN without ON").(*sqlerr.Error).WithHint("Write ON a.k = b.k AND a.ts >= b.ts: any number of equalities, and one inequality.")
	}
	order, err := b.nearest(f)
	if err != nil {
		return nil, nil, err
	}
	var alias ast.Alias
	switch r := f.Right.(type) {
	case *ast.Table:
		alias.Name = r.Name[len(r.Name)-1]
		if r.Alias.Name != "" {
			alias.Name = r.Alias.Name
		}
	case *ast.Derived:
		alias.Name = r.Alias.Name
	default:
		return nil, nil, missing(f.Right.Position(), "ASOF JOIN with something other than a relation or a query")
	}
	at := ast.Pos(f.Right.Position())
	best := &ast.Derived{Pos: at, Lateral: true, Alias: alias, Query: &ast.Query{
		Pos: at, OrderBy: []ast.OrderItem{order}, Limit: &ast.Literal{Pos: at, Kind: ast.LitNumber, Text: "1"},
		Body: &ast.Select{Pos: at, Items: []ast.SelectItem{{X: &ast.Star{Pos: at}}}, From: []ast.From{f.Right}, Where: f.On},
	}}
	l, ls, err := b.entry(f.Left)
	if err != nil {
		return nil, nil, err
	}
	return b.lateral(kind, l, ls, best, nil)
}

// nearest finds the inequality of an ASOF join's condition, and gives the order in which the nearest right row comes first.
func (b *binder) nearest(f *ast.Join) (order ast.OrderItem, err error) {
	probe := *b
	_, ls, err := probe.entry(f.Left)
	if err != nil {
		return order, err
	}
	_, rs, err := probe.entry(f.Right)
	if err != nil {
		return order, err
	}
	if err := distinctNames(ls, rs, f.Right.Position()); err != nil {
		return order, err
	}
	if _, err := (&exprs{b: &probe, s: ls.and(rs), clause: "JOIN/ON"}).condition(f.On); err != nil {
		return order, err // of names that both sides have, for one
	}
	of := func(s *scope, x ast.Expr) bool {
		lone := probe
		lone.outer = nil
		_, err := (&exprs{b: &lone, s: s, clause: "JOIN/ON"}).bind(x)
		return err == nil
	}
	terms := []ast.Expr{f.On}
	if l, ok := f.On.(*ast.Logic); ok && l.And {
		terms = l.Terms
	}
	found := 0
	for _, t := range terms {
		c, ok := t.(*ast.Binary)
		if !ok || c.Op != "<" && c.Op != "<=" && c.Op != ">" && c.Op != ">=" {
			continue
		}
		x, less := c.Right, c.Op[0] == '<' // left op right
		switch {
		case of(ls, c.Left) && of(rs, c.Right):
		case of(rs, c.Left) && of(ls, c.Right):
			x, less = c.Left, !less
		default:
			continue
		}
		found++
		order = ast.OrderItem{X: x, Desc: !less}
	}
	if found != 1 {
		return order, sqlerr.New(sqlerr.SyntaxError, "an ASOF JOIN needs one inequality between its sides, and this one has %d", found).At(f.Position()).
			WithHint("Write a ASOF JOIN b ON a.k = b.k AND a.ts >= b.ts.")
	}
	return order, nil
}
