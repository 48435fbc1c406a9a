package bind

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// sides binds both queries of a set operation. A literal, a NULL or an open parameter that is an entry of one's select list
// takes the type of the column that it meets.
func (b *binder) sides(x *ast.SetOp) (l, r plan.Node, err error) {
	if l, err = b.sideOf(x.Left); err != nil {
		return nil, nil, err
	}
	if r, err = b.meets(x.Right, nil, l.Schema(), x.Left); err != nil {
		return nil, nil, err
	}
	l, err = b.meets(x.Left, l, r.Schema(), x.Right)
	return l, r, err
}

// meets binds body, or takes n for it where nothing in it has its type from the columns of the other query.
func (b *binder) meets(body ast.Body, n plan.Node, columns batch.Schema, other ast.Body) (plan.Node, error) {
	fresh := n == nil
	for i, f := range columns {
		x, y := b.untyped(body, i), b.untyped(other, i)
		if x == nil || y != nil || f.Type.OID == types.OIDRecord {
			continue
		}
		if fresh = fresh || f.Type.OID != types.OIDText; b.met == nil {
			b.met = map[ast.Expr]types.Type{}
		}
		b.met[x] = types.Type{OID: f.Type.OID}
	}
	if !fresh {
		return n, nil
	}
	return b.sideOf(body)
}

// untyped is the entry for column i of a select list if it says nothing of its type.
func (b *binder) untyped(body ast.Body, i int) ast.Expr {
	s, ok := body.(*ast.Select)
	if !ok || i >= len(s.Items) {
		return nil
	}
	for _, it := range s.Items[:i] {
		if _, star := it.X.(*ast.Star); star {
			return nil // what stands where is not known
		}
	}
	switch x := s.Items[i].X.(type) {
	case *ast.Literal:
		if x.Kind == ast.LitString || x.Kind == ast.LitNull {
			return x
		}
	case *ast.Param:
		if b.open(x) {
			return x
		}
	}
	return nil
}
