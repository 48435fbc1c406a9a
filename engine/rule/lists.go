package rule

import "cmp"

// lists is a subject while it is made.
type lists struct {
	*subject
	n        int32 // terms
	members  []member
	terms    map[listKey]int32
	prefix   textTerms
	suffix   textTerms
	part     textTerms
	interval []interval
}

type member struct {
	term int32
	e    entry
}

// listKey is what a term stands for.
type listKey struct {
	way    access
	text   string
	lo, hi int64
}

type textTerms struct {
	texts []string
	terms []int32
}

func (t *textTerms) add(text string, term int32) {
	t.texts, t.terms = append(t.texts, text), append(t.terms, term)
}

func (p *planner) listsOf(col uint16, text bool) *lists {
	l := p.subjects[col]
	if l == nil {
		l = &lists{
			subject: &subject{col: col, matched: -1, present: -1, absent: -1, keys: map[string]int32{}, numbers: map[int64]int32{}},
			terms:   map[listKey]int32{},
		}
		p.subjects[col] = l
		p.order = append(p.order, l)
	}
	l.text = l.text || text
	return l
}

// reach lists a conjunction under what q looks for.
func (p *planner) reach(q *Pred, e entry) {
	l := p.listsOf(uint16(q.Col), q.Kind == Keys || q.Kind == Text)
	switch q.Kind {
	case Null:
		l.put(&l.absent, e)
	case NotNull:
		l.put(&l.present, e)
	case Keys:
		putEach(l, l.keys, q.Keys, e)
	case Numbers:
		p.numeric = united(p.numeric, uint16(q.Col))
		putEach(l, l.numbers, q.Numbers, e)
	case Range:
		p.numeric = united(p.numeric, uint16(q.Col))
		term, fresh := l.termOf(listKey{lo: q.Lo, hi: q.Hi})
		if fresh {
			l.interval = append(l.interval, interval{q.Lo, q.Hi, term})
		}
		l.members = append(l.members, member{term, e})
	case Text:
		l.reachText(q, e)
	}
}

func (l *lists) reachText(q *Pred, e entry) {
	by, text := way(q)
	if by == byMatch {
		l.put(&l.matched, e)
		return
	}
	texts, to := []string{text}, &l.prefix
	switch by {
	case bySuffix:
		texts[0], to = string(reversed(nil, []byte(text))), &l.suffix
	case byPart:
		texts, to = q.Text.Required, &l.part
	}
	for _, t := range texts {
		term, fresh := l.termOf(listKey{way: by, text: t})
		if fresh {
			to.add(t, term)
		}
		l.members = append(l.members, member{term, e})
	}
}

func (l *lists) term() int32 { l.n++; return l.n - 1 }

// put lists e under a term that there is one of.
func (l *lists) put(term *int32, e entry) {
	if *term < 0 {
		*term = l.term()
	}
	l.members = append(l.members, member{*term, e})
}

// putEach lists e under each of the values of a set, whose terms are in terms.
func putEach[V comparable](l *lists, terms map[V]int32, values []V, e entry) {
	for _, v := range values {
		term, ok := terms[v]
		if !ok {
			term = l.term()
			terms[v] = term
		}
		l.members = append(l.members, member{term, e})
	}
}

func (l *lists) termOf(k listKey) (term int32, fresh bool) {
	term, ok := l.terms[k]
	if !ok {
		term = l.term()
		l.terms[k] = term
	}
	return term, !ok
}

// finish makes the subjects.
func (p *planner) finish() {
	for _, l := range p.order {
		l.first = make([]uint32, l.n+1)
		for _, x := range l.members {
			l.first[x.term+1]++
		}
		for i := range l.n {
			l.first[i+1] += l.first[i]
		}
		next := append([]uint32(nil), l.first...)
		l.entries = make([]entry, len(l.members))
		for _, x := range l.members {
			l.entries[next[x.term]] = x.e
			next[x.term]++
		}
		if len(l.prefix.texts) > 0 {
			l.prefixes = newTrie(l.prefix.texts, l.prefix.terms)
		}
		if len(l.suffix.texts) > 0 {
			l.suffixes = newTrie(l.suffix.texts, l.suffix.terms)
		}
		if len(l.part.texts) > 0 {
			l.parts = newGrams(l.part.texts, l.part.terms)
		}
		if len(l.interval) > 0 {
			l.ranges = newRanges(l.interval, func(term int32) []entry { return l.entries[l.first[term]:l.first[term+1]] })
		}
		p.segment.subjects = append(p.segment.subjects, l.subject)
	}
}

func byCond(a, b entry) int { return cmp.Compare(a.cond, b.cond) }
