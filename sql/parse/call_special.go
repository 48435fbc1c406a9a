package parse

import (
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// specialCall writes the functions whose arguments SQL separates by words.
func (p *parser) specialCall(w *lex.Token) term {
	pos := p.pos()
	switch w.Val {
	case "extract":
		return p.extract(pos)
	case "position":
		return p.positionIn(pos)
	case "trim":
		return p.trim(pos)
	case "overlay":
		return p.overlay(pos)
	}
	return p.substring(pos)
}

// plainCall makes the term a call of name with its operands.
func (p *parser) plainCall(t term, pos ast.Pos, name string) term {
	p.expectOp(")")
	p.built(t, func(a []ast.Expr) ast.Expr { return &ast.Call{Pos: pos, Name: []string{name}, Args: a} })
	return t
}

// extract writes EXTRACT(field FROM x) as extract('field', x).
func (p *parser) extract(pos ast.Pos) term {
	p.i += 2
	field, at := p.tok(), p.pos()
	if !field.IsName() && field.Kind != lex.Str {
		p.unexpected()
	}
	p.i++
	p.expect("from")
	lit := p.literal(ast.LitString, field.Val, at)
	t := p.carry(carrier{})
	p.operand(&t, lowest)
	p.expectOp(")")
	p.built(t, func(a []ast.Expr) ast.Expr {
		return &ast.Call{Pos: pos, Name: []string{"extract"}, Args: []ast.Expr{lit, a[0]}}
	})
	return t
}

// positionIn writes POSITION(part IN whole) as position(whole, part), PostgreSQL's order.
func (p *parser) positionIn(pos ast.Pos) term {
	p.i += 2
	t := p.carry(carrier{})
	p.operand(&t, levelOther)
	p.expect("in")
	p.operand(&t, levelOther)
	p.expectOp(")")
	p.built(t, func(a []ast.Expr) ast.Expr {
		return &ast.Call{Pos: pos, Name: []string{"position"}, Args: []ast.Expr{a[1], a[0]}}
	})
	return t
}

// trim writes TRIM([LEADING|TRAILING|BOTH] [chars] FROM x) as btrim, ltrim or rtrim(x, chars).
func (p *parser) trim(pos ast.Pos) term {
	p.i += 2
	name := "btrim"
	switch p.oneOf("leading", "trailing", "both") {
	case "leading":
		name = "ltrim"
	case "trailing":
		name = "rtrim"
	}
	t := p.carry(carrier{})
	if !p.accept("from") {
		p.operand(&t, lowest)
		if p.accept("from") {
			p.operands(&t)
			p.expectOp(")")
			p.built(t, func(a []ast.Expr) ast.Expr {
				args := append(append([]ast.Expr{}, a[1:]...), a[0])
				return &ast.Call{Pos: pos, Name: []string{name}, Args: args}
			})
			return t
		}
		if !p.acceptOp(",") {
			return p.plainCall(t, pos, name)
		}
	}
	p.operands(&t)
	return p.plainCall(t, pos, name)
}

// overlay writes OVERLAY(x PLACING y FROM a [FOR b]) as overlay(x, y, a, b).
func (p *parser) overlay(pos ast.Pos) term {
	p.i += 2
	t := p.carry(carrier{})
	p.operand(&t, lowest)
	if p.acceptOp(",") {
		p.operands(&t)
		return p.plainCall(t, pos, "overlay")
	}
	p.expect("placing")
	p.operand(&t, lowest)
	p.expect("from")
	p.operand(&t, lowest)
	if p.accept("for") {
		p.operand(&t, lowest)
	}
	return p.plainCall(t, pos, "overlay")
}

// substring writes SUBSTRING(x FROM a FOR b), (x FOR b), (x SIMILAR p ESCAPE e) or (x, a, b).
func (p *parser) substring(pos ast.Pos) term {
	p.i += 2
	t := p.carry(carrier{})
	p.operand(&t, levelOther)
	switch {
	case p.acceptOp(","):
		p.operands(&t)
	case p.accept("from"):
		p.operand(&t, lowest)
		if p.accept("for") {
			p.operand(&t, lowest)
		}
	case p.accept("for"):
		return p.substringFor(t, pos)
	case p.accept("similar"):
		p.operand(&t, levelOther)
		p.expect("escape")
		p.operand(&t, levelOther)
	}
	return p.plainCall(t, pos, "substring")
}

// substringFor reads the length of SUBSTRING(x FOR n [FROM a]).
func (p *parser) substringFor(t term, pos ast.Pos) term {
	p.operand(&t, lowest)
	from := p.accept("from")
	if from {
		p.operand(&t, lowest)
	}
	p.expectOp(")")
	p.built(t, func(a []ast.Expr) ast.Expr {
		var start ast.Expr = &ast.Literal{Kind: ast.LitNumber, Text: "1"}
		if from {
			start = a[2]
		}
		return &ast.Call{Pos: pos, Name: []string{"substring"}, Args: []ast.Expr{a[0], start, a[1]}}
	})
	return t
}
