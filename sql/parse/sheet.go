package parse

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// sheet is a text in TiDB's dialect under way, with what its carriers stand for.
type sheet struct {
	text     []byte
	carriers []carrier
	ops      []mark // by offset
}

// carrier is what a name on the sheet stands for: an expression that is whole, one to be made of its operands, or the
// node of a clause.
type carrier struct {
	expr  ast.Expr
	build func(args []ast.Expr) ast.Expr
	node  any
	infix bool // build's first operand stands to the left of the carrier
	off   int  // where it stands on the sheet
}

// mark is an operator that TiDB sees as one: where it stands on the sheet, and what the user wrote.
type mark struct {
	off int
	op  string
	pos ast.Pos
	tok int
}

// term is an expression on the sheet that may still get operands: k is its carrier, n the operands it has so far.
type term struct{ k, n int }

func (s *sheet) reset() {
	s.text, s.carriers, s.ops = s.text[:0], s.carriers[:0], s.ops[:0]
}

func (p *parser) write(s string) { p.sheet.text = append(p.sheet.text, s...) }

// carry writes a carrier's name.
func (p *parser) carry(c carrier) term {
	s := &p.sheet
	c.off = len(s.text)
	if p.written++; p.written > MaxOperands {
		p.fail(sqlerr.New(sqlerr.StatementTooComplex, "statement has more than %d operands", MaxOperands).At(int(p.pos())))
	}
	k := len(s.carriers)
	s.carriers = append(s.carriers, c)
	s.text = append(s.text, '`', 1)
	s.text = strconv.AppendInt(s.text, int64(k), 10)
	s.text = append(s.text, '`')
	return term{k: k}
}

// atom writes an expression that is whole.
func (p *parser) atom(x ast.Expr) term { return p.carry(carrier{expr: x}) }

// next begins the term's next operand.
func (p *parser) next(t *term) {
	if t.n == 0 {
		p.write("(")
	} else {
		p.write(",")
	}
	t.n++
}

// operand reads an expression as the term's next operand.
func (p *parser) operand(t *term, lowest level) {
	p.next(t)
	p.expr(lowest)
}

// closeTerm ends the list of operands.
func (p *parser) closeTerm(t term) {
	if t.n > 0 {
		p.write(")")
	}
}

// built says how the term is made of its operands.
func (p *parser) built(t term, build func([]ast.Expr) ast.Expr) { p.sheet.carriers[t.k].build = build }

// wrap puts f around the term as it is; operands after the first had go to f.
func (p *parser) wrap(t term, had int, f func(x ast.Expr, more []ast.Expr) ast.Expr) {
	c := &p.sheet.carriers[t.k]
	switch inner := c.build; {
	case inner != nil:
		c.build = func(a []ast.Expr) ast.Expr { return f(inner(a[:had:had]), a[had:]) }
	case t.n == 0:
		c.expr = f(c.expr, nil)
	default:
		x := c.expr
		c.build = func(a []ast.Expr) ast.Expr { return f(x, a) }
	}
}

// opMark writes an operator as TiDB is to see it.
func (p *parser) opMark(tidb, op string) {
	p.sheet.ops = append(p.sheet.ops, mark{len(p.sheet.text), op, p.pos(), p.i})
	p.write(tidb)
}

// literal makes a literal in the current block.
func (p *parser) literal(kind ast.LitKind, text string, pos ast.Pos) *ast.Literal {
	if len(p.lits) == cap(p.lits) {
		p.lits = make([]ast.Literal, 0, min(max(2*cap(p.lits), 4), 256))
	}
	p.lits = append(p.lits, ast.Literal{Pos: pos, Kind: kind, Text: text})
	return &p.lits[len(p.lits)-1]
}

// wholeExpr reads one expression of the shell on a sheet of its own.
func (p *parser) wholeExpr() ast.Expr {
	p.sheet.reset()
	p.write("SELECT ")
	p.expr(lowest)
	if x := p.sheet.single(); x != nil {
		return x
	}
	return p.translator().onlyField(p.resolve())
}

// single is the sheet's expression if it is one carrier without operands: TiDB has nothing to say about it.
func (s *sheet) single() ast.Expr {
	if len(s.carriers) != 1 {
		return nil
	}
	if c := &s.carriers[0]; c.build != nil {
		if s.text[len(s.text)-1] == ')' {
			return nil
		}
		return c.build(nil)
	}
	return s.carriers[0].expr
}

// wholeQuery reads one query of the shell on a sheet of its own.
func (p *parser) wholeQuery() *ast.Query {
	p.sheet.reset()
	p.query()
	return p.theQuery()
}

// theQuery is the query that is all of the sheet. TiDB reads it if anything of it is not settled.
func (p *parser) theQuery() *ast.Query {
	if len(p.sheet.carriers) == 1 {
		if b := p.sheet.carriers[0].settledBody(); b != nil {
			return queryOf(b)
		}
	}
	return p.translator().statement(p.resolve())
}

// theSelect is the SELECT of the head, which is all of the sheet.
func (p *parser) theSelect(h *selectHead) *ast.Select {
	p.settleSelect(here{}, h)
	return p.theQuery().Body.(*ast.Select)
}

// refused turns TiDB's complaint into a syntax error at the user's own token: its text names the rest of the sheet from
// the offending token on.
func (p *parser) refused(err error) {
	_, rest, ok := strings.Cut(err.Error(), "near \"")
	off := -1
	if ok {
		rest = strings.TrimSuffix(strings.TrimSpace(rest), "\"")
		off = strings.Index(string(p.sheet.text), rest)
	}
	for k := len(p.sheet.ops) - 1; k >= 0 && off >= 0; k-- {
		if p.sheet.ops[k].off <= off {
			p.unexpectedAt(&p.toks[p.sheet.ops[k].tok])
		}
	}
	p.fail(sqlerr.Wrap(sqlerr.SyntaxError, err, "syntax error in the statement").At(int(p.posOf(&p.toks[p.from]))))
}
