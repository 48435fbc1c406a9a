package bind

import "github.com/vexfs/vexstream/sql/ast"

// children gives the expressions directly below x, without those of subqueries.
func children(x ast.Expr) []ast.Expr {
	switch x := x.(type) {
	case *ast.Call:
		out := append([]ast.Expr(nil), x.Args...)
		for _, o := range append(append([]ast.OrderItem(nil), x.OrderBy...), x.Within...) {
			out = append(out, o.X)
		}
		if x.Filter != nil {
			out = append(out, x.Filter)
		}
		if w := x.Over; w != nil {
			out = append(out, w.PartitionBy...)
			for _, o := range w.OrderBy {
				out = append(out, o.X)
			}
		}
		return out
	case *ast.Binary:
		return []ast.Expr{x.Left, x.Right}
	case *ast.Unary:
		return []ast.Expr{x.X}
	case *ast.Logic:
		return x.Terms
	case *ast.Not:
		return []ast.Expr{x.X}
	case *ast.Is:
		return []ast.Expr{x.X}
	case *ast.Distinct:
		return []ast.Expr{x.Left, x.Right}
	case *ast.Like:
		return some(x.X, x.Pattern, x.Escape)
	case *ast.Between:
		return []ast.Expr{x.X, x.Low, x.High}
	case *ast.In:
		return append([]ast.Expr{x.X}, x.List...)
	case *ast.Quantified:
		return some(x.X, x.Array)
	case *ast.Case:
		out := some(x.X, x.Else)
		for _, w := range x.Whens {
			out = append(out, w.Cond, w.Then)
		}
		return out
	case *ast.Cast:
		return []ast.Expr{x.X}
	case *ast.Array:
		return x.Items
	case *ast.Row:
		return x.Items
	case *ast.Subscript:
		return some(x.X, x.Lo, x.Hi)
	case *ofSource:
		return []ast.Expr{x.Expr}
	case *ast.SetPart:
		return setPartChildren(x)
	case *ast.FieldOf:
		return []ast.Expr{x.X}
	case *ast.Collate:
		return []ast.Expr{x.X}
	case *ast.AtTimeZone:
		return []ast.Expr{x.X, x.Zone}
	}
	return nil
}

func some(xs ...ast.Expr) []ast.Expr {
	out := xs[:0]
	for _, x := range xs {
		if x != nil {
			out = append(out, x)
		}
	}
	return out
}

// find gives the first expression at or below x that want accepts, or nil.
func find(x ast.Expr, want func(ast.Expr) bool) ast.Expr {
	if x == nil {
		return nil
	}
	if want(x) {
		return x
	}
	switch x := x.(type) {
	case *ast.Binary:
		if f := find(x.Left, want); f != nil {
			return f
		}
		return find(x.Right, want)
	case *ast.Cast:
		return find(x.X, want)
	case *ast.Call:
		if len(x.OrderBy) == 0 && len(x.Within) == 0 && x.Filter == nil && x.Over == nil {
			return findAmong(x.Args, want)
		}
	}
	return findAmong(children(x), want)
}

func findAmong(xs []ast.Expr, want func(ast.Expr) bool) ast.Expr {
	for _, c := range xs {
		if f := find(c, want); f != nil {
			return f
		}
	}
	return nil
}

// aggregateIn gives the first aggregate call at or below x, or nil.
func aggregateIn(x ast.Expr) ast.Expr {
	return find(x, func(x ast.Expr) bool {
		c, ok := x.(*ast.Call)
		return ok && c.Over == nil && isAggregate(c.Name[len(c.Name)-1])
	})
}

// start is the place of the first token of x.
func start(x ast.Expr) int {
	pos := x.Position()
	for _, c := range children(x) {
		if at := start(c); at > 0 && (at < pos || pos == 0) {
			pos = at
		}
	}
	return pos
}

// Columns gives the names of the columns that x reads, each once, without those of subqueries.
func Columns(x ast.Expr) []string {
	var out []string
	var walk func(x ast.Expr)
	walk = func(x ast.Expr) {
		if c, ok := x.(*ast.Column); ok {
			name := c.Name[len(c.Name)-1]
			for _, have := range out {
				if have == name {
					return
				}
			}
			out = append(out, name)
		}
		for _, k := range children(x) {
			walk(k)
		}
	}
	walk(x)
	return out
}

func isColumn(x ast.Expr) bool {
	_, ok := x.(*ast.Column)
	return ok
}

// Strings gives the texts of the string literals in x, without those of subqueries.
func Strings(x ast.Expr) []string {
	var out []string
	if l, ok := x.(*ast.Literal); ok && l.Kind == ast.LitString {
		out = append(out, l.Text)
	}
	for _, k := range children(x) {
		out = append(out, Strings(k)...)
	}
	return out
}

// ColumnPlaces gives where x names a column, without subqueries.
func ColumnPlaces(x ast.Expr, column string) []int {
	var out []int
	if c, ok := x.(*ast.Column); ok && c.Name[len(c.Name)-1] == column {
		out = append(out, c.Position())
	}
	for _, k := range children(x) {
		out = append(out, ColumnPlaces(k, column)...)
	}
	return out
}
