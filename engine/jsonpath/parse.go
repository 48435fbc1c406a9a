package jsonpath

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/regex"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// MaxDepth is how deep expressions may nest.
const MaxDepth = 1000

type parser struct {
	lexer
	tok       token
	err       error
	depth     int
	filters   int // that are open: @ may stand in one
	subscript int // that are open: last may stand in one
}

// Parse reads a path. Errors: 22P02 for an empty one, 42601, 2201B for a bad regular expression, 54001.
func Parse(s string) (*Path, error) {
	p := &parser{lexer: lexer{s: s}}
	p.advance()
	if p.err == nil && p.tok.kind == end {
		return nil, sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type jsonpath: %q", s)
	}
	path := &Path{}
	if p.isWord("strict") {
		path.Strict = true
		p.advance()
	} else if p.isWord("lax") {
		p.advance()
	}
	path.Root = p.or()
	if p.err == nil && p.tok.kind != end {
		p.unexpected()
	}
	if p.err != nil {
		return nil, p.err
	}
	path.Predicate = path.Root.isPredicate()
	return path, nil
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	t, err := p.next()
	if err != nil {
		p.fail(err)
		return
	}
	p.tok = t
}

// fail keeps the first error; the rest of the text reads as nothing.
func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.tok = token{}
}

func (p *parser) unexpected() {
	if p.tok.kind == end {
		p.fail(sqlerr.New(sqlerr.SyntaxError, "syntax error at end of jsonpath input"))
		return
	}
	p.fail(sqlerr.New(sqlerr.SyntaxError, "syntax error at or near %q of jsonpath input", p.tok.raw))
}

func (p *parser) is(s string) bool { return p.tok.kind == symbol && p.tok.text == s }

func (p *parser) isWord(s string) bool {
	if s == "true" || s == "false" || s == "null" {
		return p.tok.kind == word && p.tok.text == s
	}
	return p.tok.kind == word && strings.EqualFold(p.tok.text, s)
}

func (p *parser) accept(s string) bool {
	if !p.is(s) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(s string) {
	if !p.accept(s) {
		p.unexpected()
	}
}

func (p *parser) expectWord(s string) {
	if !p.isWord(s) {
		p.unexpected()
		return
	}
	p.advance()
}

// wants is an operand that must be, or must not be, a predicate.
func (p *parser) wants(n *Node, predicate bool) *Node {
	if p.err == nil && n.isPredicate() != predicate {
		p.unexpected()
	}
	return n
}

func (p *parser) enter() bool {
	if p.depth++; p.depth > MaxDepth {
		p.fail(sqlerr.New(sqlerr.StatementTooComplex, "the jsonpath is nested more than %d levels deep", MaxDepth))
		return false
	}
	return true
}

func (p *parser) or() *Node {
	defer func() { p.depth-- }()
	if !p.enter() {
		return &Node{}
	}
	n := p.and()
	for p.err == nil && p.is("||") {
		p.wants(n, true)
		p.advance()
		n = &Node{Op: Or, Args: []*Node{n, p.wants(p.and(), true)}}
	}
	return n
}

func (p *parser) and() *Node {
	n := p.comparison()
	for p.err == nil && p.is("&&") {
		p.wants(n, true)
		p.advance()
		n = &Node{Op: And, Args: []*Node{n, p.wants(p.comparison(), true)}}
	}
	return n
}

var comparisons = map[string]Op{
	"==": Equal, "!=": NotEqual, "<>": NotEqual, "<": Less, "<=": LessEqual, ">": Greater, ">=": GreaterEqual,
}

func (p *parser) comparison() *Node {
	if p.is("!") {
		p.advance()
		if !p.is("(") && !p.isWord("exists") {
			p.unexpected()
		}
		return &Node{Op: Not, Args: []*Node{p.wants(p.unary(), true)}}
	}
	n := p.sum()
	op, ok := comparisons[p.tok.text]
	switch {
	case p.err != nil:
	case ok && p.tok.kind == symbol:
		p.wants(n, false)
		p.advance()
		return &Node{Op: op, Args: []*Node{n, p.wants(p.sum(), false)}}
	case p.isWord("starts"):
		p.wants(n, false)
		p.advance()
		p.expectWord("with")
		return &Node{Op: StartsWith, Args: []*Node{n, p.prefix()}}
	case p.isWord("like_regex"):
		p.wants(n, false)
		p.advance()
		return p.likeRegex(n)
	}
	return n
}

// prefix is what STARTS WITH takes: a string or a variable.
func (p *parser) prefix() *Node {
	n := &Node{Op: String, Text: p.tok.text}
	switch p.tok.kind {
	case quoted:
	case variable:
		n.Op = Var
	default:
		p.unexpected()
	}
	p.advance()
	return n
}

func (p *parser) likeRegex(of *Node) *Node {
	n := &Node{Op: LikeRegex, Text: p.tok.text, Args: []*Node{of}}
	if p.tok.kind != quoted {
		p.unexpected()
	}
	p.advance()
	if p.isWord("flag") {
		p.advance()
		if p.tok.kind != quoted {
			p.unexpected()
		}
		n.Flags = p.flags(p.tok.text)
		p.advance()
	}
	if p.err == nil {
		if _, err := regex.Compile(n.Text, n.RegexFlags()); err != nil {
			p.fail(err)
		}
	}
	return n
}

func (p *parser) flags(s string) string {
	for _, c := range s {
		if !strings.ContainsRune("ismxq", c) {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "invalid input syntax for type jsonpath").
				WithDetail("Unrecognized flag character %q in LIKE_REGEX predicate.", string(c)))
		}
	}
	var out []byte
	for _, c := range []byte("ismxq") {
		if strings.IndexByte(s, c) >= 0 {
			out = append(out, c)
		}
	}
	if strings.Contains(string(out), "x") && !strings.Contains(string(out), "q") {
		p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "XQuery \"x\" flag (expanded regular expressions) is not implemented"))
	}
	return string(out)
}

