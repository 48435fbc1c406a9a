package lex

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// plainString reads a literal whose quote is at q, and those joined to it over a line break.
func (sc *scanner) plainString(q int) error {
	val, end := quoted(sc.s, q, '\'')
	if end < 0 {
		return near(sc.i, "unterminated quoted string", sc.s[sc.i:])
	}
	var more []byte
	for next := joined(sc.s, end); next >= 0; next = joined(sc.s, end) {
		part, e := quoted(sc.s, next, '\'')
		if e < 0 {
			return near(sc.i, "unterminated quoted string", sc.s[sc.i:])
		}
		more, end = append(more, part...), e
	}
	if more != nil {
		val += string(more)
	}
	sc.add(Str, val, end)
	return nil
}

// joined is the place of the quote that goes on with the literal that ended at i: white space with a line break stands
// between them, and maybe -- comments. -1: nothing goes on.
func joined(s string, i int) int {
	newline := false
	for i < len(s) {
		switch {
		case s[i] == '\n' || s[i] == '\r':
			newline = true
			i++
		case isSpace(s[i]):
			i++
		case newline && s[i] == '-' && i+1 < len(s) && s[i+1] == '-':
			i = lineEnd(s, i)
		case newline && s[i] == '\'':
			return i
		default:
			return -1
		}
	}
	return -1
}

// escapeString reads E'...'.
func (sc *scanner) escapeString() error {
	var b []byte
	i := sc.i + 1
	for {
		var err error
		if b, i, err = sc.escapedPart(b, i+1); err != nil {
			return err
		}
		next := joined(sc.s, i)
		if next < 0 {
			break
		}
		i = next
	}
	val := string(b)
	if err := checkDecoded(sc.i, val); err != nil {
		return err
	}
	sc.add(Str, val, i)
	return nil
}

// escapedPart decodes from i, after the quote, to the place after the closing one.
func (sc *scanner) escapedPart(b []byte, i int) ([]byte, int, error) {
	s := sc.s
	for i < len(s) {
		switch {
		case s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			b = append(b, '\'')
			i += 2
		case s[i] == '\'':
			return b, i + 1, nil
		case s[i] == '\\' && i+1 < len(s):
			var err error
			if b, i, err = escape(b, s, i+1); err != nil {
				return nil, 0, err
			}
		default:
			b = append(b, s[i])
			i++
		}
	}
	return nil, 0, near(sc.i, "unterminated quoted string", s[sc.i:])
}

// escape decodes what follows a backslash at i.
func escape(b []byte, s string, i int) ([]byte, int, error) {
	switch c := s[i]; c {
	case 'b', 'f', 'n', 'r', 't', 'v':
		return append(b, "\b\f\n\r\t\v"[strings.IndexByte("bfnrtv", c)]), i + 1, nil
	case 'u', 'U':
		return unicodeEscape(b, s, i)
	case 'x':
		if j := run(s, i+1, 2, isHex); j > i+1 {
			v, _ := strconv.ParseUint(s[i+1:j], 16, 8)
			return append(b, byte(v)), j, nil
		}
		return append(b, c), i + 1, nil
	default:
		if j := run(s, i, 3, isOctal); j > i {
			v, _ := strconv.ParseUint(s[i:j], 8, 16)
			return append(b, byte(v)), j, nil
		}
		return append(b, c), i + 1, nil
	}
}

// run is the place after at most n bytes from i that satisfy ok.
func run(s string, i, n int, ok func(byte) bool) int {
	j := i
	for j < len(s) && j-i < n && ok(s[j]) {
		j++
	}
	return j
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

// unicodeEscape decodes \uXXXX or \UXXXXXXXX with the letter at i, and the second half of a surrogate pair.
func unicodeEscape(b []byte, s string, i int) ([]byte, int, error) {
	r, j := hexRune(s, i)
	if j < 0 {
		e := sqlerr.New(sqlerr.InvalidEscapeSequence, "invalid Unicode escape").
			WithHint(`Unicode escapes must be \uXXXX or \UXXXXXXXX.`)
		e.Pos = i
		return nil, 0, e
	}
	if utf16.IsSurrogate(r) {
		r2, k := rune(0), -1
		if j+1 < len(s) && s[j] == '\\' && s[j+1]|0x20 == 'u' {
			r2, k = hexRune(s, j+1)
		}
		r = utf16.DecodeRune(r, r2)
		if k < 0 || r == utf8.RuneError {
			return nil, 0, badSurrogate(i)
		}
		j = k
	}
	if r == 0 || r > utf8.MaxRune {
		e := sqlerr.New(sqlerr.SyntaxError, "invalid Unicode escape value")
		e.Pos = i
		return nil, 0, e
	}
	return utf8.AppendRune(b, r), j, nil
}

// hexRune reads the four digits after u at i, or the eight after U; -1 if they are not there.
func hexRune(s string, i int) (rune, int) {
	n := 4
	if s[i] == 'U' {
		n = 8
	}
	j := run(s, i+1, n, isHex)
	if j != i+1+n {
		return 0, -1
	}
	v, _ := strconv.ParseUint(s[i+1:j], 16, 32)
	if v > utf8.MaxRune {
		return utf8.MaxRune + 1, j
	}
	return rune(v), j
}

func badSurrogate(pos int) error {
	e := sqlerr.New(sqlerr.SyntaxError, "invalid Unicode surrogate pair")
	e.Pos = pos
	return e
}

// bitString reads B'0101' or X'1F' into bits.
func (sc *scanner) bitString(kind byte) error {
	raw, end := quoted(sc.s, sc.i+1, '\'')
	if end < 0 {
		what := "unterminated bit string literal"
		if kind == 'x' {
			what = "unterminated hexadecimal string literal"
		}
		return near(sc.i, what, sc.s[sc.i:])
	}
	var bits strings.Builder
	for i := range len(raw) {
		c := raw[i]
		switch {
		case kind == 'b' && (c == '0' || c == '1'):
			bits.WriteByte(c)
		case kind == 'x' && isHex(c):
			v, _ := strconv.ParseUint(raw[i:i+1], 16, 8)
			for bit := 3; bit >= 0; bit-- {
				bits.WriteByte('0' + byte(v>>bit&1))
			}
		default:
			name := "binary"
			if kind == 'x' {
				name = "hexadecimal"
			}
			e := sqlerr.New(sqlerr.InvalidTextRepresentation, "\"%s\" is not a valid %s digit", firstRune(raw[i:]), name)
			e.Pos = sc.i + 1
			return e
		}
	}
	sc.add(Bits, bits.String(), end)
	return nil
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
