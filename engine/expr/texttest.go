package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/types"
)

// TextTest is a condition on one text, which a constant pattern decides: LIKE, ILIKE, SIMILAR TO, a regular expression,
// starts_with. What it says of the texts that pass is for who looks for many such patterns at once. Several goroutines may
// use one.
type TextTest struct {
	Pattern string // the condition, but for x: equal ones are equal
	Prefix  string // what they begin with
	Suffix  string // what they end with
	// Required are texts one of which stands in each, both in lower case, character by character (unicode.ToLower). nil:
	// nothing is known.
	Required []string
	By       Decides // what of this is all of the condition

	like *matcher
	re   *patternExpr
	part string // By is DecidedByPart
}

// Decides says what alone decides a TextTest.
type Decides uint8

// What there is to decide it.
const (
	DecidedByMatch  Decides = iota // nothing but Match
	DecidedByPrefix                // all texts with the prefix pass
	DecidedBySuffix                // all texts with the suffix do
	DecidedByPart                  // all texts with a part do; it is Required in lower case
	DecidedByWhole                 // Prefix alone does
)

// Match says whether text passes.
func (t *TextTest) Match(text []byte) bool {
	switch t.By {
	case DecidedByPrefix:
		return strings.HasPrefix(borrow(text), t.Prefix)
	case DecidedBySuffix:
		return strings.HasSuffix(borrow(text), t.Suffix)
	case DecidedByPart:
		return strings.Contains(borrow(text), t.part)
	case DecidedByWhole:
		return string(text) == t.Prefix
	}
	if t.like != nil {
		ok, _ := t.like.one(text) // its pattern is not open
		return ok
	}
	ok, _ := t.re.Match(text) // it is sure not to fail
	return ok
}

// TextCondition takes apart a condition that is true of the texts x for which t is, null where x is null, and cannot
// fail.
func TextCondition(e Expr) (x Expr, t *TextTest, ok bool) {
	switch e := e.(type) {
	case *like:
		if e.fixed == nil || e.negate || e.bytes || e.x.Type().OID != types.OIDText {
			return nil, nil, false
		}
		t := testOfLike(e.fixed)
		t.Pattern = e.kind + " " + list(e.kids()[1:])
		return e.x, t, true
	case *call:
		if len(e.args) < 2 || e.args[0].Type().OID != types.OIDText || e.args[1].Type().OID != types.OIDText {
			return nil, nil, false
		}
		p, ok := IsConst(e.args[1])
		if !ok || p.Null(0) {
			return nil, nil, false
		}
		pattern, flags := string(p.At(0)), ""
		switch {
		case e.fn.name == "starts_with" && len(e.args) == 2, e.fn.name == "^@":
			return e.args[0], &TextTest{Pattern: "^@ " + pattern, Prefix: pattern, By: DecidedByPrefix}, true
		case e.fn.name == "~", e.fn.name == "regexp_like" && len(e.args) == 2:
		case e.fn.name == "~*":
			flags = "i"
		default:
			return nil, nil, false
		}
		re, err := compilePattern(pattern, flags)
		if err != nil || !re.Sure() {
			return nil, nil, false
		}
		return e.args[0], &TextTest{Pattern: "~" + flags + " " + pattern, re: re, Prefix: re.Prefix(), Required: re.Required()}, true
	}
	return nil, nil, false
}

func testOfLike(m *matcher) *TextTest {
	t := &TextTest{like: m}
	switch m.shape {
	case shapeExact:
		t.Prefix, t.By = m.lit, DecidedByWhole
	case shapePrefix:
		t.Prefix, t.By = m.lit, DecidedByPrefix
	case shapeSuffix:
		t.Suffix, t.By = m.lit, DecidedBySuffix
	case shapeContains:
		t.part, t.Required, t.By = m.lit, []string{strings.ToLower(m.lit)}, DecidedByPart
	case shapeRegexp:
		t.Prefix, t.Required = m.re.Prefix(), m.re.Required()
	default:
		t.parts(m)
	}
	return t
}

// parts finds the runs of characters in a pattern: the first, the last and the longest.
func (t *TextTest) parts(m *matcher) {
	longest := ""
	for i := 0; i < len(m.parts); {
		var run []byte
		from := i
		for ; i < len(m.parts) && m.parts[i].kind == 'c'; i++ {
			run = utf8.AppendRune(run, m.parts[i].r)
		}
		if len(run) > len(longest) {
			longest = string(run)
		}
		if !m.fold && from == 0 {
			t.Prefix = string(run)
		}
		if !m.fold && i == len(m.parts) {
			t.Suffix = string(run)
		}
		if i == from {
			i++
		}
	}
	if longest != "" {
		t.Required = []string{strings.ToLower(longest)}
	}
}

// Alternatives gives the conditions that e is the OR of: e itself if it is none.
func Alternatives(e Expr) []Expr {
	if l, ok := e.(*logic); ok && !l.and {
		return l.terms
	}
	return []Expr{e}
}

// NullTest takes x IS NULL apart, or x IS NOT NULL.
func NullTest(e Expr) (x Expr, negate, ok bool) {
	if t, is := e.(*isTest); is && t.what == "null" {
		return t.x, t.negate, true
	}
	return nil, false, false
}

// BoolTest takes apart a condition that is true where the boolean x is yes: x, NOT x, x IS TRUE, x IS FALSE.
func BoolTest(e Expr) (x Expr, yes, ok bool) {
	switch t := e.(type) {
	case *not:
		return t.x, false, true
	case *isTest:
		return t.x, t.what == "true", !t.negate && (t.what == "true" || t.what == "false")
	}
	return e, true, e.Type() == types.Bool
}
