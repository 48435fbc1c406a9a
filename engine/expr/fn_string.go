package expr

import (
	"bytes"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// stringFunctions are the functions on strings (manual, 9.4).
func stringFunctions() []function {
	fs := []function{
		{name: "length", args: "text", ret: "int4", run: charLength},
		{name: "length", args: "bpchar", ret: "int4", run: paddedLength},
		{name: "length", args: "bytea", ret: "int4", run: octetLength},
		{name: "length", args: "bytea,name", ret: "int4", flags: fallible, run: eachValue(encodedLength)},
		{name: "char_length", args: "text", ret: "int4", run: charLength},
		{name: "character_length", args: "text", ret: "int4", run: charLength},
		{name: "octet_length", args: "text", ret: "int4", run: octetLength},
		{name: "octet_length", args: "bpchar", ret: "int4", run: octetLength},
		{name: "octet_length", args: "bytea", ret: "int4", run: octetLength},
		{name: "bit_length", args: "text", ret: "int4", run: bitLength},
		{name: "lower", args: "text", ret: "text", run: lowerText},
		{name: "upper", args: "text", ret: "text", run: upperText},
		{name: "initcap", args: "text", ret: "text", run: initcap},
		{name: "substr", args: "text,int4", ret: "text", run: substrFrom},
		{name: "substring", args: "text,int4", ret: "text", run: substrFrom},
		{name: "substr", args: "text,int4,int4", ret: "text", flags: fallible, run: substrFor},
		{name: "substring", args: "text,int4,int4", ret: "text", flags: fallible, run: substrFor},
		{name: "left", args: "text,int4", ret: "text", run: leftText},
		{name: "right", args: "text,int4", ret: "text", run: rightText},
		{name: "btrim", args: "text", ret: "text", run: func(f *frame) { trimText(f, true, true) }},
		{name: "ltrim", args: "text", ret: "text", run: func(f *frame) { trimText(f, true, false) }},
		{name: "rtrim", args: "text", ret: "text", run: func(f *frame) { trimText(f, false, true) }},
		{name: "btrim", args: "text,text", ret: "text", run: func(f *frame) { trimText(f, true, true) }},
		{name: "ltrim", args: "text,text", ret: "text", run: func(f *frame) { trimText(f, true, false) }},
		{name: "rtrim", args: "text,text", ret: "text", run: func(f *frame) { trimText(f, false, true) }},
		{name: "replace", args: "text,text,text", ret: "text", run: replaceText},
		{name: "translate", args: "text,text,text", ret: "text", run: translateText},
		{name: "split_part", args: "text,text,int4", ret: "text", flags: fallible, run: splitPart},
		{name: "strpos", args: "text,text", ret: "int4", run: strpos},
		{name: "position", args: "text,text", ret: "int4", run: strpos},
		{name: "starts_with", args: "text,text", ret: "bool", run: startsWith},
		{name: "repeat", args: "text,int4", ret: "text", flags: fallible, run: repeatText},
		{name: "reverse", args: "text", ret: "text", run: reverseText},
		{name: "lpad", args: "text,int4", ret: "text", flags: fallible, run: func(f *frame) { pad(f, true) }},
		{name: "rpad", args: "text,int4", ret: "text", flags: fallible, run: func(f *frame) { pad(f, false) }},
		{name: "lpad", args: "text,int4,text", ret: "text", flags: fallible, run: func(f *frame) { pad(f, true) }},
		{name: "rpad", args: "text,int4,text", ret: "text", flags: fallible, run: func(f *frame) { pad(f, false) }},
	}
	return append(fs, encodingFunctions()...)
}

// concatText is || of two strings: their bytes, one after the other.
func concatText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = append(append(out.buf, f.raw(0, r)...), f.raw(1, r)...)
	}
	out.done()
}

func charLength(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		out[r] = int32(utf8.RuneCount(f.raw(0, r)))
	}
}

// paddedLength is the length of a char(n), whose trailing blanks do not count.
func paddedLength(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		out[r] = int32(utf8.RuneCount(bytes.TrimRight(f.raw(0, r), " ")))
	}
}

func octetLength(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		out[r] = int32(len(f.raw(0, r)))
	}
}

func bitLength(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		out[r] = int32(8 * len(f.raw(0, r)))
	}
}

func lowerText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s := f.raw(0, r)
		if !isASCII(s) {
			out.buf = append(out.buf, strings.ToLower(borrow(s))...)
			continue
		}
		low := out.extend(s)
		for i, b := range low {
			if b-'A' < 26 {
				low[i] = b + 'a' - 'A'
			}
		}
	}
	out.done()
}

func upperText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s := f.raw(0, r)
		if !isASCII(s) {
			out.buf = append(out.buf, strings.ToUpper(borrow(s))...)
			continue
		}
		low := out.extend(s)
		for i, b := range low {
			if b-'a' < 26 {
				low[i] = b - 'a' + 'A'
			}
		}
	}
	out.done()
}

func isASCII(s []byte) bool {
	var or byte
	for _, b := range s {
		or |= b
	}
	return or < utf8.RuneSelf
}

func initcap(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		inside := false
		for _, c := range f.str(0, r) {
			if inside {
				c = unicode.ToLower(c)
			} else {
				c = unicode.ToUpper(c)
			}
			inside = unicode.IsLetter(c) || unicode.IsDigit(c)
			out.buf = utf8.AppendRune(out.buf, c)
		}
	}
	out.done()
}

