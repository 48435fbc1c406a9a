package regex

// kind is the kinds of language nodes.
type kind uint8

const (
	kEmpty kind = iota
	kSet        // one character
	kCat
	kAlt
	kRepeat
	kBegin // of the text; the kinds from here on match between two characters
	kEnd
	kLineBegin
	kLineEnd
	kWordBegin
	kWordEnd
	kWordEdge
	kNoWordEdge
	kAhead // kids[0] says what is looked for
	kNotAhead
	kBehind
	kNotBehind
)

// lang is the language of a part of a pattern: which texts it matches, and nothing of how.
type lang struct {
	kind     kind
	set      set
	kids     []*lang
	min, max int // of kRepeat
}

func cat(kids ...*lang) *lang {
	if len(kids) == 1 {
		return kids[0]
	}
	return &lang{kind: kCat, kids: kids}
}

func repeat(x *lang, least, most int) *lang {
	if least == 1 && most == 1 {
		return x
	}
	return &lang{kind: kRepeat, kids: []*lang{x}, min: least, max: most}
}

// unconstrained is x without what it asks of its surroundings: what a back reference to it may match.
func unconstrained(x *lang) *lang {
	switch {
	case x.kind >= kBegin:
		return &lang{kind: kEmpty}
	case len(x.kids) == 0:
		return x
	}
	y := *x
	y.kids = make([]*lang, len(x.kids))
	for i, k := range x.kids {
		y.kids[i] = unconstrained(k)
	}
	return &y
}

// flags are what a piece prefers, and what is in it.
type flags uint8

const (
	longer flags = 1 << iota
	shorter
	mixed    // parts of it prefer different things
	captures // it has a group
	backs    // it has a back reference
)

const upward = mixed | captures | backs

// up is what of f holds for a piece around it too.
func (f flags) up() flags {
	u := f & upward
	if f&longer != 0 && f&shorter != 0 {
		u |= mixed
	}
	return u
}

// messy says whether a piece must be taken apart after it matched.
func (f flags) messy() bool { return f&upward != 0 }

func (f flags) prefers() flags { return f & (longer | shorter) }

// combine is the flags of a piece of two parts: it prefers what the first part with a preference does.
func combine(f, g flags) flags {
	p := f.prefers()
	if p == 0 {
		p = g.prefers()
	}
	return (f | g).up() | p
}

// shape is the kinds of pieces.
type shape uint8

const (
	sWhole shape = iota // not to be taken apart
	sCat                // two pieces
	sAlt                // some pieces
	sIter               // a piece several times
	sWrap               // a piece that has a group, in another one
	sBack               // a back reference, several times
)

// piece is a part of a pattern as it is taken apart.
type piece struct {
	shape    shape
	flags    flags
	kids     []*piece
	lang     *lang
	min, max int
	group    int // that it is, 0 for none
	refers   int // to which group
	id       int // its place among the automata of a search
}

// parser makes pieces of tokens.
type parser struct {
	lexer
	depth  int
	closed map[int]*piece // groups that a back reference may name
	look   bool           // inside a look-around, where groups are none
}

// maxDepth bounds how deep parentheses nest.
const maxDepth = 500

// alternatives reads branches up to a closing parenthesis or the end.
func (p *parser) alternatives() *piece {
	if p.depth++; p.depth > maxDepth {
		panic(fault(tooComplex))
	}
	defer func() { p.depth-- }()
	all := &piece{shape: sAlt, flags: longer, lang: &lang{kind: kAlt}}
	for {
		b := p.branch()
		all.kids = append(all.kids, b)
		all.lang.kids = append(all.lang.kids, b.lang)
		all.flags |= (all.flags | b.flags).up()
		if p.tok != tOr {
			break
		}
		p.next()
	}
	if len(all.kids) == 1 {
		return all.kids[0]
	}
	if !all.flags.messy() {
		all.shape, all.kids = sWhole, nil
	}
	return all
}

func (p *parser) done() bool { return p.tok == tOr || p.tok == tClose || p.tok == tEnd }

// branch reads a concatenation. Parts that need not be told apart make one piece; the first one that does ends it, and
// the rest of the branch is a concatenation of its own.
func (p *parser) branch() *piece {
	top := &piece{lang: &lang{kind: kCat}}
	for !p.done() {
		switch p.tok {
		case tAssert:
			top.lang.kids = append(top.lang.kids, &lang{kind: p.assert})
			p.next()
			continue
		case tLook:
			top.lang.kids = append(top.lang.kids, p.lookaround())
			continue
		}
		if whole := p.quantified(top); whole != nil {
			return whole
		}
	}
	return top
}

