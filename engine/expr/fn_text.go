package expr

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// identFunctions are the functions on identifiers, escapes and normal forms, and those that count nulls.
func identFunctions() []function {
	return []function{
		{name: "overlay", args: "text,text,int4", ret: "text", flags: fallible, run: eachText(overlayText)},
		{name: "overlay", args: "text,text,int4,int4", ret: "text", flags: fallible, run: eachText(overlayText)},
		{name: "unistr", args: "text", ret: "text", flags: fallible, run: eachText(unistr)},
		{name: "parse_ident", args: "text", ret: "_text", flags: fallible, run: eachText(parseIdent)},
		{name: "parse_ident", args: "text,bool", ret: "_text", flags: fallible, run: eachText(parseIdent)},
		{name: "normalize", args: "text", ret: "text", run: eachText(normalize)},
		{name: "normalize", args: "text,text", ret: "text", flags: fallible, run: eachText(normalize)},
		{name: "is_normalized", args: "text", ret: "bool", run: eachBool(isNormalized)},
		{name: "is_normalized", args: "text,text", ret: "bool", flags: fallible, run: eachBool(isNormalized)},
		{name: "quote_literal", args: "any", ret: "text", flags: stable, run: eachText(quoteAny)},
		{name: "quote_nullable", args: "any", ret: "text", flags: lenient | stable, run: eachText(quoteNullable)},
		{name: "num_nulls", args: "variadic any", ret: "int4", flags: lenient, run: func(f *frame) { countNulls(f, true) }},
		{name: "num_nonnulls", args: "variadic any", ret: "int4", flags: lenient, run: func(f *frame) { countNulls(f, false) }},
		{name: "pg_size_pretty", args: "int8", ret: "text", run: eachText(sizePretty)},
		{name: "pg_size_pretty", args: "numeric", ret: "text", run: eachText(numericSizePretty)},
		{name: "pg_size_bytes", args: "text", ret: "int8", flags: fallible, run: eachValue(sizeBytes)},
	}
}

func countRunes(s string) int { return utf8.RuneCountInString(s) }

