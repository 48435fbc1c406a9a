package lex

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// unicode reads U&'...' or U&"..." and the UESCAPE that may follow.
func (sc *scanner) unicode(quote byte) error {
	val, end, err := sc.unicodeText(quote)
	switch {
	case err != nil:
		return err
	case quote == '\'':
		sc.add(Str, val, end)
		return nil
	case val == "":
		return near(sc.i, "zero-length delimited identifier", sc.s[sc.i:end])
	}
	sc.add(QIdent, cutName(val), end)
	return nil
}

// unicodeText decodes what unicode reads, and gives the place after it.
func (sc *scanner) unicodeText(quote byte) (val string, end int, err error) {
	raw, end := quoted(sc.s, sc.i+2, quote)
	if end < 0 {
		what := "unterminated quoted string"
		if quote == '"' {
			what = "unterminated quoted identifier"
		}
		return "", 0, near(sc.i, what, sc.s[sc.i:])
	}
	var more []byte
	for next := joined(sc.s, end); quote == '\'' && next >= 0; next = joined(sc.s, end) {
		part, e := quoted(sc.s, next, quote)
		if e < 0 {
			return "", 0, near(sc.i, "unterminated quoted string", sc.s[sc.i:])
		}
		more, end = append(more, part...), e
	}
	esc, end, err := sc.uescape(end)
	if err != nil {
		return "", 0, err
	}
	val, err = decodeUnicode(raw+string(more), esc, sc.i+3)
	return val, end, err
}

// uescape reads UESCAPE 'c' after a literal that ended at end; without it the escape is a backslash.
func (sc *scanner) uescape(end int) (esc byte, newEnd int, err error) {
	ahead := scanner{s: sc.s, i: end}
	if err := ahead.blank(); err != nil {
		return 0, 0, err
	}
	const word = "uescape"
	j := ahead.i + len(word)
	if j > len(sc.s) || !strings.EqualFold(sc.s[ahead.i:j], word) || j < len(sc.s) && isNamePart(sc.s[j]) {
		return '\\', end, nil
	}
	ahead.i = j
	if err := ahead.blank(); err != nil {
		return 0, 0, err
	}
	if ahead.at(0) != '\'' {
		e := sqlerr.New(sqlerr.SyntaxError, "UESCAPE must be followed by a simple string literal")
		e.Pos = ahead.i + 1
		return 0, 0, e
	}
	val, newEnd := quoted(sc.s, ahead.i, '\'')
	if newEnd < 0 || len(val) != 1 || isHex(val[0]) || strings.Contains("+'\"", val) || isSpace(val[0]) || val[0] >= 0x80 {
		return 0, 0, near(ahead.i, "invalid Unicode escape character", sc.s[ahead.i:max(newEnd, ahead.i+1)])
	}
	return val[0], newEnd, nil
}

// decodeUnicode turns \XXXX and \+XXXXXX into characters, where \ is esc. The text began at pos.
func decodeUnicode(raw string, esc byte, pos int) (string, error) {
	if strings.IndexByte(raw, esc) < 0 {
		return raw, nil
	}
	var b []byte
	for i := 0; i < len(raw); {
		if raw[i] != esc {
			b = append(b, raw[i])
			i++
			continue
		}
		if i+1 < len(raw) && raw[i+1] == esc {
			b = append(b, esc)
			i += 2
			continue
		}
		r, j := codePoint(raw, i+1)
		if j > 0 && utf16.IsSurrogate(r) {
			r2, k := rune(0), -1
			if j < len(raw) && raw[j] == esc {
				r2, k = codePoint(raw, j+1)
			}
			if r = utf16.DecodeRune(r, r2); k < 0 || r == utf8.RuneError {
				return "", badSurrogate(pos + i + 1)
			}
			j = k
		}
		if j < 0 || r == 0 || r > utf8.MaxRune {
			e := sqlerr.New(sqlerr.SyntaxError, "invalid Unicode escape").
				WithHint(`Unicode escapes must be \XXXX or \+XXXXXX.`)
			e.Pos = pos + i + 1
			return "", e
		}
		b = utf8.AppendRune(b, r)
		i = j
	}
	return string(b), nil
}

// codePoint reads XXXX or +XXXXXX at i; -1 if neither is there.
func codePoint(raw string, i int) (rune, int) {
	n := 4
	if i < len(raw) && raw[i] == '+' {
		i++
		n = 6
	}
	j := run(raw, i, n, isHex)
	if j != i+n {
		return 0, -1
	}
	v, _ := strconv.ParseUint(raw[i:j], 16, 32)
	return rune(v), j
}
