package parse

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// Statement is one statement of a text.
type Statement struct {
	Stmt   ast.Stmt
	Text   string // as typed, without the semicolon and the blanks around it
	Pos    int    // offset of Text in the whole string, in characters, from 0
	Params int    // the highest n of a $n
	Unused []int  // those below it that stand nowhere, in order
	// Cut says of each identifier that was longer than 63 bytes what became of it (42622).
	Cut []*sqlerr.Error
}

// Parse reads all statements of text. Empty ones are left out, so an empty text gives none. An error is a *sqlerr.Error
// whose Pos is the 1-based position, in characters, in the whole text; so are the positions in the trees. A statement
// that is known and not there comes as *ast.Unsupported.
func Parse(text string) (stmts []Statement, err error) {
	defer fence(&err)
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	defer p.release()
	for {
		for p.isOp(";") {
			p.i++
		}
		if p.tok().Kind == lex.End {
			return stmts, nil
		}
		stmts = append(stmts, p.oneStatement())
	}
}

// Expr reads a whole text as one expression: a default or a watermark from the catalog.
func Expr(text string) (x ast.Expr, err error) {
	defer fence(&err)
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	defer p.release()
	x = p.wholeExpr()
	p.endOfText()
	return x, nil
}

// Type reads a whole text as the name of a type.
func Type(text string) (t ast.TypeName, err error) {
	defer fence(&err)
	p, err := newParser(text)
	if err != nil {
		return t, err
	}
	defer p.release()
	t = p.typeName()
	p.endOfText()
	return t, nil
}

// endOfText fails unless the text ends here.
func (p *parser) endOfText() {
	if p.tok().Kind != lex.End {
		p.unexpected()
	}
}

// newParser checks the text and cuts it into tokens.
func newParser(text string) (*parser, error) {
	if len(text) > MaxTextBytes {
		return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "query string is longer than %d bytes", MaxTextBytes).
			WithHint("Load many rows with COPY.")
	}
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return nil, sqlerr.New(sqlerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8"`)
	}
	r := roomPool.Get().(*room)
	p := &r.parser
	*p = parser{src: text, places: makePlaces(text), room: r, sheet: r.sheet}
	toks, err := lex.Scan(text, slices.Grow(r.toks[:0], len(text)/5+8))
	if err != nil {
		if e, ok := sqlerr.As(err); ok && e.Pos > 0 {
			e.Pos = p.places.at(min(e.Pos-1, len(text)))
		}
		return nil, err
	}
	p.toks = toks
	return p, nil
}

// oneStatement reads the statement at the current token and the semicolon after it.
func (p *parser) oneStatement() Statement {
	first := p.i
	p.params, p.from, p.written = 0, first, 0
	stmt := p.knownStatement()
	text := p.textBetween(first, p.i)
	p.checkSize(stmt, text)
	if p.isOp(";") {
		p.i++
	}
	return Statement{
		Stmt: stmt, Text: text, Params: p.params, Unused: p.unused(first),
		Pos: p.places.at(int(p.toks[first].Pos)) - 1, Cut: p.cut(first),
	}
}

// cut tells of the identifiers from the token first on that are longer than a name may be.
func (p *parser) cut(first int) (told []*sqlerr.Error) {
	for i := first; i < p.i; i++ {
		if whole, cut := lex.Whole(p.src, &p.toks[i]); cut {
			told = append(told, sqlerr.New(sqlerr.NameTooLong, "identifier %q will be truncated to %q", whole, p.toks[i].Val))
		}
	}
	return told
}

// unused gives the parameters that no token from first on names, though they name one with a higher number.
func (p *parser) unused(first int) (out []int) {
	if p.params == 0 {
		return nil
	}
	named := make([]bool, p.params+1)
	for i := first; i < p.i; i++ {
		if t := &p.toks[i]; t.Kind == lex.Param {
			if n, err := strconv.Atoi(t.Val); err == nil && n < len(named) {
				named[n] = true
			}
		}
	}
	for n := 1; n < len(named); n++ {
		if !named[n] {
			out = append(out, n)
		}
	}
	return out
}

// knownStatement reads one statement to its end. What turns out to be known and not there becomes *ast.Unsupported, so
// that the statements before it in the same string still run.
func (p *parser) knownStatement() (stmt ast.Stmt) {
	first := p.i
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(bailout)
			if !ok || b.err.Code != sqlerr.FeatureNotSupported {
				panic(r)
			}
			p.i = first
			p.skipStatement()
			what := strings.TrimSuffix(b.err.Message, " is not supported")
			u := &ast.Unsupported{Pos: ast.Pos(b.err.Pos), What: what, Hint: b.err.Hint}
			if what == b.err.Message {
				u.Message = what
			}
			stmt = u
		}
	}()
	stmt = p.statement()
	p.end()
	return stmt
}

func (p *parser) checkSize(stmt ast.Stmt, text string) {
	if len(text) <= MaxStatementBytes {
		return
	}
	if pr, ok := stmt.(*ast.Prepare); ok {
		stmt = pr.Stmt
	}
	switch stmt.(type) {
	case *ast.Insert, *ast.Copy:
		return
	}
	p.fail(sqlerr.New(sqlerr.ProgramLimitExceeded, "statement is longer than %d bytes", MaxStatementBytes))
}

// bailout carries an error out of the recursion; it never leaves the package.
type bailout struct{ err *sqlerr.Error }

// fence turns a bailout into its error and any other panic into XX000, with the stack for the journal.
func fence(err *error) {
	switch r := recover().(type) {
	case nil:
	case bailout:
		*err = r.err
	default:
		*err = sqlerr.New(sqlerr.InternalError, "the parser failed on this statement").
			WithDetail("%v", r).
			WithHint("Please report the statement.")
		if e, ok := sqlerr.As(*err); ok {
			e.Cause = panicked{r, debug.Stack()}
		}
	}
}

// panicked is a panic as a cause, for the journal.
type panicked struct {
	value any
	stack []byte
}

// Error is the panic and its stack.
func (p panicked) Error() string { return fmt.Sprintf("panic in parse: %v\n%s", p.value, p.stack) }
