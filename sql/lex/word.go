package lex

import (
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// wordOrPrefixed reads an identifier, or a literal whose prefix looks like one: E, N, B, X or U& before a quote.
func (sc *scanner) wordOrPrefixed(c byte) error {
	switch c | 0x20 {
	case 'e':
		if sc.at(1) == '\'' {
			return sc.escapeString()
		}
	case 'n':
		if sc.at(1) == '\'' {
			return sc.plainString(sc.i + 1)
		}
	case 'b', 'x':
		if sc.at(1) == '\'' {
			return sc.bitString(c | 0x20)
		}
	case 'u':
		if sc.at(1) == '&' && (sc.at(2) == '\'' || sc.at(2) == '"') {
			return sc.unicode(sc.at(2))
		}
	}
	sc.word()
	return nil
}

// word reads an unquoted identifier and folds it.
func (sc *scanner) word() {
	j, upper := sc.i, false
	for j < len(sc.s) && isNamePart(sc.s[j]) {
		upper = upper || sc.s[j] >= 'A' && sc.s[j] <= 'Z'
		j++
	}
	w := sc.s[sc.i:j]
	if upper {
		w = fold(w)
	}
	sc.add(Ident, cutName(w), j)
}

// fold lowers ASCII letters only, as PostgreSQL does in UTF-8. Keywords come back interned.
func fold(w string) string {
	var small [24]byte
	if len(w) > len(small) {
		return Fold(w)
	}
	b := small[:len(w)]
	for i := range len(w) {
		b[i] = lower(w[i])
	}
	if k, ok := keywords[string(b)]; ok {
		return k.word
	}
	return string(b)
}

// Fold lowers the ASCII letters of an identifier, as PostgreSQL folds an unquoted one.
func Fold(w string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, w)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// cutName shortens a name to MaxNameBytes at a character's edge.
func cutName(w string) string {
	if len(w) <= MaxNameBytes {
		return w
	}
	n := MaxNameBytes
	for n > 0 && !utf8.RuneStart(w[n]) {
		n--
	}
	return w[:n]
}

// Whole is the identifier of a token of s as it was typed, folded or decoded, and whether the token has less of it: that it
// was longer than MaxNameBytes.
func Whole(s string, t *Token) (string, bool) {
	if t.End-t.Pos <= MaxNameBytes || !t.IsName() {
		return "", false
	}
	text := s[t.Pos:t.End]
	switch {
	case t.Kind == Ident:
		text = Fold(text)
	case text[0] == '"':
		text, _ = quoted(text, 0, '"')
	default: // U&"..."
		sc := scanner{s: s, i: int(t.Pos)}
		text, _, _ = sc.unicodeText('"') // it was read once without an error
	}
	return text, len(text) > len(t.Val)
}

// quotedName reads "a""b".
func (sc *scanner) quotedName() error {
	val, end := quoted(sc.s, sc.i, '"')
	if end < 0 {
		return near(sc.i, "unterminated quoted identifier", sc.s[sc.i:])
	}
	if val == "" {
		return near(sc.i, "zero-length delimited identifier", sc.s[sc.i:end])
	}
	sc.add(QIdent, cutName(val), end)
	return nil
}

// quoted decodes the text between the quote at i and its partner; a doubled quote stands for one. end is -1 if there
// is no partner. Without doubled quotes the result shares memory with s.
func quoted(s string, i int, quote byte) (val string, end int) {
	start := i + 1
	var b []byte
	for {
		k := strings.IndexByte(s[start:], quote)
		if k < 0 {
			return "", -1
		}
		k += start
		if k+1 < len(s) && s[k+1] == quote {
			b = append(b, s[start:k+1]...)
			start = k + 2
			continue
		}
		if b == nil {
			return s[i+1 : k], k + 1
		}
		return string(append(b, s[start:k]...)), k + 1
	}
}

// QuoteName writes a name as an identifier that reads back as itself: quoted only where it must be.
func QuoteName(name string) string {
	plain := name != "" && isNameStart(name[0])
	for i := 0; i < len(name) && plain; i++ {
		plain = isNamePart(name[i]) && name[i] < 0x80 && (name[i] < 'A' || name[i] > 'Z')
	}
	if c := CategoryOf(name); plain && (c == Plain || c == Unreserved) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// checkDecoded refuses what an escape may have made that text cannot hold.
func checkDecoded(pos int, val string) error {
	if strings.IndexByte(val, 0) < 0 && utf8.ValidString(val) {
		return nil
	}
	e := sqlerr.New(sqlerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x%s`, badBytes(val))
	e.Pos = pos + 1
	return e
}

// badBytes names the first byte that cannot be.
func badBytes(val string) string {
	const digits = "0123456789abcdef"
	for i := 0; i < len(val); {
		r, n := utf8.DecodeRuneInString(val[i:])
		if val[i] == 0 || r == utf8.RuneError && n == 1 {
			return string([]byte{digits[val[i]>>4], digits[val[i]&15]})
		}
		i += n
	}
	return "00"
}
