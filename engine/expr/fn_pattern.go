package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
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
		for _, args := range []string{"bpchar,text", "name,text", "bytea,bytea"} {
			e := like{kind: op.kind, negate: op.negate, bytes: args == "bytea,bytea"}
			if !e.bytes || op.kind == "like" {
				fs = append(fs, function{name: op.name, args: args, ret: "bool", flags: fallible, run: func(f *frame) { e.perRow(f) }})
			}
		}
	}
	for _, op := range []struct {
		name, flags string
		negate      bool
	}{{"~", "", false}, {"!~", "", true}, {"~*", "i", false}, {"!~*", "i", true}} {
		for _, args := range []string{"text,text", "bpchar,text", "name,text"} {
			fs = append(fs, function{name: op.name, args: args, ret: "bool", flags: fallible, run: func(f *frame) {
				matchRegexp(f, op.flags, op.negate)
			}})
		}
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
		hit := false
		if err == nil {
			hit, err = re.Match(f.raw(0, r))
		}
		switch {
		case err != nil:
			f.fail(r, err)
		case hit != negate:
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
	if err != nil || !re.Sure() {
		return false, nil
	}
	hit := scratch[uint8](f.c, a.col.Dict.Len())
	for i := range hit {
		ok, _ := re.Match(a.col.Dict.At(uint32(i))) // it is sure not to fail
		hit[i] = b2u8(ok)
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
		limit := 1
		if all {
			limit = -1
		}
		re, err := p.get(f.str(1, r), strings.ReplaceAll(flags, "g", ""))
		var found [][]int
		if err == nil {
			found, err = re.FindAll(f.raw(0, r), 0, limit)
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.replaced(f.raw(0, r), f.str(2, r), found)
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

// once is the pattern and flags, arguments 1 and 2, of a function that looks for one match.
func (p *compiled) once(f *frame, name string, r uint32) (*patternExpr, error) {
	flags := ""
	if len(f.args) > 2 {
		flags = f.str(2, r)
	}
	if strings.Contains(flags, "g") {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "%s() does not support the \"global\" option", name)
	}
	return p.get(f.str(1, r), flags)
}

func regexpMatch(f *frame) {
	var p compiled
	var m []int
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		re, err := p.once(f, "regexp_match", r)
		if err == nil {
			m, err = re.Find(m[:0], f.raw(0, r), 0)
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
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
		re, err := p.once(f, "regexp_like", r)
		hit := false
		if err == nil {
			hit, err = re.Match(f.raw(0, r))
		}
		switch {
		case err != nil:
			f.fail(r, err)
		case hit:
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
		lo, hi, ok := 0, 0, false
		re, err := p.get(f.str(1, r), "")
		if err == nil {
			lo, hi, ok, err = firstGroup(re, f.raw(0, r))
		}
		switch {
		case err != nil:
			f.fail(r, err)
		case !ok:
			f.null(r)
		default:
			out.buf = append(out.buf, f.raw(0, r)[lo:hi]...)
		}
	}
	out.done()
}