// RegexFlags is the flags of a LikeRegex as those of a regular expression: other than there, the period does not match
// a newline unless s says so.
func (n *Node) RegexFlags() string {
	has := func(c string) bool { return strings.Contains(n.Flags, c) }
	flags := ""
	if has("i") {
		flags = "i"
	}
	switch {
	case has("q"):
		return flags + "q"
	case has("s") && has("m"):
		return flags + "w"
	case has("s"):
		return flags
	case has("m"):
		return flags + "n"
	}
	return flags + "p"
}

func (p *parser) sum() *Node {
	return p.chain(p.product, map[string]Op{"+": Add, "-": Sub})
}

func (p *parser) product() *Node {
	return p.chain(p.unary, map[string]Op{"*": Mul, "/": Div, "%": Mod})
}

func (p *parser) chain(operand func() *Node, ops map[string]Op) *Node {
	n := operand()
	for p.err == nil && p.tok.kind == symbol {
		op, ok := ops[p.tok.text]
		if !ok {
			break
		}
		p.wants(n, false)
		p.advance()
		n = &Node{Op: op, Args: []*Node{n, p.wants(operand(), false)}}
	}
	return n
}

func (p *parser) unary() *Node {
	defer func() { p.depth-- }()
	if !p.enter() {
		return &Node{}
	}
	switch {
	case p.accept("+"):
		return signed(Plus, p.wants(p.unary(), false))
	case p.accept("-"):
		return signed(Minus, p.wants(p.unary(), false))
	}
	return p.accessors(p.primary())
}

// signed is a sign before n; before a number it is the number's own, as in PostgreSQL.
func signed(op Op, n *Node) *Node {
	switch {
	case n == nil || n.Op != Number:
		return &Node{Op: op, Args: []*Node{n}}
	case op == Plus:
		return n
	}
	if rest, negative := strings.CutPrefix(n.Text, "-"); negative {
		return &Node{Op: Number, Text: rest}
	}
	return &Node{Op: Number, Text: "-" + n.Text}
}

func (p *parser) primary() *Node {
	t := p.tok
	literal := func(op Op) *Node {
		p.advance()
		return &Node{Op: op, Text: t.text}
	}
	switch {
	case t.kind == number:
		return literal(Number)
	case t.kind == quoted:
		return literal(String)
	case t.kind == variable:
		return literal(Var)
	case p.is("$"):
		return literal(Root)
	case p.is("@"):
		if p.filters == 0 {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "@ is not allowed in root expressions"))
		}
		return literal(Current)
	case p.isWord("last"):
		if p.subscript == 0 {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "LAST is allowed only in array subscripts"))
		}
		return literal(Last)
	case p.isWord("true"):
		return literal(True)
	case p.isWord("false"):
		return literal(False)
	case p.isWord("null"):
		return literal(Null)
	case p.isWord("exists"):
		p.advance()
		p.expect("(")
		n := &Node{Op: Exists, Args: []*Node{p.wants(p.or(), false)}}
		p.expect(")")
		return n
	case p.accept("("):
		n := p.or()
		p.expect(")")
		if p.err == nil && p.isWord("is") {
			p.wants(n, true)
			p.advance()
			p.expectWord("unknown")
			return &Node{Op: IsUnknown, Args: []*Node{n}}
		}
		return n
	}
	p.unexpected()
	return &Node{}
}

// level reads the number of a level, or last.
func (p *parser) level() uint32 {
	if p.isWord("last") {
		p.advance()
		return AllLevels
	}
	n, err := strconv.ParseUint(p.tok.text, 10, 31)
	if p.tok.kind != number || err != nil {
		p.unexpected()
	}
	p.advance()
	return uint32(n)
}
