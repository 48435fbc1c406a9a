package regex

import (
	"cmp"
	"slices"
	"sync"
	"unicode"
)

// span is the characters from lo to hi.
type span struct{ lo, hi rune }

// set is characters as spans, ordered, with gaps between them.
type set []span

const maxRune = unicode.MaxRune

// normal sorts spans and merges what touches.
func normal(s set) set {
	slices.SortFunc(s, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	out := s[:0]
	for _, p := range s {
		if n := len(out); n > 0 && p.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, p.hi)
			continue
		}
		out = append(out, p)
	}
	return out
}

// not is the characters that s, a normal set, lacks.
func (s set) not() set {
	var out set
	next := rune(0)
	for _, p := range s {
		if p.lo > next {
			out = append(out, span{next, p.lo - 1})
		}
		next = p.hi + 1
	}
	if next <= maxRune {
		out = append(out, span{next, maxRune})
	}
	return out
}

func (s set) has(r rune) bool {
	i, ok := slices.BinarySearchFunc(s, r, func(p span, r rune) int {
		switch {
		case p.hi < r:
			return -1
		case p.lo > r:
			return 1
		}
		return 0
	})
	_ = i
	return ok
}

func union(sets ...set) set {
	var out set
	for _, s := range sets {
		out = append(out, s...)
	}
	return normal(out)
}

func without(a, b set) set {
	return union(a.not(), b).not()
}

// folded is s with the other case of its letters.
func folded(s set) set {
	out := slices.Clone(s)
	for _, p := range s {
		for r := p.lo; r <= min(p.hi, lastCased); r++ {
			if l := unicode.ToLower(r); l != r {
				out = append(out, span{l, l})
			}
			if u := unicode.ToUpper(r); u != r {
				out = append(out, span{u, u})
			}
		}
	}
	return normal(out)
}

// lastCased is behind the last letter that has another case.
const lastCased = 0x1ffff

func tables(ts ...*unicode.RangeTable) set {
	var out set
	for _, t := range ts {
		for _, r := range t.R16 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				out = append(out, span{c, c})
				if r.Stride == 1 {
					out[len(out)-1].hi = rune(r.Hi)
					break
				}
			}
		}
		for _, r := range t.R32 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				out = append(out, span{c, c})
				if r.Stride == 1 {
					out[len(out)-1].hi = rune(r.Hi)
					break
				}
			}
		}
	}
	return normal(out)
}

var newline = set{{'\n', '\n'}}

// classes are the character classes of the ctype C.UTF-8.
var classes = sync.OnceValue(func() map[string]set {
	digit := set{{'0', '9'}}
	alpha := union(tables(unicode.L, unicode.Nl, unicode.Other_Alphabetic), without(tables(unicode.Nd), digit))
	alnum := union(alpha, digit)
	space := union(set{{'\t', '\r'}, {' ', ' '}}, without(tables(unicode.White_Space), set{{0x85, 0x85}, {0xa0, 0xa0}, {0x2007, 0x2007}, {0x202f, 0x202f}}))
	print := without(union(tables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf, unicode.Co)), set{{0x2028, 0x2029}})
	graph := without(print, space)
	return map[string]set{
		"alpha": alpha, "digit": digit, "alnum": alnum, "space": space, "print": print, "graph": graph,
		"upper": tables(unicode.Lu, unicode.Lt, unicode.Other_Uppercase), "lower": tables(unicode.Ll, unicode.Lt, unicode.Other_Lowercase),
		"punct": without(graph, alnum), "blank": {{'\t', '\t'}, {' ', ' '}}, "cntrl": {{0, 31}, {127, 159}},
		"xdigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, "ascii": {{0, 127}}, "word": union(alnum, set{{'_', '_'}}),
	}
})

// collating are the names of characters in brackets, [[.hyphen.]].
var collating = map[string]rune{
	"NUL": 0, "SOH": 1, "STX": 2, "ETX": 3, "EOT": 4, "ENQ": 5, "ACK": 6, "BEL": 7, "alert": 7, "BS": 8, "backspace": 8,
	"HT": 9, "tab": 9, "LF": 10, "newline": 10, "VT": 11, "vertical-tab": 11, "FF": 12, "form-feed": 12, "CR": 13,
	"carriage-return": 13, "SO": 14, "SI": 15, "DLE": 16, "DC1": 17, "DC2": 18, "DC3": 19, "DC4": 20, "NAK": 21, "SYN": 22,
	"ETB": 23, "CAN": 24, "EM": 25, "SUB": 26, "ESC": 27, "IS4": 28, "FS": 28, "IS3": 29, "GS": 29, "IS2": 30, "RS": 30,
	"IS1": 31, "US": 31, "space": ' ', "exclamation-mark": '!', "quotation-mark": '"', "number-sign": '#', "dollar-sign": '$',
	"percent-sign": '%', "ampersand": '&', "apostrophe": '\'', "left-parenthesis": '(', "right-parenthesis": ')', "asterisk": '*',
	"plus-sign": '+', "comma": ',', "hyphen": '-', "hyphen-minus": '-', "period": '.', "full-stop": '.', "slash": '/',
	"solidus": '/', "zero": '0', "one": '1', "two": '2', "three": '3', "four": '4', "five": '5', "six": '6', "seven": '7',
	"eight": '8', "nine": '9', "colon": ':', "semicolon": ';', "less-than-sign": '<', "equals-sign": '=',
	"greater-than-sign": '>', "question-mark": '?', "commercial-at": '@', "left-square-bracket": '[', "backslash": '\\',
	"reverse-solidus": '\\', "right-square-bracket": ']', "circumflex": '^', "circumflex-accent": '^', "underscore": '_',
	"low-line": '_', "grave-accent": '`', "left-brace": '{', "left-curly-bracket": '{', "vertical-line": '|',
	"right-brace": '}', "right-curly-bracket": '}', "tilde": '~', "DEL": 127,
}
