package expr

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// sqlParser reads the expressions of the tests: enough of SQL to write each construct of this package.
type sqlParser struct {
	toks   []string
	i      int
	schema batch.Schema
}

// parseSQL binds text over schema. A test that panics inside is a malformed test.
func parseSQL(text string, schema batch.Schema) (e Expr, err error) {
	defer func() {
		if p := recover(); p != nil {
			bind, ok := p.(bindError)
			if !ok {
				panic(p)
			}
			err = bind.error
		}
	}()
	p := &sqlParser{toks: tokenize(text), schema: schema}
	e = p.expr(0)
	if p.i < len(p.toks) {
		return nil, fmt.Errorf("left over: %q", p.toks[p.i:])
	}
	if e.Type() == types.Unknown {
		return Cast(e, types.Text, Explicit)
	}
	return e, nil
}

type bindError struct{ error }

func must(e Expr, err error) Expr {
	if err != nil {
		panic(bindError{err})
	}
	return e
}

const operatorChars = "+-*/%^<>=~!@#&|?"

func tokenize(s string) (toks []string) {
	for i := 0; i < len(s); {
		start := i
		switch c := s[i]; {
		case c == ' ' || c == '\n':
			i++
			continue
		case c == '\'' || c == '"':
			for i++; i < len(s); i++ {
				if s[i] == c {
					if i+1 < len(s) && s[i+1] == c {
						i++
						continue
					}
					break
				}
			}
			i++
		case c-'0' < 10 || c == '.' && i+1 < len(s) && s[i+1]-'0' < 10:
			for i < len(s) && (s[i]-'0' < 10 || s[i] == '.' || s[i] == 'e' || (s[i] == '-' || s[i] == '+') && s[i-1] == 'e') {
				i++
			}
		case c == ':' && i+1 < len(s) && s[i+1] == ':':
			i += 2
		case strings.IndexByte(operatorChars, c) >= 0:
			for i < len(s) && strings.IndexByte(operatorChars, s[i]) >= 0 && (i == start || s[i] != '-' && s[i] != '+' || s[start] == '~' || s[start] == '#') || i < len(s) && s[i] == '>' {
				i++
			}
		case c == '_' || c|0x20-'a' < 26:
			for i < len(s) && (s[i] == '_' || s[i]|0x20-'a' < 26 || s[i]-'0' < 10) {
				i++
			}
		default:
			i++
		}
		toks = append(toks, s[start:i])
	}
	return toks
}

func (p *sqlParser) peek() string {
	if p.i < len(p.toks) {
		return p.toks[p.i]
	}
	return ""
}

func (p *sqlParser) word() string { return strings.ToLower(p.peek()) }

func (p *sqlParser) accept(words ...string) bool {
	for k, w := range words {
		if p.i+k >= len(p.toks) || !strings.EqualFold(p.toks[p.i+k], w) {
			return false
		}
	}
	p.i += len(words)
	return true
}

func (p *sqlParser) expect(w string) {
	if !p.accept(w) {
		panic(fmt.Sprintf("want %q, have %q", w, p.toks[p.i:]))
	}
}

// Binding powers, as PostgreSQL's precedence table has them.
const (
	bpOr = iota + 1
	bpAnd
	bpNot
	bpIs
	bpCompare
	bpLike
	bpOther
	bpAdd
	bpMul
	bpPower
	bpAt
	bpUnary
	bpCast
)

func bindingPower(op string) int {
	switch op {
	case "=", "<", ">", "<=", ">=", "<>", "!=":
		return bpCompare
	case "+", "-":
		return bpAdd
	case "*", "/", "%":
		return bpMul
	case "^":
		return bpPower
	}
	if op != "" && strings.IndexByte(operatorChars, op[0]) >= 0 {
		return bpOther
	}
	return 0
}

func (p *sqlParser) expr(min int) Expr {
	left := p.prefix()
	for {
		if bp := bindingPower(p.peek()); bp > 0 {
			if bp <= min {
				return left
			}
			op := p.peek()
			p.i++
			left = must(Operator(op, []Expr{left, p.expr(bp)}))
			continue
		}
		next, ok := p.infix(left, min)
		if !ok {
			return left
		}
		left = next
	}
}

func (p *sqlParser) infix(left Expr, min int) (Expr, bool) {
	switch w := p.word(); {
	case w == "::" && min < bpCast:
		p.i++
		return must(Cast(left, p.typ(), Explicit)), true
	case w == "and" && min < bpAnd:
		p.i++
		return And(left, p.expr(bpAnd)), true
	case w == "or" && min < bpOr:
		p.i++
		return Or(left, p.expr(bpOr)), true
	case w == "is" && min < bpIs:
		p.i++
		neg := p.accept("not")
		if p.accept("distinct", "from") {
			return must(IsDistinct(left, p.expr(bpIs), neg)), true
		}
		what := p.word()
		p.i++
		if what == "null" {
			return IsNull(left, neg), true
		}
		return IsBool(left, what, neg), true
	case w == "at" && min < bpAt:
		p.i += 3
		return must(Call("timezone", []Expr{p.expr(bpAt), left})), true
	}
	if min >= bpLike {
		return left, false
	}
	mark := p.i
	neg := p.accept("not")
	switch {
	case p.accept("like"), p.accept("ilike"), p.accept("similar", "to"):
		kind := strings.ToLower(p.toks[p.i-1])
		pattern, escape := p.expr(bpLike), Expr(nil)
		if p.accept("escape") {
			escape = p.expr(bpLike)
		}
		if kind == "to" {
			return must(Similar(left, pattern, escape, neg)), true
		}
		return must(Like(left, pattern, escape, kind == "ilike", neg)), true
	case p.accept("in"):
		p.expect("(")
		return must(In(left, p.list(), neg)), true
	case p.accept("between"):
		lo := p.expr(bpLike)
		p.expect("and")
		hi := p.expr(bpLike)
		e := And(must(Operator(">=", []Expr{left, lo})), must(Operator("<=", []Expr{left, hi})))
		if neg {
			e = Not(e)
		}
		return e, true
	}
	p.i = mark
	return left, false
}