// runesAt gives the byte position of character n of s, counted from 0, or len(s).
func runesAt(s string, n int) int {
	if n <= 0 {
		return 0
	}
	if n >= len(s) {
		return len(s)
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func substrFrom(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s := f.str(0, r)
		out.buf = append(out.buf, s[runesAt(s, f.i4(1, r)-1):]...)
	}
	out.done()
}

func substrFor(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, from, n := f.str(0, r), f.i4(1, r), f.i4(2, r)
		if n < 0 {
			f.fail(r, sqlerr.New("22011", "negative substring length not allowed"))
			continue
		}
		to := from + n - 1
		from = max(from-1, 0)
		if to <= from {
			continue
		}
		s = s[runesAt(s, from):]
		out.buf = append(out.buf, s[:runesAt(s, to-from)]...)
	}
	out.done()
}

func leftText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, n := f.str(0, r), f.i4(1, r)
		if n < 0 {
			n = max(0, utf8.RuneCountInString(s)+n)
		}
		out.buf = append(out.buf, s[:runesAt(s, n)]...)
	}
	out.done()
}

func rightText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, n := f.str(0, r), f.i4(1, r)
		skip := -n
		switch {
		case n == math.MinInt32:
			skip = 0 // as in PostgreSQL, whose negation overflows
		case n >= 0:
			skip = max(0, utf8.RuneCountInString(s)-n)
		}
		out.buf = append(out.buf, s[runesAt(s, skip):]...)
	}
	out.done()
}

func trimText(f *frame, left, right bool) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, set := f.str(0, r), " "
		if len(f.args) > 1 {
			set = f.str(1, r)
		}
		if left {
			s = strings.TrimLeft(s, set)
		}
		if right {
			s = strings.TrimRight(s, set)
		}
		out.buf = append(out.buf, s...)
	}
	out.done()
}

func replaceText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, from, to := f.str(0, r), f.str(1, r), f.str(2, r)
		for from != "" {
			i := strings.Index(s, from)
			if i < 0 {
				break
			}
			out.buf = append(append(out.buf, s[:i]...), to...)
			if s = s[i+len(from):]; out.over() {
				s = ""
			}
		}
		out.buf = append(out.buf, s...)
	}
	out.done()
}

func translateText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		from, to := []rune(f.str(1, r)), []rune(f.str(2, r))
		for _, c := range f.str(0, r) {
			i := 0
			for i < len(from) && from[i] != c {
				i++
			}
			switch {
			case i == len(from):
				out.buf = utf8.AppendRune(out.buf, c)
			case i < len(to):
				out.buf = utf8.AppendRune(out.buf, to[i])
			}
		}
	}
	out.done()
}

func splitPart(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, sep, n := f.str(0, r), f.str(1, r), f.i4(2, r)
		if n == 0 {
			f.fail(r, sqlerr.New(sqlerr.InvalidParameterValue, "field position must not be zero"))
			continue
		}
		if sep == "" {
			if n == 1 || n == -1 {
				out.buf = append(out.buf, s...)
			}
			continue
		}
		if n < 0 {
			n += strings.Count(s, sep) + 2
		}
		for ; n > 1; n-- {
			i := strings.Index(s, sep)
			if i < 0 {
				n = 0
				break
			}
			s = s[i+len(sep):]
		}
		if n == 1 {
			s, _, _ = strings.Cut(s, sep)
			out.buf = append(out.buf, s...)
		}
	}
	out.done()
}

func strpos(f *frame) {
	out := result[int32](f)
	for _, r := range f.rows() {
		s := f.str(0, r)
		i := strings.Index(s, f.str(1, r))
		if i >= 0 {
			i = utf8.RuneCountInString(s[:i])
		}
		out[r] = int32(i + 1)
	}
}

func startsWith(f *frame) {
	out := f.bits()
	for _, r := range f.rows() {
		if strings.HasPrefix(f.str(0, r), f.str(1, r)) {
			out.Set(int(r))
		}
	}
}

func repeatText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, n := f.raw(0, r), f.i4(1, r)
		if n <= 0 || len(s) == 0 {
			continue
		}
		if !out.room(n * len(s)) {
			continue
		}
		for range n {
			out.buf = append(out.buf, s...)
		}
	}
	out.done()
}

func reverseText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		for s := f.raw(0, r); len(s) > 0; {
			_, w := utf8.DecodeLastRune(s)
			out.buf = append(out.buf, s[len(s)-w:]...)
			s = s[:len(s)-w]
		}
	}
	out.done()
}

func pad(f *frame, left bool) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, n, fill := f.str(0, r), max(0, f.i4(1, r)), " "
		if len(f.args) > 2 {
			fill = f.str(2, r)
		}
		have := utf8.RuneCountInString(s)
		if have >= n || fill == "" {
			out.buf = append(out.buf, s[:runesAt(s, n)]...)
			continue
		}
		whole := utf8.RuneCountInString(fill)
		if !out.room(len(s) + (n-have+whole-1)/whole*len(fill)) {
			continue
		}
		if !left {
			out.buf = append(out.buf, s...)
		}
		for have < n {
			part := fill[:runesAt(fill, n-have)]
			out.buf = append(out.buf, part...)
			have += utf8.RuneCountInString(part)
		}
		if left {
			out.buf = append(out.buf, s...)
		}
	}
	out.done()
}
