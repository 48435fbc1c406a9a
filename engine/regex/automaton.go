package regex

import (
	"encoding/binary"
	"unicode/utf8"
)

// What stands before a place, as far as assertions ask.
const (
	atBegin uint8 = 1 << iota
	afterLine
	afterWord
)

// maxStates bounds the states that an automaton keeps; when there are more it starts anew.
const maxStates = 2000

// state is a set of program states at a place, before what is asked of that place was looked at: the character that
// follows says where it leads, and whether a match ends there.
type state struct {
	set    []uint32
	before uint8
	next   []*state // by class; nil: not known yet
	ends   []int8   // by class, the end of the text included; 0: not known yet
}

// dead leads nowhere.
var dead = &state{}

// automaton runs a program.
type automaton struct {
	prog   *program
	states map[string]*state
	starts [8]*state
}

// machine is what one search needs: the text, and the automata that it meets.
type machine struct {
	re     *Regexp
	text   []byte
	whole  automaton
	search automaton
	pieces []automaton
	subs   map[*program]*automaton
	groups []int
	tried  int

	seen  []uint32 // program states visited in the round mark
	mark  uint32
	stack []uint32
	key   []byte
}

// class is the class of the character at a place, and its width: the class of the end, and 0, there.
func (m *machine) class(at int) (uint16, int) {
	if at >= len(m.text) {
		return uint16(m.re.alpha.n), 0
	}
	if c := m.text[at]; c < utf8.RuneSelf {
		return m.re.alpha.ascii[c], 1
	}
	r, w := utf8.DecodeRune(m.text[at:])
	return m.re.alpha.of(r), w
}

// before is what stands before a place.
func (m *machine) before(at int) uint8 {
	if at == 0 {
		return atBegin
	}
	r, _ := utf8.DecodeLastRune(m.text[:at])
	return m.re.alpha.after(m.re.alpha.of(r))
}

// after is what a character of a class is to the place behind it.
func (a *alphabet) after(class uint16) uint8 {
	var k uint8
	if has(a.line, class) {
		k |= afterLine
	}
	if has(a.word, class) {
		k |= afterWord
	}
	return k
}

func (m *machine) start(a *automaton, at int) *state {
	k := m.before(at)
	if a.starts[k] == nil {
		a.starts[k] = m.intern(a, []uint32{a.prog.start}, k)
	}
	return a.starts[k]
}

// intern finds or makes the state of a set.
func (m *machine) intern(a *automaton, set []uint32, before uint8) *state {
	if len(set) == 0 {
		return dead
	}
	m.key = append(m.key[:0], before)
	for _, s := range set {
		m.key = binary.LittleEndian.AppendUint32(m.key, s)
	}
	if s := a.states[string(m.key)]; s != nil {
		return s
	}
	n := m.re.alpha.n + 1
	s := &state{set: append([]uint32(nil), set...), before: before, next: make([]*state, n), ends: make([]int8, n)}
	if a.prog.looks {
		return s
	}
	if a.states == nil || len(a.states) >= maxStates {
		a.states, a.starts = map[string]*state{}, [8]*state{}
	}
	a.states[string(m.key)] = s
	return s
}

// step follows s over a character of class: where it leads, and whether a match ends before the character.
func (m *machine) step(a *automaton, s *state, class uint16, at int) (*state, bool) {
	if s == dead {
		return dead, false
	}
	if s.ends[class] != 0 && !a.prog.looks {
		return s.next[class], s.ends[class] > 0
	}
	if len(m.seen) < len(a.prog.insts) {
		m.seen = make([]uint32, len(a.prog.insts))
		m.mark = 0
	}
	m.mark++
	ends := false
	var to []uint32
	stack := append(m.stack[:0], s.set...)
	m.stack = nil // looking around comes here again
	seen, mark := m.seen, m.mark
	if a.prog.looks {
		seen = make([]uint32, len(a.prog.insts))
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[i] == mark {
			continue
		}
		seen[i] = mark
		switch in := &a.prog.insts[i]; in.op {
		case oMatch:
			ends = true
		case oSet:
			if has(in.bits, class) {
				to = insert(to, in.out)
			}
		case oSplit:
			stack = append(stack, in.alt, in.out)
		case oAssert:
			if m.holds(in, s.before, class, at) {
				stack = append(stack, in.out)
			}
		}
	}
	m.stack = stack
	next := dead
	if int(class) < m.re.alpha.n {
		next = m.intern(a, to, m.re.alpha.after(class))
	}
	s.next[class], s.ends[class] = next, -1
	if ends {
		s.ends[class] = 1
	}
	return next, ends
}

// insert adds v to an ordered set.
func insert(s []uint32, v uint32) []uint32 {
	i := len(s)
	for i > 0 && s[i-1] > v {
		i--
	}
	if i > 0 && s[i-1] == v {
		return s
	}
	s = append(s, 0)
	copy(s[i+1:], s[i:])
	s[i] = v
	return s
}

// holds says whether an assertion does before a character of class at a place.
func (m *machine) holds(in *inst, before uint8, class uint16, at int) bool {
	alpha := &m.re.alpha
	end := int(class) == alpha.n
	word := !end && has(alpha.word, class)
	was := before&afterWord != 0
	switch in.kind {
	case kBegin:
		return before&atBegin != 0
	case kLineBegin:
		return before&(atBegin|afterLine) != 0
	case kEnd:
		return end
	case kLineEnd:
		return end || has(alpha.line, class)
	case kWordBegin:
		return !was && word
	case kWordEnd:
		return was && !word
	case kWordEdge:
		return was != word
	case kNoWordEdge:
		return was == word
	}
	sub := m.subs[in.sub]
	if sub == nil {
		if m.subs == nil {
			m.subs = map[*program]*automaton{}
		}
		sub = &automaton{prog: in.sub}
		m.subs[in.sub] = sub
	}
	switch in.kind {
	case kAhead:
		return m.shortest(sub, at, at, len(m.text)) >= 0
	case kNotAhead:
		return m.shortest(sub, at, at, len(m.text)) < 0
	case kBehind:
		return m.longest(sub, 0, at) == at
	}
	return m.longest(sub, 0, at) != at
}

// longest is where the longest match of an automaton from start ends, at stop at the latest; -1 for none.
func (m *machine) longest(a *automaton, start, stop int) int {
	last := -1
	s := m.start(a, start)
	for at := start; ; {
		class, w := m.class(at)
		next, ends := m.step(a, s, class, at)
		if ends {
			last = at
		}
		if next == dead || at >= stop {
			m.tried += at - start + 1
			return last
		}
		s = next
		at += w
	}
}

// shortest is where the shortest match of an automaton from start ends, not before least and at stop at the latest.
func (m *machine) shortest(a *automaton, start, least, stop int) int {
	s := m.start(a, start)
	for at := start; ; {
		class, w := m.class(at)
		next, ends := m.step(a, s, class, at)
		if ends && at >= least {
			m.tried += at - start + 1
			return at
		}
		if next == dead || at >= stop {
			m.tried += at - start + 1
			return -1
		}
		s = next
		at += w
	}
}
