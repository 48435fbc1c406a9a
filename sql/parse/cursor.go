package parse

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// parser is the state of one call of Parse: the tokens of the whole text, the place, and the sheet being written.
type parser struct {
	src   string
	toks  []lex.Token
	i     int // the current token
	from  int // the first token of the current statement
	depth int
	// written counts the carriers of the statement. Rows of an INSERT do not count: rows says that its VALUES are next.
	written int
	rows    bool
	tidb    *tidbReader // taken from the pool, until the text is read
	// mayInto says that the next SELECT is the statement's own, where INTO names a table; into is that table.
	mayInto bool
	made    string // the table whose columns are being read, for messages
	into    *ast.CreateTable
	params  int
	places  places
	sheet   sheet
	room    *room         // where toks and sheet are, until the text is read
	lits    []ast.Literal // literals are made in blocks
	pairs   map[int]int   // brackets whose partner is known
}

func (p *parser) tok() *lex.Token { return &p.toks[p.i] }

// at is the token d places ahead; past the end it is the End token.
func (p *parser) at(d int) *lex.Token { return &p.toks[min(p.i+d, len(p.toks)-1)] }

func (p *parser) is(w string) bool    { return p.toks[p.i].Is(w) }
func (p *parser) isOp(op string) bool { return p.toks[p.i].IsOp(op) }

// words tells whether the next tokens are these words.
func (p *parser) words(ws ...string) bool {
	for d, w := range ws {
		if !p.at(d).Is(w) {
			return false
		}
	}
	return true
}

// accept takes these words if they are next.
func (p *parser) accept(ws ...string) bool {
	if !p.words(ws...) {
		return false
	}
	p.i += len(ws)
	return true
}

func (p *parser) acceptOp(op string) bool {
	if !p.isOp(op) {
		return false
	}
	p.i++
	return true
}

// oneOf takes one of these words and gives it, or "".
func (p *parser) oneOf(ws ...string) string {
	for _, w := range ws {
		if p.accept(w) {
			return w
		}
	}
	return ""
}

// expect takes these words or fails at the first that is not there.
func (p *parser) expect(ws ...string) {
	for _, w := range ws {
		if !p.accept(w) {
			p.unexpected()
		}
	}
}

func (p *parser) expectOp(op string) {
	if !p.acceptOp(op) {
		p.unexpected()
	}
}

// done tells whether the statement ends here.
func (p *parser) done() bool {
	t := p.tok()
	return t.Kind == lex.End || t.IsOp(";")
}

// end fails unless the statement ends here.
func (p *parser) end() {
	if !p.done() {
		p.unexpected()
	}
}

// pos is the position of the current token in characters.
func (p *parser) pos() ast.Pos { return p.posOf(p.tok()) }

func (p *parser) posOf(t *lex.Token) ast.Pos { return ast.Pos(p.places.at(int(t.Pos))) }

func (p *parser) fail(e *sqlerr.Error) { panic(bailout{e}) }

// unexpected is PostgreSQL's syntax error at the current token.
func (p *parser) unexpected() { p.unexpectedAt(p.tok()) }

func (p *parser) unexpectedAt(t *lex.Token) {
	e := sqlerr.New(sqlerr.SyntaxError, "syntax error at end of input")
	if t.Kind != lex.End {
		e = sqlerr.New(sqlerr.SyntaxError, "syntax error at or near \"%s\"", p.src[t.Pos:t.End])
	}
	p.fail(e.At(int(p.posOf(t))))
}

// missing is 0A000 for a clause that is known and not there.
func (p *parser) missing(format string, args ...any) {
	p.fail(sqlerr.NotSupported(format, args...).At(int(p.pos())))
}

// enter guards the recursion; each enter has its leave.
func (p *parser) enter() {
	if p.depth++; p.depth > MaxDepth {
		p.fail(sqlerr.New(sqlerr.StatementTooComplex, "statement nests deeper than %d levels", MaxDepth).At(int(p.pos())))
	}
}

// checkChain bounds what nests by standing in a row: x::a::b, a JOIN b JOIN c.
func (p *parser) checkChain(n, most int) {
	if n > most {
		p.fail(sqlerr.New(sqlerr.StatementTooComplex, "statement nests deeper than %d levels", most).At(int(p.pos())))
	}
}

func (p *parser) leave() { p.depth-- }

// columnID reads a name that may stand for a column or a relation.
func (p *parser) columnID() string {
	t := p.tok()
	if t.Kind == lex.Ident {
		if c := lex.CategoryOf(t.Val); c == lex.TypeFunc || c == lex.Reserved {
			p.unexpected()
		}
	} else if t.Kind != lex.QIdent {
		p.unexpected()
	}
	p.i++
	return t.Val
}

// label reads a name where any word may stand: after AS, after a point.
func (p *parser) label() string {
	t := p.tok()
	if !t.IsName() {
		p.unexpected()
	}
	p.i++
	return t.Val
}

// name reads a qualified name of a relation.
func (p *parser) name() ast.Name {
	n := ast.Name{Pos: p.pos()}
	n.Parts = append(n.Parts, p.columnID())
	for p.acceptOp(".") {
		n.Parts = append(n.Parts, p.label())
	}
	return n
}

// columnList reads (a, b, c).
func (p *parser) columnList() []string {
	p.expectOp("(")
	var cols []string
	for {
		cols = append(cols, p.columnID())
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	p.checkColumns(len(cols))
	return cols
}

func (p *parser) checkColumns(n int) {
	if n > MaxColumns {
		p.fail(sqlerr.New(sqlerr.TooManyColumns, "more than %d columns", MaxColumns).At(int(p.pos())))
	}
}

// str reads a string literal.
func (p *parser) str() string {
	t := p.tok()
	if t.Kind != lex.Str {
		p.unexpected()
	}
	p.i++
	return t.Val
}

// textBetween is the user's own text from token a up to, not including, token b, without the blanks around it.
func (p *parser) textBetween(a, b int) string {
	if b <= a {
		return ""
	}
	return p.src[p.toks[a].Pos:p.toks[b-1].End]
}

// match is the index of the bracket that closes the one at index j, or of the End token. What one walk finds is kept, so
// that nested brackets are walked over once and not once for each level.
func (p *parser) match(j int) int {
	if end, ok := p.pairs[j]; ok {
		return end
	}
	if p.pairs == nil {
		p.pairs = map[int]int{}
	}
	var open []int
	for i := j; i < len(p.toks)-1; i++ {
		if p.toks[i].Kind != lex.Op {
			continue
		}
		switch p.toks[i].Val {
		case "(", "[":
			open = append(open, i)
		case ")", "]":
			p.pairs[open[len(open)-1]] = i
			if open = open[:len(open)-1]; len(open) == 0 {
				return i
			}
		case ";":
			i = len(p.toks)
		}
	}
	for _, i := range open {
		p.pairs[i] = len(p.toks) - 1
	}
	return len(p.toks) - 1
}

// skipStatement moves to the end of the statement.
func (p *parser) skipStatement() {
	for !p.done() {
		p.i++
	}
}

// upper is the statement's words as a command tag has them.
func upper(ws ...string) string { return strings.ToUpper(strings.Join(ws, " ")) }

// lacking refuses what is not built, with a hint that says what to do instead.
func (p *parser) lacking(hint, format string, args ...any) {
	p.fail(sqlerr.NotSupported(format, args...).WithHint("%s", hint).At(int(p.pos())))
}
