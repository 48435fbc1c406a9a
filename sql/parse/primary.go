package parse

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// primary writes an operand with its casts, subscripts and fields.
func (p *parser) primary() term {
	t := p.bare()
	for chain := 0; ; chain++ {
		p.checkChain(chain, MaxDepth)
		pos := p.pos()
		switch {
		case p.acceptOp("::"):
			to := p.typeName()
			p.wrap(t, t.n, func(x ast.Expr, _ []ast.Expr) ast.Expr { return &ast.Cast{Pos: pos, X: x, To: to} })
		case p.acceptOp("["):
			p.subscript(&t, pos)
		case p.isOp(".") && (p.at(1).IsName() || p.at(1).IsOp("*")):
			name := p.at(1).Val
			p.i += 2
			p.wrap(t, t.n, func(x ast.Expr, _ []ast.Expr) ast.Expr { return &ast.FieldOf{Pos: pos, X: x, Name: name} })
		default:
			return t
		}
	}
}

// subscript reads what follows the bracket of x[i], x[lo:hi], x[:].
func (p *parser) subscript(t *term, pos ast.Pos) {
	had := t.n
	lo, hi, slice := false, false, false
	if !p.isOp(":") {
		p.operand(t, lowest)
		lo = true
	}
	if p.acceptOp(":") {
		slice = true
		if !p.isOp("]") {
			p.operand(t, lowest)
			hi = true
		}
	}
	p.expectOp("]")
	p.wrap(*t, had, func(x ast.Expr, more []ast.Expr) ast.Expr {
		s := &ast.Subscript{Pos: pos, X: x, Slice: slice}
		if lo {
			s.Lo, more = more[0], more[1:]
		}
		if hi {
			s.Hi = more[0]
		}
		return s
	})
}

// bare writes an operand without anything behind it.
func (p *parser) bare() term {
	t := p.tok()
	switch t.Kind {
	case lex.Str, lex.Number, lex.Bits, lex.Param:
		return p.atom(p.constant())
	case lex.Op:
		if t.Val == "(" {
			return p.parens()
		}
	case lex.QIdent:
		return p.named()
	case lex.Ident:
		return p.word(t)
	}
	p.unexpected()
	return term{}
}

// constant reads a literal or a parameter.
func (p *parser) constant() ast.Expr {
	t, pos := p.tok(), p.pos()
	if t.Kind == lex.Param {
		return p.param(t, pos)
	}
	p.i++
	switch t.Kind {
	case lex.Str:
		return p.literal(ast.LitString, t.Val, pos)
	case lex.Bits:
		return p.literal(ast.LitBits, t.Val, pos)
	}
	return p.literal(ast.LitNumber, t.Val, pos)
}

func (p *parser) param(t *lex.Token, pos ast.Pos) ast.Expr {
	n, err := strconv.Atoi(t.Val)
	if err != nil || n < 1 {
		p.fail(sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $%s", t.Val).At(int(pos)))
	}
	if n > MaxParams {
		p.fail(sqlerr.New(sqlerr.StatementTooComplex, "statement has more than %d parameters", MaxParams).At(int(pos)))
	}
	p.i++
	p.params = max(p.params, n)
	return &ast.Param{Pos: pos, N: n}
}

// plainItem reads an item of a list that is a literal, a signed number or DEFAULT and nothing more; else it reads
// nothing and gives nil.
func (p *parser) plainItem() ast.Expr {
	t, after := p.tok(), p.at(1)
	minus := t.IsOp("-") && after.Kind == lex.Number
	if minus {
		after = p.at(2)
	}
	if after.Kind != lex.Op || after.Val != "," && after.Val != ")" {
		return nil
	}
	if minus {
		pos := p.pos()
		p.i += 2
		return p.literal(ast.LitNumber, "-"+p.toks[p.i-1].Val, pos)
	}
	switch t.Kind {
	case lex.Str, lex.Number, lex.Bits, lex.Param:
		return p.constant()
	case lex.Ident:
		switch t.Val {
		case "null", "true", "false":
			return p.wordConstant(t)
		}
	}
	return nil
}

// wordConstant reads NULL, TRUE or FALSE.
func (p *parser) wordConstant(t *lex.Token) ast.Expr {
	pos := p.pos()
	p.i++
	if t.Val == "null" {
		return p.literal(ast.LitNull, "", pos)
	}
	return p.literal(ast.LitBool, t.Val, pos)
}

// parens writes (x), a row (a, b), or a query.
func (p *parser) parens() term {
	pos := p.pos()
	t := p.carry(carrier{})
	if p.isSubquery(p.i) {
		p.subqueryOperand(&t)
		p.built(t, func(a []ast.Expr) ast.Expr {
			a[0].(*ast.Subquery).Pos = pos
			return a[0]
		})
		return t
	}
	p.i++
	p.operands(&t)
	p.expectOp(")")
	if t.n == 1 {
		closed := p.isOp("[")
		p.built(t, func(a []ast.Expr) ast.Expr {
			if s, ok := a[0].(*ast.Subscript); ok && closed {
				s.Closed = true
			}
			return a[0]
		})
	} else {
		p.built(t, func(a []ast.Expr) ast.Expr { return &ast.Row{Pos: pos, Items: a} })
	}
	return t
}

// operands reads a, b, c as operands of t.
func (p *parser) operands(t *term) {
	for {
		p.operand(t, lowest)
		if !p.acceptOp(",") {
			return
		}
	}
}

// isSubquery tells whether the parenthesis at index j opens a query: SELECT and its kin stand in it, or another query in
// parentheses that is all of it or goes on as a query does.
func (p *parser) isSubquery(j int) bool {
	for start := j; p.toks[j].IsOp("(") && j-start <= MaxDepth; j++ { // what is deeper is refused, and not looked at each time
		switch n := &p.toks[j+1]; {
		case n.Is("select"), n.Is("values") && p.toks[min(j+2, len(p.toks)-1)].IsOp("("), n.Is("with"), n.Is("table"):
			return true
		case n.IsOp("("):
			after := &p.toks[min(p.match(j+1)+1, len(p.toks)-1)]
			if !after.IsOp(")") && !isSetWord(after) && !isTailWord(after) {
				return false
			}
		default:
			return false
		}
	}
	return false
}

func isSetWord(t *lex.Token) bool { return t.Is("union") || t.Is("intersect") || t.Is("except") }

func isTailWord(t *lex.Token) bool {
	return t.Is("order") || t.Is("limit") || t.Is("offset") || t.Is("fetch") || t.Is("for") || t.Is("emit")
}

// subqueryOperand reads (query) as the term's next operand.
func (p *parser) subqueryOperand(t *term) {
	p.next(t)
	at := p.sheet.here()
	p.writeSubquery()
	p.settleSubquery(at)
}

// writeSubquery reads (query) and writes it in parentheses.
func (p *parser) writeSubquery() {
	p.expectOp("(")
	p.write("(")
	p.query()
	p.expectOp(")")
	p.write(")")
}
