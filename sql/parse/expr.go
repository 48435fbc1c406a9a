package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// level is how tightly an operator binds, PostgreSQL's table from loose to tight. TiDB's grammar has the same order for
// the operators that reach it: OR AND = LIKE | + * ^.
type level uint8

const (
	lowest level = iota
	levelOr
	levelAnd
	levelNot
	levelIs
	levelCompare
	levelMatch // LIKE, BETWEEN, IN
	levelOther // every operator without a place of its own
	levelAdd
	levelMultiply
	levelPower
)

// expr writes the expression at the current token, as far as its operators bind at least as tightly as min. It only
// walks along: which operand belongs to which operator is TiDB's to say, unless there is one way alone.
func (p *parser) expr(min level) {
	p.enter()
	start := p.sheet.here()
	part := start // after the last AND or OR, which bind looser than all else
	p.unit()
	last := lowest              // the last of the operators that do not associate
	first, even := lowest, true // the operators of the part: the first's level, and whether all have it
	for row := 1; ; row++ {
		at, word := p.infixLevel()
		if at == lowest || at < min {
			break
		}
		if (at == levelCompare || at == levelMatch) && at == last {
			p.unexpected()
		}
		if row > MaxOperators {
			p.fail(sqlerr.New(sqlerr.StatementTooComplex, "expression has more than %d operators in a row", MaxOperators).At(int(p.pos())))
		}
		if at <= levelAnd {
			p.settleOperators(part, even)
			row, last, first, even = 0, lowest, lowest, true
			part = p.connective(at)
			continue
		}
		switch {
		case at == levelIs:
			last = lowest
		case at <= levelMatch:
			last = at
		}
		if first == lowest {
			first = at
		}
		even = even && at == first
		if word {
			p.wordOperator(at)
		} else {
			p.signOperator(at)
		}
	}
	p.settleOperators(part, even)
	p.settleLogic(start)
	p.leave()
}

// infixLevel tells the level of the operator at the current token, lowest if none is there, and whether it is a word.
func (p *parser) infixLevel() (at level, word bool) {
	t := p.tok()
	switch t.Kind {
	case lex.Op:
		return signLevel(t.Val), false
	case lex.Ident:
		return p.wordLevel(t.Val), true
	}
	return lowest, false
}

func signLevel(op string) level {
	switch op {
	case "+", "-":
		return levelAdd
	case "*", "/", "%":
		return levelMultiply
	case "^":
		return levelPower
	case "=", "<>", "<", ">", "<=", ">=":
		return levelCompare
	case "(", ")", "[", "]", ",", ";", ".", ":", "::", ":=", "..", "=>":
		return lowest
	}
	return levelOther
}

func (p *parser) wordLevel(w string) level {
	switch w {
	case "or":
		return levelOr
	case "and":
		return levelAnd
	case "is", "isnull", "notnull":
		return levelIs
	case "like", "ilike", "between", "in":
		return levelMatch
	case "similar":
		if p.at(1).Is("to") {
			return levelMatch
		}
	case "not":
		switch n := p.at(1); {
		case n.Is("like"), n.Is("ilike"), n.Is("between"), n.Is("in"), n.Is("similar"):
			return levelMatch
		}
	case "overlaps":
		return levelOther
	case "operator":
		if p.at(1).IsOp("(") {
			return levelOther
		}
	}
	return lowest
}

// signOperator writes an operator made of signs and its right operand.
func (p *parser) signOperator(at level) {
	op := p.tok().Val
	if w := p.at(1); at >= levelCompare && p.quantifierAt(1) {
		p.i++
		p.quantified(op, at, p.posOf(&p.toks[p.i-1]), w.Val == "all")
		return
	}
	sign := op
	if at == levelOther {
		sign = "|"
	}
	p.opMark(sign, op)
	p.i++
	p.unit()
}

// connective writes AND or OR and the operand behind it, and gives the place between the two.
func (p *parser) connective(at level) here {
	w := " OR "
	if at == levelAnd {
		w = " AND "
	}
	p.opMark(w, p.tok().Val)
	p.i++
	behind := p.sheet.here()
	p.unit()
	return behind
}