// unistr replaces the escapes \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX; \\ is a backslash.
func unistr(f *frame, dst []byte, r uint32) ([]byte, error) {
	high := rune(0) // the first half of a surrogate pair
	for s := f.str(0, r); s != ""; {
		if s[0] != '\\' || strings.HasPrefix(s, `\\`) {
			if high != 0 {
				return dst, badSurrogate()
			}
			dst = append(dst, s[0])
			s = s[1+int(b2u8(s[0] == '\\')):]
			continue
		}
		digits, skip := 4, 1
		if len(s) > 1 {
			switch s[1] {
			case '+':
				digits, skip = 6, 2
			case 'u':
				skip = 2
			case 'U':
				digits, skip = 8, 2
			}
		}
		if len(s) < skip+digits {
			return dst, badUnicodeEscape()
		}
		v, err := strconv.ParseUint(s[skip:skip+digits], 16, 32)
		if err != nil {
			return dst, badUnicodeEscape()
		}
		s = s[skip+digits:]
		c := rune(v)
		switch {
		case v == 0 || v > unicode.MaxRune:
			return dst, sqlerr.New(sqlerr.InvalidParameterValue, "invalid Unicode code point: %04X", v)
		case high != 0 && (c < 0xdc00 || c > 0xdfff), high == 0 && c >= 0xdc00 && c <= 0xdfff:
			return dst, badSurrogate()
		case high != 0:
			dst = utf8.AppendRune(dst, 0x10000+(high-0xd800)<<10+c-0xdc00)
			high = 0
		case c >= 0xd800 && c < 0xdc00:
			high = c
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	if high != 0 {
		return dst, badSurrogate()
	}
	return dst, nil
}

func badSurrogate() error {
	return sqlerr.New(sqlerr.SyntaxError, "invalid Unicode surrogate pair")
}

func badUnicodeEscape() error {
	return sqlerr.New(sqlerr.SyntaxError, "invalid Unicode escape").
		WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
}

const identBlanks = " \t\n\r\f\v"

func identStart(c byte) bool { return c == '_' || c|0x20-'a' < 26 || c >= utf8.RuneSelf }
func identRest(c byte) bool  { return identStart(c) || c-'0' < 10 || c == '$' }

// parseIdent splits a qualified name as SQL reads it. What follows a whole name is an error only when strict.
func parseIdent(f *frame, dst []byte, r uint32) ([]byte, error) {
	whole := f.str(0, r)
	strict := len(f.args) < 2 || f.bit(1, r)
	bad := func(detail string) error {
		e := sqlerr.New(sqlerr.InvalidParameterValue, "string is not a valid identifier: \"%s\"", strings.Clone(whole))
		if detail != "" {
			return e.WithDetail("%s", detail)
		}
		return e
	}
	var parts []string
	s := strings.TrimLeft(whole, identBlanks)
	for afterDot := false; ; afterDot = true {
		switch {
		case strings.HasPrefix(s, `"`):
			name, rest, ok := quotedIdent(s[1:])
			if !ok {
				return dst, bad("String has unclosed double quotes.")
			}
			if name == "" {
				return dst, bad("Quoted identifier must not be empty.")
			}
			parts, s = append(parts, name), rest
		case s != "" && identStart(s[0]):
			n := 1
			for n < len(s) && identRest(s[n]) {
				n++
			}
			parts, s = append(parts, lowerASCII(s[:n])), s[n:]
		case afterDot:
			return dst, bad(`No valid identifier after ".".`)
		case strings.HasPrefix(s, "."):
			return dst, bad(`No valid identifier before ".".`)
		default:
			return dst, bad("")
		}
		s = strings.TrimLeft(s, identBlanks)
		if strings.HasPrefix(s, ".") {
			s = strings.TrimLeft(s[1:], identBlanks)
			continue
		}
		if s != "" && strict {
			return dst, bad("")
		}
		break
	}
	dst = types.AppendArrayHeader(dst, types.Text, len(parts), false)
	for _, p := range parts {
		dst = types.AppendArrayItem(dst, []byte(p))
	}
	return dst, nil
}

// quotedIdent reads up to the closing quote; two quotes are one.
func quotedIdent(s string) (name, rest string, ok bool) {
	for {
		part, after, found := strings.Cut(s, `"`)
		if !found {
			return "", "", false
		}
		name += part
		if !strings.HasPrefix(after, `"`) {
			return name, after, true
		}
		name += `"`
		s = after[1:]
	}
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c-'A' < 26 {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func normalForm(f *frame, r uint32) (norm.Form, error) {
	if len(f.args) < 2 {
		return norm.NFC, nil
	}
	switch name := f.str(1, r); strings.ToLower(name) {
	case "nfc":
		return norm.NFC, nil
	case "nfd":
		return norm.NFD, nil
	case "nfkc":
		return norm.NFKC, nil
	case "nfkd":
		return norm.NFKD, nil
	default:
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "invalid normalization form: %s", strings.Clone(name))
	}
}

func normalize(f *frame, dst []byte, r uint32) ([]byte, error) {
	form, err := normalForm(f, r)
	if err != nil {
		return dst, err
	}
	return append(dst, form.Bytes(f.raw(0, r))...), nil
}

func isNormalized(f *frame, r uint32) (bool, error) {
	form, err := normalForm(f, r)
	return err == nil && form.IsNormal(f.raw(0, r)), err
}

func quoteAny(f *frame, dst []byte, r uint32) ([]byte, error) {
	a := &f.args[0]
	if a.col.Type == types.Bool { // as a cast to text writes it
		return appendLiteral(dst, strconv.FormatBool(a.col.Bits.Get(a.at(r)))), nil
	}
	text := string(appendText(nil, &a.col, a.at(r), f.c.Locale))
	if a.col.Type.OID == types.OIDBPChar {
		text = strings.TrimRight(text, " ")
	}
	return appendLiteral(dst, text), nil
}

func quoteNullable(f *frame, dst []byte, r uint32) ([]byte, error) {
	if f.args[0].null(int(r)) {
		return append(dst, "NULL"...), nil
	}
	return quoteAny(f, dst, r)
}

func countNulls(f *frame, nulls bool) {
	out := result[int32](f)
	for _, r := range f.rows() {
		n := int32(0)
		for i := range f.args {
			if f.args[i].null(int(r)) == nulls {
				n++
			}
		}
		out[r] = n
	}
}
