package jsonpath

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

type kind uint8

const (
	end    kind = iota
	word        // a name without quotes
	quoted      // "text"
	variable
	number
	symbol
)

type token struct {
	kind kind
	text string // decoded
	raw  string // as typed
}

type lexer struct {
	s string
	i int
}

// special are the characters that no unquoted name has.
const special = "?%$.[]{}()|&!=<>@#,*:-+/\\\" \t\n\r\f"

var symbols = []string{"**", "==", "<>", "<=", ">=", "!=", "&&", "||"}

func (l *lexer) blanks() error {
	for l.i < len(l.s) {
		switch {
		case strings.IndexByte(" \t\n\r\f", l.s[l.i]) >= 0:
			l.i++
		case strings.HasPrefix(l.s[l.i:], "/*"):
			n := strings.Index(l.s[l.i+2:], "*/")
			if n < 0 {
				return sqlerr.New(sqlerr.SyntaxError, "unexpected end of comment at end of jsonpath input")
			}
			l.i += n + 4
		default:
			return nil
		}
	}
	return nil
}

// next reads a token.
func (l *lexer) next() (token, error) {
	if err := l.blanks(); err != nil {
		return token{}, err
	}
	start := l.i
	if start == len(l.s) {
		return token{}, nil
	}
	t := token{}
	var err error
	switch c := l.s[start]; {
	case c == '"':
		t.kind = quoted
		t.text, err = l.quoted()
	case c == '$' && start+1 < len(l.s) && l.s[start+1] == '"':
		l.i++
		t.kind = variable
		t.text, err = l.quoted()
	case c == '$':
		l.i++
		if t.text, err = l.name(); t.text != "" {
			t.kind = variable
		} else {
			t.kind, t.text = symbol, "$"
		}
	case isDigit(c) || c == '.' && start+1 < len(l.s) && isDigit(l.s[start+1]):
		t.kind = number
		err = l.number()
		t.text = l.s[start:l.i]
	case strings.IndexByte(special, c) >= 0 && c != '\\':
		t.kind, t.text = symbol, l.symbol()
	default:
		t.kind = word
		t.text, err = l.name()
	}
	t.raw = l.s[start:l.i]
	return t, err
}

func isDigit(c byte) bool { return c-'0' < 10 }

func (l *lexer) symbol() string {
	for _, s := range symbols {
		if strings.HasPrefix(l.s[l.i:], s) {
			l.i += len(s)
			return s
		}
	}
	_, n := utf8.DecodeRuneInString(l.s[l.i:])
	l.i += n
	return l.s[l.i-n : l.i]
}

// number passes digits, a fraction and an exponent. A point after a whole number that no digit follows begins a key.
func (l *lexer) number() error {
	start := l.i
	digits := func() {
		for l.i < len(l.s) && isDigit(l.s[l.i]) {
			l.i++
		}
	}
	digits()
	whole := l.s[start:l.i]
	if l.i < len(l.s) && l.s[l.i] == '.' {
		l.i++
		digits()
	}
	if l.i < len(l.s) && (l.s[l.i]|0x20) == 'e' {
		at := l.i
		l.i++
		if l.i < len(l.s) && (l.s[l.i] == '+' || l.s[l.i] == '-') {
			l.i++
		}
		from := l.i
		if digits(); l.i == from {
			l.i = at
		}
	}
	junk := l.i < len(l.s) && strings.IndexByte(special, l.s[l.i]) < 0
	if junk || len(whole) > 1 && whole[0] == '0' {
		return sqlerr.New(sqlerr.SyntaxError, "trailing junk after numeric literal at or near %q of jsonpath input", l.s[start:min(l.i+1, len(l.s))])
	}
	return nil
}

// name reads a name without quotes, which may hold escapes.
func (l *lexer) name() (string, error) {
	var sb strings.Builder
	for l.i < len(l.s) {
		c := l.s[l.i]
		if c == '\\' {
			if err := l.escape(&sb); err != nil {
				return "", err
			}
			continue
		}
		if strings.IndexByte(special, c) >= 0 {
			break
		}
		sb.WriteByte(c)
		l.i++
	}
	return sb.String(), nil
}

func (l *lexer) quoted() (string, error) {
	var sb strings.Builder
	for l.i++; l.i < len(l.s); {
		switch c := l.s[l.i]; c {
		case '"':
			l.i++
			return sb.String(), nil
		case '\\':
			if err := l.escape(&sb); err != nil {
				return "", err
			}
		default:
			sb.WriteByte(c)
			l.i++
		}
	}
	return "", sqlerr.New(sqlerr.SyntaxError, "unterminated quoted string at end of jsonpath input")
}

// escape reads what stands after a backslash: JSON's escapes, JavaScript's \v, \xHH and \u{H...}, or a character.
func (l *lexer) escape(sb *strings.Builder) error {
	l.i++
	if l.i == len(l.s) {
		return sqlerr.New(sqlerr.SyntaxError, "unexpected end after backslash at end of jsonpath input")
	}
	c := l.s[l.i]
	l.i++
	if k := strings.IndexByte("bfnrtv", c); k >= 0 {
		sb.WriteByte("\b\f\n\r\t\v"[k])
		return nil
	}
	switch c {
	case 'x':
		r, err := l.hex(2, "invalid hexadecimal character sequence")
		sb.WriteRune(r)
		return err
	case 'u':
		r, err := l.unicode()
		if err == nil && r == 0 {
			return sqlerr.New(sqlerr.UntranslatableCharacter, "unsupported Unicode escape sequence").WithDetail("\\u0000 cannot be converted to text.")
		}
		sb.WriteRune(r)
		return err
	}
	sb.WriteByte(c)
	return nil
}

// unicode reads HHHH or {H...}; a high surrogate takes the low one behind it.
func (l *lexer) unicode() (rune, error) {
	const bad = "invalid Unicode escape sequence"
	if l.i < len(l.s) && l.s[l.i] == '{' {
		n := strings.IndexByte(l.s[l.i:], '}')
		if n < 2 || n > 7 {
			return 0, sqlerr.New(sqlerr.SyntaxError, "%s at or near %q of jsonpath input", bad, l.s[l.i:])
		}
		l.i++
		r, err := l.hex(n-1, bad)
		l.i++
		return r, err
	}
	r, err := l.hex(4, bad)
	if err == nil && r >= 0xD800 && r < 0xDC00 && strings.HasPrefix(l.s[l.i:], "\\u") {
		l.i += 2
		low, err := l.hex(4, bad)
		return 0x10000 + (r-0xD800)<<10 + (low - 0xDC00), err
	}
	return r, err
}

func (l *lexer) hex(n int, bad string) (rune, error) {
	v, err := strconv.ParseUint(l.s[l.i:min(l.i+n, len(l.s))], 16, 32)
	if err != nil || l.i+n > len(l.s) {
		return 0, sqlerr.New(sqlerr.SyntaxError, "%s at or near %q of jsonpath input", bad, l.s[l.i:])
	}
	l.i += n
	return rune(v), nil
}
