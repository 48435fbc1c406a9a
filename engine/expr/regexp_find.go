package expr

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// greedy says what a pattern prefers: as much as possible, as POSIX does and PostgreSQL with greedy quantifiers, or what
// Go finds first, which with non-greedy quantifiers only is the shortest. A mixture of both is of PostgreSQL's own kind.
func greedy(src string) (longest bool, err error) {
	re, err := syntax.Parse(src, syntax.Perl)
	if err != nil {
		return false, nil // compiling says so
	}
	var some, lazy bool
	var walk func(*syntax.Regexp)
	walk = func(r *syntax.Regexp) {
		switch r.Op {
		case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
			if r.Flags&syntax.NonGreedy != 0 {
				lazy = true
			} else if r.Op != syntax.OpRepeat || r.Min != r.Max {
				some = true
			}
		case syntax.OpAlternate:
			some = true
		}
		for _, s := range r.Sub {
			walk(s)
		}
	}
	walk(re)
	if some && lazy {
		return false, sqlerr.NotSupported("a regular expression with greedy and non-greedy parts").
			WithHint("Use quantifiers of one kind: all with ? behind them, or none.")
	}
	return !lazy, nil
}

// findAll gives the matches one after the other, at most limit (negative: all). Beside those that Go gives, PostgreSQL
// counts an empty match right behind another one.
func findAll(re *patternExpr, s []byte, limit int) [][]int {
	found := re.FindAllSubmatchIndex(s, limit)
	if limit == 1 || len(found) == 0 || !re.MatchString("") || anchored(re.String()) {
		return found
	}
	out := make([][]int, 0, len(found)+1)
	for i, m := range found {
		out = append(out, m)
		if m[0] == m[1] || i+1 < len(found) && found[i+1][0] == m[1] {
			continue
		}
		if e := re.FindSubmatchIndex(s[m[1]:]); e != nil && e[0] == 0 && e[1] == 0 {
			for k := range e {
				if e[k] >= 0 {
					e[k] += m[1]
				}
			}
			out = append(out, e)
		}
	}
	if limit >= 0 && len(out) > limit {
		out = out[:limit]
	}
	return out
}

// anchored says whether a pattern asks what stands before it, so that it cannot be tried on the rest of a text.
func anchored(src string) bool {
	return strings.ContainsAny(src, "^") || strings.Contains(src, `\b`) || strings.Contains(src, `\B`) || strings.Contains(src, `\A`)
}

// search is the arguments that regexp_instr and its kin share.
type search struct {
	re    *patternExpr
	text  []byte
	from  int // byte where the search begins
	nth   int
	group int
}

// searchArgs are the positions of the arguments after the text and the pattern; 0: the function has none.
type searchArgs struct {
	name                     string
	start, nth, flags, group int
}

// open reads the arguments of row r. Errors: 22023 for what is out of range.
func (a *searchArgs) open(f *frame, p *compiled, r uint32) (s search, err error) {
	number := func(at, least int, name string) int {
		if at == 0 || at >= len(f.args) {
			return 1
		}
		n := f.i4(at, r)
		if n < least && err == nil {
			err = sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: %d", name, n)
		}
		return n
	}
	start := number(a.start, 1, "start")
	s.nth = number(a.nth, 1, "n")
	if a.group != 0 && a.group < len(f.args) {
		s.group = number(a.group, 0, "subexpr")
	}
	flags := ""
	if a.flags != 0 && a.flags < len(f.args) {
		flags = f.str(a.flags, r)
	}
	if err == nil && strings.Contains(flags, "g") {
		err = sqlerr.New(sqlerr.InvalidParameterValue, "%s() does not support the \"global\" option", a.name)
	}
	if err != nil {
		return s, err
	}
	if s.re, err = p.get(f.str(1, r), flags); err != nil {
		return s, err
	}
	s.text = f.raw(0, r)
	for range start - 1 {
		if s.from == len(s.text) {
			s.from++ // behind the end nothing matches
			break
		}
		_, n := utf8.DecodeRune(s.text[s.from:])
		s.from += n
	}
	if s.from > 0 && anchored(s.re.String()) {
		return s, sqlerr.NotSupported("a start with a regular expression that asks what stands before it")
	}
	return s, nil
}

// all gives the matches from the start on, as positions in the text.
func (s *search) all(limit int) [][]int {
	if s.from > len(s.text) {
		return nil
	}
	found := findAll(s.re, s.text[s.from:], limit)
	for _, m := range found {
		for k := range m {
			if m[k] >= 0 {
				m[k] += s.from
			}
		}
	}
	return found
}

// nthGroup is where the wanted group of the nth match lies.
func (s *search) nthGroup() (lo, hi int, ok bool) {
	found := s.all(s.nth)
	if len(found) < s.nth {
		return 0, 0, false
	}
	m := found[s.nth-1]
	if s.group == 1 && len(m) == 2 { // a pattern without groups is its own first one
		return m[0], m[1], true
	}
	if 2*s.group+1 >= len(m) || m[2*s.group] < 0 {
		return 0, 0, false
	}
	return m[2*s.group], m[2*s.group+1], true
}
