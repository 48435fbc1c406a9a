package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// infix writes a carrier that takes the operand to its left, behind an operator of TiDB's at the right level.
func (p *parser) infix(tidb string) term {
	p.opMark(tidb, "")
	return p.carry(carrier{infix: true})
}

// isTest writes IS [NOT] NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM x; ISNULL; NOTNULL.
func (p *parser) isTest() {
	pos := p.pos()
	t := p.infix("=")
	if w := p.oneOf("isnull", "notnull"); w != "" {
		p.built(t, func(a []ast.Expr) ast.Expr { return &ast.Is{Pos: pos, X: a[0], What: "null", Negate: w == "notnull"} })
		return
	}
	p.expect("is")
	not := p.accept("not")
	if p.accept("distinct", "from") {
		p.operand(&t, levelCompare)
		p.closeTerm(t)
		p.built(t, func(a []ast.Expr) ast.Expr {
			return &ast.Distinct{Pos: pos, Left: a[0], Right: a[1], Negate: not}
		})
		return
	}
	switch {
	case p.is("document"), p.is("json"):
		p.missing("IS %s", upper(p.tok().Val))
	case p.is("normalized"), p.is("nfc"), p.is("nfd"), p.is("nfkc"), p.is("nfkd"):
		p.normalTest(t, not)
		return
	}
	what := p.oneOf("null", "true", "false", "unknown")
	if what == "" {
		p.unexpected()
	}
	p.built(t, func(a []ast.Expr) ast.Expr { return &ast.Is{Pos: pos, X: a[0], What: what, Negate: not} })
}

// normalTest writes IS [NOT] [NFC] NORMALIZED as is_normalized(x, 'nfc').
func (p *parser) normalTest(t term, not bool) {
	pos, form := p.pos(), p.oneOf("nfc", "nfd", "nfkc", "nfkd")
	if form == "" {
		form = "nfc"
	}
	p.expect("normalized")
	p.built(t, func(a []ast.Expr) ast.Expr {
		lit := &ast.Literal{Pos: pos, Kind: ast.LitString, Text: form}
		var x ast.Expr = &ast.Call{Pos: pos, Name: []string{"is_normalized"}, Args: []ast.Expr{a[0], lit}}
		if not {
			x = &ast.Not{Pos: pos, X: x}
		}
		return x
	})
}

// matchTest writes [NOT] LIKE, ILIKE, SIMILAR TO, BETWEEN, IN.
func (p *parser) matchTest() {
	pos := p.pos()
	start := p.i
	not := p.accept("not")
	switch w := p.oneOf("like", "ilike", "similar", "between", "in"); w {
	case "like", "ilike":
		if p.quantifierAt(0) {
			p.quantified(likeOperator(w, not), levelOther, pos, p.is("all"))
			return
		}
		p.like(w, start, pos, not)
	case "similar":
		p.expect("to")
		p.like(w, start, pos, not)
	case "between":
		p.between(pos, not)
	default:
		p.in(pos, not)
	}
}

// likeOperator is the operator that LIKE stands for before ANY and ALL.
func likeOperator(w string, not bool) string {
	op := "~~"
	if w == "ilike" {
		op = "~~*"
	}
	if not {
		op = "!" + op
	}
	return op
}

func (p *parser) like(op string, start int, pos ast.Pos, not bool) {
	t := p.infix(" LIKE ")
	p.sheet.ops[len(p.sheet.ops)-1].tok = start
	p.operand(&t, levelOther)
	if p.accept("escape") {
		p.operand(&t, levelOther)
	}
	p.closeTerm(t)
	p.built(t, func(a []ast.Expr) ast.Expr {
		l := &ast.Like{Pos: pos, Op: op, X: a[0], Pattern: a[1], Negate: not}
		if len(a) > 2 {
			l.Escape = a[2]
		}
		return l
	})
}

