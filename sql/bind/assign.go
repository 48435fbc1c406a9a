package bind

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// assignment is one column and its new value.
type assignment struct {
	column int
	x      ast.Expr
	preset bool // DEFAULT
	part   bool // x is an *ast.SetPart
	pos    int
}

// assignments takes a SET apart into columns; called is what expressions call the relation.
func assignments(to *aim, called string, set []ast.Assign) ([]assignment, error) {
	r := to.named
	if called == "" {
		called = r.Name
	}
	var out []assignment
	for _, a := range set {
		cols := make([]int, len(a.Columns))
		for i := range a.Columns {
			col, err := targetColumns(r, a.Columns[i:i+1])
			if err != nil {
				return nil, err
			}
			cols[i] = col[0]
		}
		xs, err := sources(a, len(cols))
		if err != nil {
			return nil, err
		}
		for i, c := range cols {
			one := assignment{column: c, pos: a.Columns[i].Position()}
			col := &r.Columns[c]
			var before ast.Expr // assignments to other parts of the column
			for k, have := range out {
				if have.column == c && a.Parts[i] != nil && have.part {
					before = have.x
					out = append(out[:k:k], out[k+1:]...)
					break
				}
				if have.column == c {
					return nil, sqlerr.New(sqlerr.SyntaxError, "multiple assignments to same column %q", col.Name).At(one.pos)
				}
			}
			if one.part = a.Parts[i] != nil; one.part {
				one.setParts(col.Name, called, a.Parts[i], xs[i], before)
			} else if _, one.preset = xs[i].(*ast.Default); one.preset {
				one.x = loosely(&ast.Literal{Pos: a.Pos, Kind: ast.LitNull}, col.Type)
			} else {
				one.x = loosely(xs[i], col.Type)
			}
			if own := to.own(c); !one.preset && (own.Generated != "" || own.Identity == "always") {
				return nil, onlyDefault(own, "column %q can only be updated to DEFAULT").At(one.pos)
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// presets gives the columns of a view that are set to DEFAULT the value that this means: the default that the view has for them,
// and null if it has none, as in PostgreSQL, which does not look at the relation below.
func (b *binder) presets(to *aim, set []assignment) error {
	if to.levels == nil {
		return nil
	}
	for i := range set {
		one := &set[i]
		if !one.preset {
			continue
		}
		if own := to.own(one.column); own.Generated != "" || own.Identity == "always" {
			return onlyDefault(own, "column %q can only be updated to DEFAULT")
		}
		one.preset = false
		c := &to.levels[0].view.Columns[one.column]
		if c.Default == "" {
			continue // x is the null
		}
		q, err := b.env.ParseQuery("SELECT " + c.Default)
		if err != nil {
			return inDefault(err, c.Name)
		}
		one.x = loosely(q.Body.(*ast.Select).Items[0].X, c.Type)
	}
	return nil
}

// width is how many columns a query gives, where its text alone says it.
func width(q *ast.Query) (columns int, known bool) {
	switch x := q.Body.(type) {
	case *ast.Select:
		for _, it := range x.Items {
			if _, star := it.X.(*ast.Star); star {
				return 0, false
			}
			if f, ok := it.X.(*ast.FieldOf); ok && f.Name == "*" {
				return 0, false
			}
		}
		return len(x.Items), true
	case *ast.Values:
		return len(x.Rows[0]), true
	}
	return 0, false
}

// sources gives one expression for each column of an assignment.
func sources(a ast.Assign, columns int) ([]ast.Expr, error) {
	if !a.Many {
		if star, ok := a.X.(*ast.Star); ok && len(star.Of) > 0 { // one value, which is a row
			return []ast.Expr{&ast.Column{Pos: star.Pos, Name: star.Of}}, nil
		}
		return []ast.Expr{a.X}, nil
	}
	var out []ast.Expr
	switch x := a.X.(type) {
	case *ast.Row:
		for _, it := range x.Items {
			if _, ok := it.(*ast.Star); ok {
				return nil, missing(it.Position(), "relation.* among the values of a multiple-column UPDATE item").(*sqlerr.Error).WithHint("Name its columns.")
			}
		}
		out = x.Items
	case *ast.Subquery:
		if x.Exists || x.Array {
			break
		}
		names := make([]string, columns)
		for i := range names {
			names[i] = "column" + itoa(i+1)
		}
		if given, known := width(x.Query); known && given != columns {
			return nil, sqlerr.New(sqlerr.SyntaxError, "number of columns does not match number of values").At(x.Position())
		}
		d := &ast.Derived{Pos: x.Pos, Query: x.Query, Alias: ast.Alias{Name: "source", Columns: names}}
		for _, n := range names {
			item := ast.SelectItem{X: &ast.Column{Pos: x.Pos, Name: []string{n}}, Name: n}
			q := &ast.Query{Pos: x.Pos, Body: &ast.Select{Pos: x.Pos, Items: []ast.SelectItem{item}, From: []ast.From{d}}}
			out = append(out, &ast.Subquery{Pos: x.Pos, Query: q})
		}
	}
	switch {
	case out == nil:
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression").At(a.X.Position())
	case len(out) != columns:
		return nil, sqlerr.New(sqlerr.SyntaxError, "number of columns does not match number of values").At(a.X.Position())
	}
	return out, nil
}

// loosely gives a string or a parameter, whose type nothing else says, that of the column it is for.
func loosely(x ast.Expr, t types.Type) ast.Expr {
	switch l := x.(type) {
	case *ast.Literal:
		if l.Kind != ast.LitString && l.Kind != ast.LitNull {
			return x
		}
	case *ast.Param:
	default:
		return x
	}
	name := ast.TypeName{Pos: ast.Pos(x.Position()), Name: []string{types.Type{OID: t.OID}.Name()}}
	return &ast.Cast{Pos: ast.Pos(x.Position()), X: x, To: name}
}