// wordOperator writes an operator that is a word, with what it takes to its right.
func (p *parser) wordOperator(at level) {
	switch at {
	case levelIs:
		p.isTest()
	case levelMatch:
		p.matchTest()
	default:
		if p.is("overlaps") {
			p.overlaps()
			return
		}
		pos := p.pos()
		op := p.namedOperator()
		if p.quantifierAt(0) {
			p.quantified(op, levelOther, pos, p.is("all"))
			return
		}
		p.i-- // the operator's own token, for its place
		p.opMark("|", op)
		p.sheet.ops[len(p.sheet.ops)-1].pos = pos
		p.i++
		p.unit()
	}
}

// namedOperator reads OPERATOR(schema.op) and gives the operator, after its schema and a point unless that is pg_catalog,
// where all operators are.
func (p *parser) namedOperator() string {
	p.i += 2
	schema := ""
	for p.tok().IsName() {
		if schema = p.tok().Val + "."; schema == "pg_catalog." {
			schema = ""
		}
		p.i++
		p.expectOp(".")
	}
	t := p.tok()
	if t.Kind != lex.Op || t.Val == ")" {
		p.unexpected()
	}
	p.i++
	p.expectOp(")")
	return schema + t.Val
}

// unit writes an operand with its signs, its postfixes, COLLATE and AT TIME ZONE.
func (p *parser) unit() {
	t := p.signed()
	for chain := 0; ; chain++ {
		p.checkChain(chain, MaxDepth)
		pos := p.pos()
		switch {
		case p.accept("collate"):
			name := p.anyName()
			p.wrap(t, t.n, func(x ast.Expr, _ []ast.Expr) ast.Expr { return &ast.Collate{Pos: pos, X: x, Name: name} })
		case p.accept("at", "time"):
			p.expect("zone")
			had := t.n
			p.next(&t)
			z := p.signed()
			p.settleTerm(z)
			p.wrap(t, had, func(x ast.Expr, more []ast.Expr) ast.Expr {
				return &ast.AtTimeZone{Pos: pos, X: x, Zone: more[0]}
			})
		default:
			p.settleTerm(t)
			return
		}
	}
}

// anyName reads a qualified name of any words.
func (p *parser) anyName() []string {
	name := []string{p.label()}
	for p.acceptOp(".") {
		name = append(name, p.label())
	}
	return name
}

// signed writes an operand that may begin with + - NOT or another prefix operator.
func (p *parser) signed() term {
	t, pos := p.tok(), p.pos()
	switch {
	case t.IsOp("-"), t.IsOp("+"):
		p.enter()
		p.i++
		x := p.signed()
		p.wrap(x, x.n, func(x ast.Expr, _ []ast.Expr) ast.Expr { return p.sign(t.Val, pos, x) })
		p.leave()
		return x
	case t.Is("not"):
		p.i++
		x := p.carry(carrier{})
		p.operand(&x, levelNot)
		p.built(x, func(a []ast.Expr) ast.Expr { return &ast.Not{Pos: pos, X: a[0]} })
		return x
	case t.Kind == lex.Op && signLevel(t.Val) == levelOther, t.Is("operator") && p.at(1).IsOp("("):
		op := t.Val
		if t.Kind == lex.Op {
			p.i++
		} else {
			op = p.namedOperator()
		}
		x := p.carry(carrier{})
		p.operand(&x, levelAdd)
		p.built(x, func(a []ast.Expr) ast.Expr { return &ast.Unary{Pos: pos, Op: op, X: a[0]} })
		return x
	}
	return p.primary()
}

// sign puts a sign before x; before a plain number a minus becomes part of it, so that the least bigint can be written.
func (p *parser) sign(op string, pos ast.Pos, x ast.Expr) ast.Expr {
	if l, ok := x.(*ast.Literal); ok && op == "-" && l.Kind == ast.LitNumber {
		text := "-" + l.Text
		if l.Text[0] == '-' {
			text = l.Text[1:]
		}
		return p.literal(ast.LitNumber, text, pos)
	}
	return &ast.Unary{Pos: pos, Op: op, X: x}
}
