package bind

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// asOf reads FOR SYSTEM_TIME AS OF at the right side of a join. A query that ends sees one state of the relation anyway; in
// one that goes on, rows of the left side look things up as they come in.
func (b *binder) asOf(f *ast.Join, l plan.Node, ls *scope) (right ast.From, asOf bool, err error) {
	t, ok := f.Right.(*ast.Table)
	if !ok || t.AsOf == nil {
		return f.Right, false, nil
	}
	pos := t.AsOf.Position()
	if f.Kind != "inner" && f.Kind != "left" {
		return nil, false, missing(pos, "FOR SYSTEM_TIME AS OF in a join that is neither inner nor LEFT")
	}
	was := b.clockAt
	at, err := (&exprs{b: b, s: ls, clause: "FOR SYSTEM_TIME AS OF", clock: true}).bind(t.AsOf)
	b.clockAt = was // it asks the time for no value that is kept
	if err != nil {
		return nil, false, err
	}
	if !accepted(l, at) {
		return nil, false, missing(pos, "FOR SYSTEM_TIME AS OF another time than that at which a row is accepted").(*sqlerr.Error).
			WithHint("Write FOR SYSTEM_TIME AS OF proctime(); or keep the versions in a stream, and join the newest one: s ASOF JOIN versions AS v ON s.k = v.k AND s.ts >= v.ts.")
	}
	d := *t
	d.AsOf = nil
	if !b.env.Continuous {
		return &d, false, nil
	}
	if !l.AppendOnly() {
		return nil, false, missing(pos, "FOR SYSTEM_TIME AS OF the time of rows that may change")
	}
	if r := b.named(t); r != nil && r.Kind == catalog.Stream {
		return nil, false, missing(pos, "FOR SYSTEM_TIME AS OF of a stream").(*sqlerr.Error).
			WithHint("Join with a table, or with a view of the newest rows of the stream.")
	}
	return &d, true, nil
}

// named is the relation that t names, if it is one.
func (b *binder) named(t *ast.Table) *catalog.Relation {
	for _, c := range b.ctes {
		if len(t.Name) == 1 && c.Name == t.Name[0] {
			return nil
		}
	}
	return b.env.Catalog.Lookup(t.Name...)
}

// accepted says whether e, over n, is the time at which a row of n is accepted.
func accepted(n plan.Node, e expr.Expr) bool {
	for {
		if shift, ok := expr.Clock(e); ok {
			return shift == 0
		}
		c, ok := expr.IsCol(e)
		if !ok {
			return false
		}
		switch x := n.(type) {
		case *plan.Filter:
			n = x.Input
		case *plan.Project:
			n, e = x.Input, x.Exprs[c]
		case *plan.Scan:
			return x.Relation.Kind == catalog.Stream && x.Columns[c] == len(x.Relation.Visible())+1
		default:
			return false
		}
	}
}
