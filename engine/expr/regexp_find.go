package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

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
	global                   bool // the flag g is taken, and says nothing
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
	if a.global {
		flags = strings.ReplaceAll(flags, "g", "")
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
	return s, nil
}

// all gives the matches from the start on, as positions in the text.
func (s *search) all(limit int) ([][]int, error) {
	return s.re.FindAll(s.text, s.from, limit)
}

// nthGroup is where the wanted group of the nth match lies.
func (s *search) nthGroup() (lo, hi int, ok bool, err error) {
	found, err := s.all(s.nth)
	if len(found) < s.nth {
		return 0, 0, false, err
	}
	m := found[s.nth-1]
	if s.group == 1 && len(m) == 2 { // a pattern without groups is its own first one
		return m[0], m[1], true, nil
	}
	if 2*s.group+1 >= len(m) || m[2*s.group] < 0 {
		return 0, 0, false, nil
	}
	return m[2*s.group], m[2*s.group+1], true, nil
}
