package lex

import (
	"slices"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// scanner is the state of one Scan: the text, the place, the tokens so far.
type scanner struct {
	s   string
	i   int
	out []Token

	depth     int // brackets that are open
	limit     int // how many tokens there may be until the statement ends
	signs     int // up to where operator characters stand of which none keeps a sign at an operator's end
	lastOther int // after the last of them that is no sign
}

// Scan appends the tokens of s to buf, with an End token after the last. An error's Pos is a 1-based byte position, not
// yet one in characters: the caller, who knows the text's encoding table, turns it. The text must be valid UTF-8.
func Scan(s string, buf []Token) ([]Token, error) {
	sc := scanner{s: s, out: buf, limit: MaxStatementTokens}
	for {
		if err := sc.blank(); err != nil {
			return nil, err
		}
		if sc.i >= len(s) {
			sc.add(End, "", len(s))
			return sc.out, nil
		}
		if len(sc.out) >= sc.limit {
			if err := sc.tooMany(); err != nil {
				return nil, err
			}
		}
		if len(sc.out) == cap(sc.out) {
			sc.grow()
		}
		if err := sc.token(); err != nil {
			return nil, err
		}
	}
}

// tooMany refuses a statement that has as many tokens as it may have, unless it brings rows: then it may have more.
func (sc *scanner) tooMany() error {
	most := MaxStatementTokens
	if sc.limit >= MaxTokens {
		most = MaxTokens
	} else if bringsRows(sc.out[sc.limit-MaxStatementTokens:]) {
		sc.limit = MaxTokens
		return nil
	}
	return sqlerr.New(sqlerr.StatementTooComplex, "statement has more than %d tokens", most).At(sc.i + 1)
}

// bringsRows tells whether these tokens begin an INSERT, with or without a WITH, a COPY, or a PREPARE of one.
func bringsRows(toks []Token) bool {
	depth := 0
	for i := range toks {
		switch t := &toks[i]; {
		case t.IsOp("("):
			depth++
		case t.IsOp(")"):
			depth--
		case depth == 0 && t.Is("insert"), i == 0 && t.Is("copy"):
			return true
		}
	}
	return false
}

// grow makes room for what the rest of the text has if it is like the text so far: tokens are copied once or twice, not
// each time that a slice grows.
func (sc *scanner) grow() {
	have := len(sc.out)
	like := int(int64(have) * int64(len(sc.s)-sc.i) / int64(max(sc.i, 1)))
	sc.out = slices.Grow(sc.out, min(max(like+like/32, have/2)+16, len(sc.s)-sc.i+1, sc.limit-have+1))
}

// token reads one token at a place that is neither blank nor the end.
func (sc *scanner) token() error {
	c := sc.s[sc.i]
	switch {
	case c == '\'':
		return sc.plainString(sc.i)
	case c == '"':
		return sc.quotedName()
	case isNameStart(c):
		return sc.wordOrPrefixed(c)
	case isDigit(c), c == '.' && isDigit(sc.at(1)):
		return sc.number()
	case c == '$':
		return sc.dollar()
	case classOf[c] != 0:
		return sc.operator(c)
	}
	_, n := utf8.DecodeRuneInString(sc.s[sc.i:])
	return near(sc.i, "syntax error", sc.s[sc.i:sc.i+n])
}

// add appends a token from the current place to end and moves there.
func (sc *scanner) add(k Kind, val string, end int) {
	sc.out = append(sc.out, Token{Val: val, Pos: int32(sc.i), End: int32(end), Kind: k})
	sc.i = end
}

// at is the byte d places ahead, 0 past the end.
func (sc *scanner) at(d int) byte {
	if sc.i+d < len(sc.s) {
		return sc.s[sc.i+d]
	}
	return 0
}

// blank skips white space and comments.
func (sc *scanner) blank() error {
	for sc.i < len(sc.s) {
		switch c := sc.s[sc.i]; {
		case isSpace(c):
			sc.i++
		case c == '-' && sc.at(1) == '-':
			sc.i = lineEnd(sc.s, sc.i)
		case c == '/' && sc.at(1) == '*':
			end := commentEnd(sc.s, sc.i)
			if end < 0 {
				return near(sc.i, "unterminated /* comment", sc.s[sc.i:])
			}
			sc.i = end
		default:
			return nil
		}
	}
	return nil
}

// lineEnd is the place of the line break that ends the comment at i.
func lineEnd(s string, i int) int {
	for i < len(s) && s[i] != '\n' && s[i] != '\r' {
		i++
	}
	return i
}

// commentEnd is the place after the comment that opens at i, nested ones included; -1 if it never ends.
func commentEnd(s string, i int) int {
	depth := 0
	for i+1 < len(s) {
		switch {
		case s[i] == '/' && s[i+1] == '*':
			depth++
			i += 2
		case s[i] == '*' && s[i+1] == '/':
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return -1
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }

// maxShown bounds, in bytes, the part of the text that an error shows.
const maxShown = 1024

// near is a 42601 in PostgreSQL's words at byte offset pos.
func near(pos int, what, text string) error {
	if len(text) > maxShown {
		n := maxShown
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	e := sqlerr.New(sqlerr.SyntaxError, "%s at or near \"%s\"", what, text)
	e.Pos = pos + 1
	return e
}