func (p *parser) between(pos ast.Pos, not bool) {
	t := p.infix(" LIKE ")
	symmetric := p.accept("symmetric")
	if !symmetric {
		p.accept("asymmetric")
	}
	p.operand(&t, levelCompare)
	p.expect("and")
	p.operand(&t, levelOther)
	p.closeTerm(t)
	p.built(t, func(a []ast.Expr) ast.Expr {
		return &ast.Between{Pos: pos, X: a[0], Low: a[1], High: a[2], Symmetric: symmetric, Negate: not}
	})
}

// in writes IN (query) or IN (a, b, c). Plain literals of a list never reach the sheet.
func (p *parser) in(pos ast.Pos, not bool) {
	t := p.infix(" LIKE ")
	if !p.isOp("(") {
		p.unexpected()
	}
	if p.isSubquery(p.i) {
		p.subqueryOperand(&t)
		p.closeTerm(t)
		p.built(t, func(a []ast.Expr) ast.Expr {
			return &ast.In{Pos: pos, X: a[0], Query: a[1].(*ast.Subquery).Query, Negate: not}
		})
		return
	}
	p.i++
	items := p.items(&t)
	p.closeTerm(t)
	p.built(t, func(a []ast.Expr) ast.Expr {
		fill(items, a[1:])
		return &ast.In{Pos: pos, X: a[0], List: items, Negate: not}
	})
}

// items reads a, b, c) where each may be any expression. An item that is a plain literal is made at once; the others are
// left nil and become operands of t, in order.
func (p *parser) items(t *term) []ast.Expr {
	var items []ast.Expr
	for {
		x := p.plainItem()
		if x == nil {
			p.operand(t, lowest)
		}
		items = append(items, x)
		if len(items) > MaxListItems {
			p.fail(sqlerr.New(sqlerr.StatementTooComplex, "list has more than %d items", MaxListItems).At(int(p.pos())))
		}
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	return items
}

// fill puts operands where items has holes and gives those that are left.
func fill(items, operands []ast.Expr) []ast.Expr {
	for i := range items {
		if items[i] == nil {
			items[i] = operands[0]
			operands = operands[1:]
		}
	}
	return operands
}

// quantifierAt tells whether ANY, SOME or ALL with a parenthesis stands d tokens ahead.
func (p *parser) quantifierAt(d int) bool {
	t := p.at(d)
	return (t.Is("any") || t.Is("some") || t.Is("all")) && p.at(d+1).IsOp("(")
}

// quantified writes op ANY|ALL (array or query) from the word on.
func (p *parser) quantified(op string, at level, pos ast.Pos, all bool) {
	sign := "|"
	if at == levelCompare {
		sign = "="
	}
	t := p.infix(sign)
	p.i++
	sub := p.isSubquery(p.i)
	if sub {
		p.subqueryOperand(&t)
	} else {
		p.expectOp("(")
		p.operand(&t, lowest)
		p.expectOp(")")
	}
	p.closeTerm(t)
	p.built(t, func(a []ast.Expr) ast.Expr {
		q := &ast.Quantified{Pos: pos, X: a[0], Op: op, All: all}
		if sub {
			q.Query = a[1].(*ast.Subquery).Query
		} else {
			q.Array = a[1]
		}
		return q
	})
}

// overlaps writes (a, b) OVERLAPS (c, d) as the function it is.
func (p *parser) overlaps() {
	pos, at := p.pos(), p.tok()
	t := p.infix("|")
	p.i++
	p.next(&t)
	p.unit()
	p.closeTerm(t)
	p.built(t, func(a []ast.Expr) ast.Expr {
		l, ok1 := a[0].(*ast.Row)
		r, ok2 := a[1].(*ast.Row)
		if !ok1 || !ok2 {
			p.unexpectedAt(at)
		}
		for side, row := range []*ast.Row{l, r} {
			if len(row.Items) != 2 {
				p.fail(sqlerr.New(sqlerr.SyntaxError, "wrong number of parameters on %s side of OVERLAPS expression",
					[]string{"left", "right"}[side]).At(int(pos)))
			}
		}
		args := append(append([]ast.Expr{}, l.Items...), r.Items...)
		return &ast.Call{Pos: pos, Name: []string{"overlaps"}, Args: args}
	})
}
