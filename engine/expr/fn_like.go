package expr

import (
	"bytes"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// likeFunctions are the functions behind LIKE and SIMILAR TO, and the comparisons of texts byte by byte (manual, 9.7).
func likeFunctions() []function {
	fs := []function{
		{name: "like_escape", args: "text,text", ret: "text", flags: fallible, run: eachText(likeEscape)},
		{name: "like_escape", args: "bytea,bytea", ret: "bytea", flags: fallible, run: eachText(likeEscape)},
		{name: "similar_to_escape", args: "text", ret: "text", flags: fallible, run: eachText(similarEscape)},
		{name: "similar_to_escape", args: "text,text", ret: "text", flags: fallible, run: eachText(similarEscape)},
		{name: "similar_escape", args: "text,text", ret: "text", flags: fallible | lenient, run: eachText(oldSimilarEscape)},
		{name: "substring", args: "text,text,text", ret: "text", flags: fallible, run: substringSimilar},
	}
	for name, kind := range map[string]string{"like": "text,text", "notlike": "text,text"} {
		for _, args := range []string{kind, "bytea,bytea"} {
			e := like{kind: "like", negate: name == "notlike", bytes: args == "bytea,bytea"}
			fs = append(fs, function{name: name, args: args, ret: "bool", flags: fallible, run: func(f *frame) { e.perRow(f) }})
		}
	}
	return fs
}

// byteOrder are the operators that compare texts byte by byte, whatever the collation: collation "C" does so too.
func byteOrder() []function {
	var fs []function
	for name, op := range map[string]comparison{"~<~": isLess, "~<=~": isLess | isEqual, "~>~": isGreater, "~>=~": isGreater | isEqual} {
		fs = append(fs, function{name: name, args: "text,text", ret: "bool", run: func(f *frame) { compareStrings(f, op) }},
			function{name: name, args: "bpchar,bpchar", ret: "bool", run: func(f *frame) { compareOthers(f, op) }})
	}
	return fs
}

func invalidEscape() error {
	return sqlerr.New(sqlerr.InvalidEscapeSequence, "invalid escape string").WithHint("Escape string must be empty or one character.")
}

// likeEscape turns a pattern with an escape character of its own into one with the backslash.
func likeEscape(f *frame, dst []byte, r uint32) ([]byte, error) {
	p, esc := f.raw(0, r), f.raw(1, r)
	letters := len(esc)
	if f.t.OID == types.OIDText {
		letters = countRunes(borrow(esc))
	}
	if letters > 1 {
		return dst, invalidEscape()
	}
	if len(esc) == 1 && esc[0] == '\\' {
		return append(dst, p...), nil
	}
	escaped := false
	for i := 0; i < len(p); i++ {
		switch {
		case len(esc) > 0 && !escaped && bytes.HasPrefix(p[i:], esc):
			dst = append(dst, '\\')
			i += len(esc) - 1
			escaped = true
			continue
		case p[i] == '\\' && !escaped:
			dst = append(dst, '\\')
		}
		dst = append(dst, p[i])
		escaped = false
	}
	return dst, nil
}

func similarEscape(f *frame, dst []byte, r uint32) ([]byte, error) {
	esc := "\\"
	if len(f.args) > 1 {
		esc = f.str(1, r)
	}
	return appendSimilar(dst, f.str(0, r), esc)
}

// oldSimilarEscape takes a null escape for the backslash.
func oldSimilarEscape(f *frame, dst []byte, r uint32) ([]byte, error) {
	if f.args[0].null(int(r)) {
		f.null(r)
		return dst, nil
	}
	esc := "\\"
	if !f.args[1].null(int(r)) {
		esc = f.str(1, r)
	}
	return appendSimilar(dst, f.str(0, r), esc)
}

// substringSimilar is the part of a text that stands between the two separators of a pattern, or all of it without them.
func substringSimilar(f *frame) {
	var p compiled
	var pattern, escape string
	var buf []byte
	var err error
	out := f.text()
	for i, r := range f.rows() {
		out.at(r)
		if s, e := f.str(1, r), f.str(2, r); i == 0 || s != pattern || e != escape {
			pattern, escape = strings.Clone(s), strings.Clone(e)
			buf, err = appendSimilar(buf[:0], pattern, escape)
		}
		lo, hi, ok, failed := 0, 0, false, err
		if failed == nil {
			var re *patternExpr
			if re, failed = p.get(borrow(buf), ""); failed == nil {
				lo, hi, ok, failed = firstGroup(re, f.raw(0, r))
			}
		}
		switch {
		case failed != nil:
			f.fail(r, failed)
		case !ok:
			f.null(r)
		default:
			out.buf = append(out.buf, f.raw(0, r)[lo:hi]...)
		}
	}
	out.done()
}
