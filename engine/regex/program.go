package regex

import (
	"slices"
	"unicode/utf8"
)

// maxProgram bounds the states of a program.
const maxProgram = 50_000

type opcode uint8

const (
	oMatch  opcode = iota
	oSet           // a character of the classes in bits, then out
	oSplit         // out or alt
	oAssert        // out, where what kind asks for holds
)

type inst struct {
	op       opcode
	kind     kind
	out, alt uint32
	bits     []uint64 // classes
	sub      *program // of look-around
}

// program is a language as states: the begin and what follows from each.
type program struct {
	insts []inst
	start uint32
	looks bool // it looks around, so that what a state leads to depends on the place
}

// alphabet divides the characters into classes that no set of a pattern tells apart.
type alphabet struct {
	ascii   [utf8.RuneSelf]uint16
	from    []rune // where another class begins
	class   []uint16
	n       int // classes; number n is the end of the text
	members [][]uint64
	sets    map[string]int // by their spans, to members
	word    []uint64
	line    []uint64
}

func setKey(s set) string {
	b := make([]rune, 0, 2*len(s))
	for _, p := range s {
		b = append(b, p.lo, p.hi+1)
	}
	return string(b) // distinct enough: spans hold no surrogates that patterns can write
}

func (a *alphabet) of(r rune) uint16 {
	if r < utf8.RuneSelf {
		return a.ascii[r]
	}
	i, ok := slices.BinarySearch(a.from, r)
	if !ok {
		i--
	}
	return a.class[i]
}

func has(bits []uint64, class uint16) bool { return bits[class>>6]>>(class&63)&1 != 0 }

// newAlphabet makes the classes for the sets of a language.
func newAlphabet(root *lang) *alphabet {
	a := &alphabet{sets: map[string]int{}}
	sets := []set{classes()["word"], newline}
	words, lines := false, false
	var walk func(x *lang)
	walk = func(x *lang) {
		switch x.kind {
		case kSet:
			if key := setKey(x.set); a.sets[key] == 0 {
				a.sets[key] = len(sets)
				sets = append(sets, x.set)
			}
		case kLineBegin, kLineEnd:
			lines = true
		case kWordBegin, kWordEnd, kWordEdge, kNoWordEdge:
			words = true
		}
		for _, k := range x.kids {
			walk(k)
		}
	}
	walk(root)
	if !words {
		sets[0] = nil
	}
	if !lines {
		sets[1] = nil
	}
	a.divide(sets)
	a.word, a.line = a.members[0], a.members[1]
	return a
}

func (a *alphabet) divide(sets []set) {
	a.from = []rune{0}
	for _, s := range sets {
		for _, p := range s {
			a.from = append(a.from, p.lo, p.hi+1)
		}
	}
	slices.Sort(a.from)
	a.from = slices.Compact(a.from)
	known := map[string]uint16{}
	var signatures []string
	sig := make([]byte, (len(sets)+7)/8)
	for _, r := range a.from {
		clear(sig)
		for i, s := range sets {
			if s.has(r) {
				sig[i/8] |= 1 << (i % 8)
			}
		}
		c, ok := known[string(sig)]
		if !ok {
			c = uint16(len(known))
			known[string(sig)] = c
			signatures = append(signatures, string(sig))
		}
		a.class = append(a.class, c)
	}
	a.n = len(known)
	for i := range sets {
		bits := make([]uint64, a.n/64+1)
		for c, s := range signatures {
			if s[i/8]>>(i%8)&1 != 0 {
				bits[c>>6] |= 1 << (c & 63)
			}
		}
		a.members = append(a.members, bits)
	}
	at := 0
	for r := range rune(utf8.RuneSelf) {
		for at+1 < len(a.from) && a.from[at+1] <= r {
			at++
		}
		a.ascii[r] = a.class[at]
	}
}

// compile makes the program of x; one that is not anchored begins anywhere.
func compile(a *alphabet, x *lang, anchored bool) *program {
	p := &program{}
	p.add(inst{op: oMatch})
	p.start = p.lang(a, x, 0)
	if !anchored {
		loop := p.add(inst{op: oSplit, out: p.start})
		all := make([]uint64, a.n/64+1)
		for c := range a.n {
			all[c>>6] |= 1 << (c & 63)
		}
		p.insts[loop].alt = p.add(inst{op: oSet, bits: all, out: loop})
		p.start = loop
	}
	return p
}

func (p *program) add(in inst) uint32 {
	if len(p.insts) == maxProgram {
		panic(fault(tooComplex))
	}
	p.insts = append(p.insts, in)
	return uint32(len(p.insts) - 1)
}

// lang adds what matches x and then goes on at next; it gives where that begins.
func (p *program) lang(a *alphabet, x *lang, next uint32) uint32 {
	switch x.kind {
	case kEmpty:
		return next
	case kSet:
		return p.add(inst{op: oSet, bits: a.members[a.sets[setKey(x.set)]], out: next})
	case kCat:
		for _, k := range slices.Backward(x.kids) {
			next = p.lang(a, k, next)
		}
		return next
	case kAlt:
		at := p.lang(a, x.kids[len(x.kids)-1], next)
		for _, k := range slices.Backward(x.kids[:len(x.kids)-1]) {
			at = p.add(inst{op: oSplit, out: p.lang(a, k, next), alt: at})
		}
		return at
	case kRepeat:
		return p.repeat(a, x, next)
	}
	in := inst{op: oAssert, kind: x.kind, out: next}
	if len(x.kids) > 0 {
		in.sub = compile(a, x.kids[0], x.kind == kAhead || x.kind == kNotAhead)
		p.looks = true
	}
	return p.add(in)
}

func (p *program) repeat(a *alphabet, x *lang, next uint32) uint32 {
	at := next
	if x.max == infinite {
		at = p.add(inst{op: oSplit, alt: next})
		p.insts[at].out = p.lang(a, x.kids[0], at)
	} else {
		for range x.max - x.min {
			at = p.add(inst{op: oSplit, out: p.lang(a, x.kids[0], at), alt: next})
		}
	}
	for range x.min {
		at = p.lang(a, x.kids[0], at)
	}
	return at
}
