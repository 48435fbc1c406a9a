package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// word writes an operand that begins with an unquoted word.
func (p *parser) word(t *lex.Token) term {
	switch t.Val {
	case "null", "true", "false":
		return p.atom(p.wordConstant(t))
	case "case":
		return p.caseExpr()
	case "cast":
		return p.cast()
	case "array":
		return p.array()
	case "row":
		if p.at(1).IsOp("(") {
			return p.row()
		}
	case "exists":
		if p.at(1).IsOp("(") {
			return p.subqueryForm(&ast.Subquery{Pos: p.pos(), Exists: true})
		}
	case "default":
		x := &ast.Default{Pos: p.pos()}
		p.i++
		return p.atom(x)
	case "interval":
		if x := p.interval(); x != nil {
			return p.atom(x)
		}
	case "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user",
		"session_user", "user", "current_role", "current_catalog", "current_schema":
		if !p.at(1).IsOp(".") && !(t.Val == "current_schema" && p.at(1).IsOp("(")) {
			return p.valueFunction(t)
		}
	case "collation":
		if p.at(1).Is("for") {
			p.missing("COLLATION FOR")
		}
	case "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "treat":
		if p.at(1).IsOp("(") {
			p.missing("%s", upper(t.Val))
		}
	case "extract", "substring", "position", "trim", "overlay":
		if p.at(1).IsOp("(") {
			return p.specialCall(t)
		}
	}
	return p.named()
}

// caseExpr writes CASE [x] WHEN a THEN b ... [ELSE c] END.
func (p *parser) caseExpr() term {
	c := &ast.Case{Pos: p.pos()}
	p.i++
	t := p.carry(carrier{})
	subject, otherwise := false, false
	if !p.is("when") {
		p.operand(&t, lowest)
		subject = true
	}
	arms := 0
	for p.accept("when") {
		p.operand(&t, lowest)
		p.expect("then")
		p.operand(&t, lowest)
		arms++
	}
	if arms == 0 {
		p.unexpected()
	}
	if p.accept("else") {
		p.operand(&t, lowest)
		otherwise = true
	}
	p.expect("end")
	p.built(t, func(a []ast.Expr) ast.Expr {
		if subject {
			c.X, a = a[0], a[1:]
		}
		for range arms {
			c.Whens = append(c.Whens, ast.When{Cond: a[0], Then: a[1]})
			a = a[2:]
		}
		if otherwise {
			c.Else = a[0]
		}
		return c
	})
	return t
}

// cast writes CAST(x AS t).
func (p *parser) cast() term {
	c := &ast.Cast{Pos: p.pos()}
	p.i++
	p.expectOp("(")
	t := p.carry(carrier{})
	p.operand(&t, lowest)
	p.expect("as")
	c.To = p.typeName()
	p.expectOp(")")
	p.built(t, func(a []ast.Expr) ast.Expr {
		c.X = a[0]
		return c
	})
	return t
}

// array writes ARRAY[...] or ARRAY(query).
func (p *parser) array() term {
	pos := p.pos()
	p.i++
	if p.isOp("(") {
		p.i--
		return p.subqueryForm(&ast.Subquery{Pos: pos, Array: true})
	}
	return p.brackets(pos)
}

// brackets writes [a, b], or [[a], [b]] for an array of arrays.
func (p *parser) brackets(pos ast.Pos) term {
	p.enter()
	p.expectOp("[")
	t := p.carry(carrier{})
	for !p.isOp("]") {
		if p.isOp("[") {
			p.next(&t)
			p.closeTerm(p.brackets(p.pos()))
		} else {
			p.operand(&t, lowest)
		}
		if !p.acceptOp(",") {
			break
		}
		if p.isOp("]") {
			p.unexpected()
		}
	}
	p.expectOp("]")
	p.leave()
	p.built(t, func(a []ast.Expr) ast.Expr { return &ast.Array{Pos: pos, Items: a} })
	return t
}

// row writes ROW(a, b).
func (p *parser) row() term {
	pos := p.pos()
	p.i += 2
	t := p.carry(carrier{})
	if !p.isOp(")") {
		p.operands(&t)
	}
	p.expectOp(")")
	p.built(t, func(a []ast.Expr) ast.Expr { return &ast.Row{Pos: pos, Items: a} })
	return t
}

// subqueryForm writes EXISTS (query) or ARRAY (query).
func (p *parser) subqueryForm(s *ast.Subquery) term {
	p.i++
	if !p.isSubquery(p.i) {
		p.i++
		p.unexpected()
	}
	t := p.carry(carrier{})
	p.subqueryOperand(&t)
	p.built(t, func(a []ast.Expr) ast.Expr {
		s.Query = a[0].(*ast.Subquery).Query
		return s
	})
	return t
}

// valueFunction writes CURRENT_DATE and the others that are called without parentheses.
func (p *parser) valueFunction(w *lex.Token) term {
	c := &ast.Call{Pos: p.pos(), Name: []string{w.Val}}
	p.i++
	if p.isOp("(") && p.at(1).Kind == lex.Number && p.at(2).IsOp(")") {
		p.i++
		c.Args = []ast.Expr{p.constant()}
		p.i++
	}
	return p.atom(c)
}

// named writes what begins with a name: a column, a call, a typed literal, relation.*.
func (p *parser) named() term {
	first := p.tok()
	pos := p.pos()
	if p.typedLiteral() {
		return p.typed()
	}
	p.checkFirstWord(first)
	p.i++
	if p.isOp("(") {
		return p.call([]string{first.Val}, pos)
	}
	col := &struct { // one piece of memory for what is nearly always a column
		ast.Column
		parts [2]string
	}{Column: ast.Column{Pos: pos}}
	name := append(col.parts[:0], first.Val)
	for p.isOp(".") {
		if p.at(1).IsOp("*") {
			p.i += 2
			return p.atom(&ast.Star{Pos: pos, Of: name})
		}
		p.i++
		if name = append(name, p.label()); len(name) > MaxNameParts {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "improper qualified name (too many dotted names)").At(int(pos)))
		}
	}
	if p.isOp("(") {
		return p.call(name, pos)
	}
	col.Name = name
	return p.atom(&col.Column)
}

// checkFirstWord refuses a reserved word as a column's or function's name. WINDOW and OFFSET pass: streams have columns
// named so, and where an operand is due they can be nothing else.
func (p *parser) checkFirstWord(t *lex.Token) {
	if t.Kind != lex.Ident || t.Val == "window" || t.Val == "offset" {
		return
	}
	switch lex.CategoryOf(t.Val) {
	case lex.Reserved:
		p.unexpected()
	case lex.TypeFunc:
		if n := p.at(1); !n.IsOp("(") && !n.IsOp(".") {
			if p.i++; p.done() {
				p.unexpected()
			}
			p.unexpectedAt(n)
		}
	}
}
