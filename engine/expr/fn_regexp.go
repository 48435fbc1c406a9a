package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// searchFunctions are the functions that count, find and cut out matches from a start on (manual, 9.7.3).
func searchFunctions() []function {
	var fs []function
	forms := func(name, args, ret string, least int, run routine) {
		parts := strings.Split(args, ",")
		for n := least; n <= len(parts); n++ {
			fs = append(fs, function{name: name, args: strings.Join(parts[:n], ","), ret: ret, flags: fallible, run: run})
		}
	}
	forms("regexp_count", "text,text,int4,text", "int4", 2, regexpCount)
	forms("regexp_instr", "text,text,int4,int4,int4,text,int4", "int4", 2, regexpInstr)
	forms("regexp_substr", "text,text,int4,int4,text,int4", "text", 2, regexpSubstr)
	forms("regexp_split_to_array", "text,text,text", "_text", 2, regexpSplit)
	forms("regexp_replace", "text,text,text,int4,int4,text", "text", 4, regexpReplaceFrom)
	return fs
}

func regexpCount(f *frame) {
	var p compiled
	args := searchArgs{name: "regexp_count", start: 2, flags: 3}
	out := result[int32](f)
	for _, r := range f.rows() {
		s, err := args.open(f, &p, r)
		if err != nil {
			f.fail(r, err)
			continue
		}
		found, err := s.all(-1)
		if err != nil {
			f.fail(r, err)
		}
		out[r] = int32(len(found))
	}
}

func regexpInstr(f *frame) {
	var p compiled
	args := searchArgs{name: "regexp_instr", start: 2, nth: 3, flags: 5, group: 6}
	out := result[int32](f)
	for _, r := range f.rows() {
		s, err := args.open(f, &p, r)
		end := 0
		if err == nil && len(f.args) > 4 {
			if end = f.i4(4, r); end != 0 && end != 1 {
				err = sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: %d", "endoption", end)
			}
		}
		var lo, hi int
		var ok bool
		if err == nil {
			lo, hi, ok, err = s.nthGroup()
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		if end == 1 {
			lo = hi
		}
		if out[r] = 0; ok {
			out[r] = int32(utf8.RuneCount(s.text[:lo]) + 1)
		}
	}
}

func regexpSubstr(f *frame) {
	var p compiled
	args := searchArgs{name: "regexp_substr", start: 2, nth: 3, flags: 4, group: 5}
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, err := args.open(f, &p, r)
		var lo, hi int
		var ok bool
		if err == nil {
			lo, hi, ok, err = s.nthGroup()
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		if !ok {
			f.null(r)
			continue
		}
		out.buf = append(out.buf, s.text[lo:hi]...)
	}
	out.done()
}

func regexpSplit(f *frame) {
	var p compiled
	args := searchArgs{name: "regexp_split_to_array", flags: 2}
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, err := args.open(f, &p, r)
		var parts []string
		if err == nil {
			parts, err = splitMatches(s.re, borrow(s.text))
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = types.AppendArrayHeader(out.buf, types.Text, len(parts), false)
		for _, part := range parts {
			out.buf = types.AppendArrayItem(out.buf, []byte(part))
		}
	}
	out.done()
}

// splitMatches gives what stands between matches. Empty matches at either end, or right behind another match, split
// nothing.
func splitMatches(re *patternExpr, text string) ([]string, error) {
	var parts []string
	from := 0
	found, err := re.FindAll([]byte(text), 0, -1)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if m[0] == m[1] && (m[0] == 0 || m[0] == len(text) || m[0] == from) {
			continue
		}
		parts = append(parts, text[from:m[0]])
		from = m[1]
	}
	return append(parts, text[from:]), nil
}

// regexpReplaceFrom replaces the nth match from a start on, or with n = 0 all of them.
func regexpReplaceFrom(f *frame) {
	var p compiled
	out := f.text()
	args := searchArgs{name: "regexp_replace", start: 3, flags: 5, global: true} // how many are replaced, n says
	for _, r := range f.rows() {
		out.at(r)
		s, err := args.open(f, &p, r)
		n := 1
		if err == nil && len(f.args) > 4 {
			if n = f.i4(4, r); n < 0 {
				err = sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: %d", "n", n)
			}
		}
		limit := n
		if n == 0 {
			limit = -1
		}
		var found [][]int
		if err == nil {
			found, err = s.all(limit)
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		if n > 0 {
			found = found[min(n-1, len(found)):]
		}
		out.replaced(s.text, f.str(2, r), found)
	}
	out.done()
}

// replaced appends s with its matches replaced.
func (t *textOut) replaced(s []byte, with string, found [][]int) {
	at := 0
	for _, m := range found {
		t.buf = append(t.buf, s[at:m[0]]...)
		if t.buf = appendReplacement(t.buf, with, s, m); t.over() {
			return
		}
		at = m[1]
	}
	t.buf = append(t.buf, s[at:]...)
}
