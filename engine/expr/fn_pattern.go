package expr

import (
	"strings"
)

// patternOperators are LIKE and the regular expressions as operators (manual, 9.7).
func patternOperators() []function {
	var fs []function
	for _, op := range []struct {
		name, kind string
		negate     bool
	}{{"~~", "like", false}, {"!~~", "like", true}, {"~~*", "ilike", false}, {"!~~*", "ilike", true}} {
		fs = append(fs, function{name: op.name, args: "text,text", ret: "bool", flags: fallible, run: func(f *frame) {
			e := like{kind: op.kind, negate: op.negate}
			e.perRow(f)
		}})
	}
	for _, op := range []struct {
		name, flags string
		negate      bool
	}{{"~", "", false}, {"!~", "", true}, {"~*", "i", false}, {"!~*", "i", true}} {
		fs = append(fs, function{name: op.name, args: "text,text", ret: "bool", flags: fallible, run: func(f *frame) {
			matchRegexp(f, op.flags, op.negate)
		}})
	}
	return fs
}

func patternFunctions() []function {
	return []function{
		{name: "regexp_replace", args: "text,text,text", ret: "text", flags: fallible, run: regexpReplace},
		{name: "regexp_replace", args: "text,text,text,text", ret: "text", flags: fallible, run: regexpReplace},
		{name: "regexp_match", args: "text,text", ret: "_text", flags: fallible, run: regexpMatch},
		{name: "regexp_match", args: "text,text,text", ret: "_text", flags: fallible, run: regexpMatch},
		{name: "regexp_like", args: "text,text", ret: "bool", flags: fallible, run: regexpLike},
		{name: "regexp_like", args: "text,text,text", ret: "bool", flags: fallible, run: regexpLike},
		{name: "substring", args: "text,text", ret: "text", flags: fallible, run: substringPattern},
	}
}

// compiled keeps the last pattern of a column of patterns, which is nearly always the same in all rows.
type compiled struct {
	re             *patternExpr
	err            error
	pattern, flags string
	any            bool
}

func (p *compiled) get(pattern, flags string) (*patternExpr, error) {
	if !p.any || p.pattern != pattern || p.flags != flags {
		p.pattern, p.flags, p.any = strings.Clone(pattern), strings.Clone(flags), true
		p.re, p.err = compilePattern(p.pattern, p.flags)
	}
	return p.re, p.err
}

func matchRegexp(f *frame, flags string, negate bool) {
	var p compiled
	out := f.bits()
	a := &f.args[0]
	if re, hit := dictionaryHits(f, a, flags); re {
		for _, r := range f.rows() {
			if (hit[a.col.Codes[a.at(r)]] == 1) != negate {
				out.Set(int(r))
			}
		}
		return
	}
	for _, r := range f.rows() {
		re, err := p.get(f.str(1, r), flags)
		if err != nil {
			f.fail(r, err)
			continue
		}
		if re.Match(f.raw(0, r)) != negate {
			out.Set(int(r))
		}
	}
}

// dictionaryHits matches a constant pattern against a dictionary's entries, once each, where that is less work.
func dictionaryHits(f *frame, a *operand, flags string) (bool, []uint8) {
	if a.col.Dict == nil || a.konst() || !f.args[1].konst() || a.col.Dict.Len() > len(f.rows()) {
		return false, nil
	}
	re, err := compilePattern(f.str(1, 0), flags)
	if err != nil {
		return false, nil
	}
	hit := scratch[uint8](f.c, a.col.Dict.Len())
	for i := range hit {
		hit[i] = b2u8(re.Match(a.col.Dict.At(uint32(i))))
	}
	return true, hit
}

func regexpReplace(f *frame) {
	var p compiled
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		flags := ""
		if len(f.args) > 3 {
			flags = f.str(3, r)
		}
		all := strings.Contains(flags, "g")
		re, err := p.get(f.str(1, r), strings.ReplaceAll(flags, "g", ""))
		if err != nil {
			f.fail(r, err)
			continue
		}
		limit := 1
		if all {
			limit = -1
		}
		out.buf = appendReplaced(out.buf, f.raw(0, r), f.str(2, r), findAll(re, f.raw(0, r), limit))
	}
	out.done()
}

// appendReplacement writes to with \1 to \9, \& and \\ replaced.
func appendReplacement(dst []byte, to string, s []byte, m []int) []byte {
	for i := 0; i < len(to); i++ {
		if to[i] != '\\' || i+1 == len(to) {
			dst = append(dst, to[i])
			continue
		}
		i++
		switch c := to[i]; {
		case c == '&':
			dst = append(dst, s[m[0]:m[1]]...)
		case c >= '1' && c <= '9':
			if g := 2 * int(c-'0'); g < len(m) && m[g] >= 0 {
				dst = append(dst, s[m[g]:m[g+1]]...)
			}
		case c == '\\':
			dst = append(dst, c)
		default:
			dst = append(dst, '\\', c)
		}
	}
	return dst
}

func regexpMatch(f *frame) {
	var p compiled
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		flags := ""
		if len(f.args) > 2 {
			flags = f.str(2, r)
		}
		re, err := p.get(f.str(1, r), flags)
		if err != nil {
			f.fail(r, err)
			continue
		}
		m := re.FindSubmatchIndex(f.raw(0, r))
		if m == nil {
			f.null(r)
			continue
		}
		out.buf = appendGroups(out.buf, f.raw(0, r), m)
	}
	out.done()
}

func hasMissing(m []int) bool {
	for _, i := range m {
		if i < 0 {
			return true
		}
	}
	return false
}

func regexpLike(f *frame) {
	var p compiled
	out := f.bits()
	for _, r := range f.rows() {
		flags := ""
		if len(f.args) > 2 {
			flags = f.str(2, r)
		}
		re, err := p.get(f.str(1, r), flags)
		if err != nil {
			f.fail(r, err)
		} else if re.Match(f.raw(0, r)) {
			out.Set(int(r))
		}
	}
}

// substringPattern is the part of the string that matches: the first group if the pattern has one.
func substringPattern(f *frame) {
	var p compiled
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		re, err := p.get(f.str(1, r), "")
		if err != nil {
			f.fail(r, err)
			continue
		}
		m := re.FindSubmatchIndex(f.raw(0, r))
		g := 0
		if len(m) > 2 {
			g = 2
		}
		if m == nil || m[g] < 0 {
			f.null(r)
			continue
		}
		out.buf = append(out.buf, f.raw(0, r)[m[g]:m[g+1]]...)
	}
	out.done()
}