// list reads expressions up to a closing parenthesis.
func (p *sqlParser) list() (es []Expr) {
	for !p.accept(")") {
		es = append(es, p.expr(0))
		p.accept(",")
	}
	return es
}

func (p *sqlParser) typ() types.Type {
	name := p.word()
	p.i++
	switch name {
	case "double":
		p.expect("precision")
		name = "float8"
	case "int", "integer":
		name = "int4"
	case "bigint":
		name = "int8"
	case "smallint":
		name = "int2"
	case "real":
		name = "float4"
	case "boolean":
		name = "bool"
	case "char":
		name = "bpchar"
	}
	t, ok := byName[name]
	if !ok {
		panic("no type " + name)
	}
	if p.accept("(") {
		n, _ := strconv.Atoi(p.peek())
		p.i++
		t.Mod = int32(n + 4)
		if p.accept(",") {
			s, _ := strconv.Atoi(p.peek())
			p.i++
			t.Mod = int32(n<<16|s) + 4
		} else if t.Category() == 'D' {
			t.Mod = types.DigitsMod(n)
		} else if t.OID == types.OIDNumeric {
			t.Mod = int32(n<<16) + 4
		}
		p.expect(")")
	}
	if p.accept("[") {
		p.expect("]")
		t = t.Array()
	}
	return t
}

func (p *sqlParser) prefix() Expr {
	tok := p.peek()
	p.i++
	switch low := strings.ToLower(tok); {
	case tok == "(":
		e := p.expr(0)
		p.expect(")")
		return e
	case tok == "-" || tok == "+" || tok == "~" || tok == "@" || tok == "|/" || tok == "||/":
		if tok == "-" && p.peek()[0]-'0' < 10 {
			p.toks[p.i] = "-" + p.toks[p.i]
			return p.number()
		}
		return must(Operator(tok, []Expr{p.expr(bpUnary)}))
	case tok[0] == '\'':
		return must(Lit(types.Unknown, strings.ReplaceAll(tok[1:len(tok)-1], "''", "'")))
	case tok[0]-'0' < 10 || tok[0] == '.':
		p.i--
		return p.number()
	case low == "null":
		return Null(types.Unknown)
	case low == "true" || low == "false":
		return boolean(low == "true")
	case low == "not":
		return Not(p.expr(bpNot))
	case low == "case":
		return p.caseExpr()
	case low == "cast":
		p.expect("(")
		e := p.expr(0)
		p.expect("as")
		t := p.typ()
		p.expect(")")
		return must(Cast(e, t, Explicit))
	case low == "extract":
		p.expect("(")
		field := must(Lit(types.Text, p.peek()))
		p.i++
		p.expect("from")
		e := p.expr(0)
		p.expect(")")
		return must(Call("extract", []Expr{field, e}))
	case p.peek() == "(" && !slices.Contains([]string{"numeric", "varchar"}, low):
		p.i++
		return must(Call(low, p.list()))
	case strings.HasPrefix(p.peek(), "'"):
		p.i--
		t := p.typ()
		return must(Cast(p.prefix(), t, Explicit))
	}
	if i := p.schema.Index(strings.ToLower(tok)); i >= 0 {
		return Col(i, p.schema[i].Type, p.schema[i].Name)
	}
	panic("no column " + tok)
}

func (p *sqlParser) number() Expr {
	tok := p.peek()
	p.i++
	if v, err := strconv.ParseInt(tok, 10, 64); err == nil {
		if v == int64(int32(v)) {
			return must(Lit(types.Int4, tok))
		}
		return must(Lit(types.Int8, tok))
	}
	return must(Lit(types.Numeric, tok))
}

func (p *sqlParser) caseExpr() Expr {
	var subject, els Expr
	if p.word() != "when" {
		subject = p.expr(0)
	}
	var conds, thens []Expr
	for p.accept("when") {
		c := p.expr(0)
		if subject != nil {
			c = must(Operator("=", []Expr{subject, c}))
		}
		p.expect("then")
		conds, thens = append(conds, c), append(thens, p.expr(0))
	}
	if p.accept("else") {
		els = p.expr(0)
	}
	p.expect("end")
	return must(Case(conds, thens, els))
}

func TestParserReadsPrecedence(t *testing.T) {
	e, err := parseSQL("1 + 2 * 3 = 7 AND NOT false", nil)
	if err != nil || e.String() != "true" {
		t.Fatalf("%v %v", e, err)
	}
}