func (p *parser) lookaround() *lang {
	kind, outer := p.assert, p.look
	p.look = true
	p.next()
	x := p.alternatives()
	if p.tok != tClose {
		panic(fault(badParen))
	}
	p.look = outer
	p.next()
	return &lang{kind: kind, kids: []*lang{x.lang}}
}

// atom reads what a quantifier may follow.
func (p *parser) atom() *piece {
	switch p.tok {
	case tSet:
		a := &piece{lang: &lang{kind: kSet, set: p.set}}
		p.next()
		return a
	case tOpen:
		return p.group()
	case tBack:
		ref := p.closed[p.number]
		if ref == nil || p.look {
			panic(fault(badBackref))
		}
		a := &piece{shape: sBack, flags: backs, lang: unconstrained(ref.lang), min: 1, max: 1, refers: p.number}
		p.next()
		return a
	case tClose:
		panic(fault(badParen))
	}
	panic(fault(badRepeat))
}

func (p *parser) group() *piece {
	number := 0
	if p.captures && !p.look {
		p.groups++
		number = p.groups
	}
	p.next()
	a := p.alternatives()
	if p.tok != tClose {
		panic(fault(badParen))
	}
	p.next()
	if number == 0 {
		return a
	}
	if a.group != 0 {
		a = &piece{shape: sWrap, flags: a.flags, kids: []*piece{a}, lang: a.lang}
	}
	a.flags |= captures
	a.group = number
	p.closed[number] = a
	return a
}

// quantified reads an atom and its quantifier onto top. If the branch must be taken apart there, it reads the rest of
// the branch as well and gives the whole.
func (p *parser) quantified(top *piece) *piece {
	refers := p.tok == tBack
	opens := p.tok == tOpen && p.captures && !p.look || refers
	a := p.atom()
	least, most, prefer := 1, 1, flags(0)
	if p.tok == tQuant {
		least, most, prefer = p.min, p.max, p.prefer
		p.next()
	}
	if most == 0 {
		return nil
	}
	if f := top.flags | prefer | a.flags; !opens && !f.up().messy() {
		top.lang.kids = append(top.lang.kids, repeat(a.lang, least, most))
		top.flags = f
		return nil
	}
	flags := combine(prefer, a.flags)
	first := a
	if refers {
		a.lang, a.min, a.max = repeat(a.lang, least, most), least, most
		a.flags |= flags
	} else {
		first = repeated(a, least, most, prefer)
	}
	return p.rest(top, first, flags)
}

// repeated is the piece of an atom and its quantifier.
func repeated(a *piece, least, most int, prefer flags) *piece {
	f := combine(prefer, a.flags)
	own := a.flags & (longer | shorter | mixed)
	whole := repeat(a.lang, least, most)
	switch {
	case least == 1 && most == 1 && (prefer == 0 || own == 0 || prefer == own):
		return a
	case a.flags&(captures|backs) == 0:
		return &piece{flags: f, lang: whole}
	case least > 0 && a.flags&backs == 0:
		// x{m,n} is x{m-1,n-1}x: the groups are those of the last round.
		n := most
		if n != infinite {
			n--
		}
		before := &piece{flags: f.prefers(), lang: repeat(a.lang, least-1, n)}
		return &piece{shape: sCat, flags: f, kids: []*piece{before, a}, lang: cat(before.lang, a.lang)}
	}
	return &piece{shape: sIter, flags: f, kids: []*piece{a}, lang: whole, min: least, max: most}
}

// rest puts together what stood before a messy piece, the piece, and what follows it in the branch.
func (p *parser) rest(before, first *piece, f flags) *piece {
	tail := first
	if !p.done() {
		after := p.branch()
		f |= combine(f, after.flags)
		tail = &piece{shape: sCat, flags: f, kids: []*piece{first, after}, lang: cat(first.lang, after.lang)}
		if len(before.lang.kids) > 0 && first.shape == sWhole && after.shape == sWhole && first.group == 0 && after.group == 0 &&
			!(first.flags | after.flags).up().messy() {
			tail = &piece{flags: combine(first.flags, after.flags), lang: tail.lang}
		}
	} else {
		f = first.flags
	}
	if len(before.lang.kids) == 0 {
		if tail != first {
			tail.flags |= combine(before.flags, f)
		}
		return tail
	}
	return &piece{
		shape: sCat, flags: before.flags | combine(before.flags, f), kids: []*piece{before, tail}, lang: cat(before.lang, tail.lang),
	}
}
