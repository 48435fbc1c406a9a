package parse

import "github.com/vexfs/vexstream/sql/ast"

// itemName is the name PostgreSQL gives a column of the select list (FigureColname of its parse_target.c); a star has none,
// for it stands for several.
func itemName(it ast.SelectItem) string {
	if it.As != "" {
		return it.As
	}
	if _, ok := it.X.(*ast.Star); ok {
		return ""
	}
	if name, _ := figureName(it.X); name != "" {
		return name
	}
	return "?column?"
}

// figureName gives a name and how good it is: 2 of the thing itself, 1 of a type or CASE, 0 none.
func figureName(x ast.Expr) (string, int) {
	switch x := x.(type) {
	case *ast.Column:
		return x.Name[len(x.Name)-1], 2
	case *ast.FieldOf:
		if x.Name != "*" {
			return x.Name, 2
		}
		return figureName(x.X)
	case *ast.Subscript:
		return figureName(x.X)
	case *ast.Collate:
		return figureName(x.X)
	case *ast.Call:
		return x.Name[len(x.Name)-1], 2
	case *ast.AtTimeZone:
		return "timezone", 2
	case *ast.Cast:
		return better(x.X, pgTypeName(x.To))
	case *ast.Interval:
		return "interval", 1
	case *ast.Case:
		if x.Else != nil {
			return better(x.Else, "case")
		}
		return "case", 1
	case *ast.Array:
		return "array", 2
	case *ast.Row:
		return "row", 2
	case *ast.Subquery:
		return subqueryName(x)
	}
	return "", 0
}

// better is x's own name if it has a good one, else the other.
func better(x ast.Expr, other string) (string, int) {
	if name, grade := figureName(x); grade > 1 {
		return name, grade
	}
	return other, 1
}

func subqueryName(x *ast.Subquery) (string, int) {
	switch {
	case x.Exists:
		return "exists", 2
	case x.Array:
		return "array", 2
	}
	if s := firstSelect(x.Query.Body); s != nil && len(s.Items) > 0 {
		if s.Items[0].As != "" {
			return s.Items[0].As, 2
		}
		return figureName(s.Items[0].X)
	}
	return "", 0
}

// firstSelect is the SELECT that names the columns of a query.
func firstSelect(b ast.Body) *ast.Select {
	for {
		switch n := b.(type) {
		case *ast.Select:
			return n
		case *ast.SetOp:
			b = n.Left
		case *ast.Query:
			b = n.Body
		default:
			return nil
		}
	}
}

// pgTypeName is the name under which PostgreSQL knows a type that SQL spells otherwise.
func pgTypeName(t ast.TypeName) string {
	last := t.Name[len(t.Name)-1]
	if len(t.Name) > 1 {
		return last
	}
	switch last {
	case "int", "integer":
		return "int4"
	case "smallint":
		return "int2"
	case "bigint":
		return "int8"
	case "real":
		return "float4"
	case "double precision":
		return "float8"
	case "float":
		if len(t.Mods) > 0 && t.Mods[0] < 25 {
			return "float4"
		}
		return "float8"
	case "boolean":
		return "bool"
	case "decimal", "dec":
		return "numeric"
	case "character":
		return "bpchar"
	case "character varying":
		return "varchar"
	case "bit varying":
		return "varbit"
	case "timestamp with time zone":
		return "timestamptz"
	case "time with time zone":
		return "timetz"
	}
	return last
}
