package regex

import (
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// What is wrong with a pattern, in PostgreSQL's words.
const (
	badClass   = "invalid character class"
	badCollate = "invalid collating element"
	badEscape  = "invalid escape \\ sequence"
	badBackref = "invalid backreference number"
	badBracket = "brackets [] not balanced"
	badParen   = "parentheses () not balanced"
	badCount   = "invalid repetition count(s)"
	badRange   = "invalid character range"
	badRepeat  = "quantifier operand invalid"
	badOption  = "invalid embedded option"
	tooComplex = "regular expression is too complex"
)

// fault is a parser's panic, caught by Compile.
type fault string

func (f fault) err() error {
	return sqlerr.New(sqlerr.InvalidRegularExpression, "invalid regular expression: %s", string(f))
}

// token is the kinds of what a pattern consists of.
type token uint8

const (
	tEnd    token = iota
	tSet          // p.set: a character, a class, a bracket expression, the period
	tQuant        // p.min, p.max, p.prefer
	tOr           // |
	tOpen         // ( if p.captures, else (?:
	tClose        // )
	tLook         // (?= and its kin: p.assert
	tAssert       // ^ $ \A \y and their kin: p.assert
	tBack         // p.number
)

// infinite is a repetition without a limit, maxCount the largest count that can be written.
const (
	infinite = -1
	maxCount = 255
)

// lexer reads tokens one ahead.
type lexer struct {
	src  []rune
	at   int
	opts options

	tok      token
	set      set
	min, max int
	prefer   flags
	captures bool
	assert   kind
	number   int

	groups int // opened so far
}

func (l *lexer) more() bool { return l.at < len(l.src) }

func (l *lexer) see(s string) bool {
	for i, r := range s {
		if l.at+i >= len(l.src) || l.src[l.at+i] != r {
			return false
		}
	}
	return true
}

func (l *lexer) eat(s string) bool {
	if !l.see(s) {
		return false
	}
	l.at += utf8.RuneCountInString(s)
	return true
}

// blanks passes blanks and comments in expanded syntax.
func (l *lexer) blanks() {
	for l.opts.expanded && l.more() {
		switch c := l.src[l.at]; {
		case c == '#':
			for l.more() && l.src[l.at] != '\n' {
				l.at++
			}
		case classes()["space"].has(c):
			l.at++
		default:
			return
		}
	}
}

func (l *lexer) next() {
	if l.opts.literal {
		if !l.more() {
			l.tok = tEnd
			return
		}
		l.plain(l.src[l.at])
		l.at++
		return
	}
	for {
		l.blanks()
		if !l.opts.extended && l.eat("(?#") {
			for l.more() && l.src[l.at] != ')' {
				l.at++
			}
			l.eat(")")
			continue
		}
		break
	}
	if !l.more() {
		l.tok = tEnd
		return
	}
	c := l.src[l.at]
	l.at++
	l.one(c)
}

// one reads the token that begins with c.
func (l *lexer) one(c rune) {
	switch c {
	case '|':
		l.tok = tOr
	case '*':
		l.quantifier(0, infinite)
	case '+':
		l.quantifier(1, infinite)
	case '?':
		l.quantifier(0, 1)
	case '{':
		l.blanks()
		if !l.more() || !digit(l.src[l.at]) {
			l.plain(c)
			return
		}
		l.bounds()
	case '(':
		l.paren()
	case ')':
		l.tok = tClose
	case '[':
		l.bracket()
	case '.':
		l.tok, l.set = tSet, set{{0, maxRune}}
		if l.opts.lineStop {
			l.set = newline.not()
		}
	case '^':
		l.tok, l.assert = tAssert, kBegin
		if l.opts.lineAnchor {
			l.assert = kLineBegin
		}
	case '$':
		l.tok, l.assert = tAssert, kEnd
		if l.opts.lineAnchor {
			l.assert = kLineEnd
		}
	case '\\':
		if !l.more() {
			panic(fault(badEscape))
		}
		l.escape()
	default:
		l.plain(c)
	}
}

func digit(c rune) bool { return c >= '0' && c <= '9' }

// plain is the character c itself.
func (l *lexer) plain(c rune) {
	l.tok, l.set = tSet, set{{c, c}}
	if l.opts.caseless {
		l.set = folded(l.set)
	}
}

func (l *lexer) quantifier(least, most int) {
	l.tok, l.min, l.max, l.prefer = tQuant, least, most, l.preference()
}

func (l *lexer) preference() flags {
	if !l.opts.extended && l.eat("?") {
		return shorter
	}
	return longer
}

// bounds reads {m}, {m,} or {m,n} behind the brace.
func (l *lexer) bounds() {
	number := func() int {
		n := 0
		for l.more() && digit(l.src[l.at]) {
			if n = 10*n + int(l.src[l.at]-'0'); n > maxCount {
				panic(fault(badCount))
			}
			l.at++
		}
		return n
	}
	l.tok, l.min, l.prefer = tQuant, number(), 0
	l.max = l.min
	comma := l.eat(",")
	if comma {
		l.max = infinite
		if l.more() && digit(l.src[l.at]) {
			if l.max = number(); l.min > l.max {
				panic(fault(badCount))
			}
		}
	}
	if !l.more() {
		panic(fault("braces {} not balanced"))
	}
	if !l.eat("}") {
		panic(fault(badCount))
	}
	if prefer := l.preference(); comma {
		l.prefer = prefer // {m} passes on what its operand prefers
	}
}

func (l *lexer) paren() {
	l.tok, l.captures = tOpen, true
	if l.opts.extended || !l.eat("?") {
		return
	}
	for text, what := range map[string]kind{"=": kAhead, "!": kNotAhead, "<=": kBehind, "<!": kNotBehind} {
		if l.eat(text) {
			l.tok, l.assert = tLook, what
			return
		}
	}
	if !l.eat(":") {
		panic(fault(badRepeat))
	}
	l.captures = false
}
