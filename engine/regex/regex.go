package regex

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Regexp is a compiled pattern.
type Regexp struct {
	root     *piece
	pieces   []*piece
	alpha    alphabet
	whole    *program
	search   *program
	groups   int
	backs    bool // it has back references
	caseless bool
	prefix   []byte // what every match begins with
	pool     sync.Pool
}

// Compile reads a pattern. flags are the letters of regexp_replace and its kin, without g. Errors: 2201B for a pattern
// that is malformed or too complex, 22023 for an unknown flag, 0A000 for a basic regular expression.
func Compile(pattern, flags string) (re *Regexp, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case fault:
			err = p.err()
		case *sqlerr.Error:
			err = p
		default:
			panic(p)
		}
	}()
	p := &parser{closed: map[int]*piece{}}
	for _, f := range flags {
		if f == 'e' {
			f = 'b' // so PostgreSQL takes it, but in (?e)
		}
		if !p.opts.set(f) {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid regular expression option: \"%c\"", f)
		}
	}
	p.src = []rune(p.opts.prefixes(pattern))
	p.next()
	re = &Regexp{root: p.alternatives()}
	if p.tok == tClose {
		panic(fault(badParen))
	}
	re.groups = p.groups
	re.number(re.root)
	re.alpha = *newAlphabet(re.root.lang)
	re.whole = compile(&re.alpha, re.root.lang, true)
	re.search = compile(&re.alpha, re.root.lang, false)
	re.backs, re.caseless = re.root.flags&backs != 0, p.opts.caseless
	re.prefix = prefix(re.root.lang)
	re.pool.New = func() any { return re.machine() }
	return re, nil
}

// number gives the pieces that a search takes apart their places.
func (re *Regexp) number(p *piece) {
	p.id = len(re.pieces)
	re.pieces = append(re.pieces, p)
	for _, k := range p.kids {
		re.number(k)
	}
}

// prefix is the characters that a language begins with.
func prefix(x *lang) []byte {
	switch x.kind {
	case kSet:
		if len(x.set) == 1 && x.set[0].lo == x.set[0].hi && utf8.ValidRune(x.set[0].lo) {
			return utf8.AppendRune(nil, x.set[0].lo)
		}
	case kCat:
		var out []byte
		for _, k := range x.kids {
			part := prefix(k)
			out = append(out, part...)
			if len(part) == 0 || k.kind != kSet {
				break
			}
		}
		return out
	}
	return nil
}

func (re *Regexp) machine() *machine {
	m := &machine{re: re, pieces: make([]automaton, len(re.pieces)), groups: make([]int, 2*re.groups+2)}
	m.whole.prog, m.search.prog = re.whole, re.search
	return m
}

// Groups is the number of groups.
func (re *Regexp) Groups() int { return re.groups }

// Sure says that a search of no text fails: that the pattern has no back references.
func (re *Regexp) Sure() bool { return !re.backs }

// Match says whether text has a match. Errors: as Find.
func (re *Regexp) Match(text []byte) (bool, error) {
	if re.backs {
		found, err := re.Find(nil, text, 0)
		return found != nil, err
	}
	from := 0
	if len(re.prefix) > 0 {
		if from = bytes.Index(text, re.prefix); from < 0 {
			return false, nil
		}
	}
	m := re.pool.Get().(*machine)
	m.text = text
	ok := m.shortest(&m.search, from, from, len(text)) >= 0
	m.text = nil
	re.pool.Put(m)
	return ok, nil
}

// Find gives the first match in text that begins at from or later, appended to dst: begin and end of the match, and of
// each group, or -1 and -1. nil says that there is none. What stands before from is looked at by what looks back.
// Errors: 54001 if the pattern has back references and too many ways to match were tried.
func (re *Regexp) Find(dst []int, text []byte, from int) ([]int, error) {
	if len(re.prefix) > 0 {
		i := bytes.Index(text[from:], re.prefix)
		if i < 0 {
			return nil, nil
		}
		from += i
	}
	m := re.pool.Get().(*machine)
	m.text, m.tried = text, 0
	defer func() {
		m.text = nil
		re.pool.Put(m)
	}()
	ok, err := m.find(from)
	if err != nil || !ok {
		return nil, err
	}
	return append(dst, m.groups...), nil
}

// maxMatches is how many matches FindAll gives: each takes some ten times the memory of the character that it may be.
const maxMatches = 1 << 23

// FindAll gives the matches from from on, one after the other, at most limit (negative: all). Behind an empty match the
// search goes on one character further. Errors: as Find.
func (re *Regexp) FindAll(text []byte, from, limit int) ([][]int, error) {
	var out [][]int
	for from <= len(text) && (limit < 0 || len(out) < limit) {
		found, err := re.Find(nil, text, from)
		if err != nil {
			return nil, err
		}
		if found == nil {
			break
		}
		if len(out) == maxMatches {
			return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "too many regular expression matches").
				WithDetail("A search gives at most %d matches.", maxMatches)
		}
		out = append(out, found)
		if from = found[1]; found[0] == found[1] {
			_, w := utf8.DecodeRune(text[from:])
			from += max(w, 1)
		}
	}
	return out, nil
}
