package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
)

// segment is some rules and the ways to them. It never changes.
type segment struct {
	predicates
	rules    []Rule   // in the order of matches: a rule's place is its rank
	byID     []uint32 // ranks, by their rules' IDs
	ids      []uint32 // of the rules, by rank
	conds    []cond   // in the order of ranks
	ruleOf   []uint32 // the ranks of conds; nil: rule i has the conjunction i, and no other
	subjects []*subject
	always   []uint32 // conjunctions that no column reaches
	slow     []uint32 // ranks of the rules that each row, or each different text, is tried for
	rests    []rest
	numeric  []uint16 // columns whose ordinals checks and subjects need
	compared []uint16 // columns whose literals checks need
}

// subject is a column and the conjunctions that it reaches.
type subject struct {
	col     uint16
	text    bool
	first   []uint32 // of term i: entries[first[i]:first[i+1]]
	entries []entry

	keys     map[string]int32 // terms of whole texts
	prefixes *trie
	suffixes *trie // of texts the other way round
	parts    *grams
	numbers  map[int64]int32
	ranges   *ranges
	matched  int32 // term of what each text must be matched for; -1: nothing
	present  int32 // of what each row reaches that is not null
	absent   int32 // of what each null reaches
}

// slot is where the entries of a term are.
func (s *subject) slot(term int32) slot { return slot{s.first[term], s.first[term+1] - s.first[term]} }

// before says whether a comes before b among the matches of a row.
func before(a, b *Rule) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

func newSegment(rules []Rule, d *derived) *segment {
	s := &segment{rules: slices.Clone(rules)}
	s.predicates = predicates{literals: map[uint16]*literals{}, known: map[testKey]int{}}
	slices.SortFunc(s.rules, func(a, b Rule) int { return before(&a, &b) })
	s.byID = make([]uint32, len(s.rules))
	known := census{}
	s.ids = make([]uint32, len(s.rules))
	for i := range s.rules {
		s.byID[i], s.ids[i] = uint32(i), s.rules[i].ID
	}
	placed := d.placed(s.rules)
	known.addAll(placed)
	slices.SortFunc(s.byID, func(a, b uint32) int { return cmp.Compare(s.ids[a], s.ids[b]) })
	p := planner{segment: s, known: known, subjects: map[uint16]*lists{}}
	for rank := range placed {
		for i := range placed[rank].When {
			p.add(uint32(rank), &placed[rank].When[i])
		}
	}
	p.finish()
	s.singly()
	s.slow = slices.Compact(s.slow)
	return s
}

// singly forgets the ranks of conjunctions that are the places of these, as they mostly are: then no hit has to fetch one from far.
func (s *segment) singly() {
	if len(s.ruleOf) != len(s.rules) {
		return
	}
	for at, rank := range s.ruleOf {
		if int(rank) != at {
			return
		}
	}
	s.ruleOf = nil
}

// rank gives the place of the rule with an ID.
func (s *segment) rank(id uint32) (uint32, bool) {
	i, ok := slices.BinarySearchFunc(s.byID, id, func(rank, id uint32) int { return cmp.Compare(s.ids[rank], id) })
	if !ok {
		return 0, false
	}
	return s.byID[i], true
}

// planner puts conjunctions where they are reached.
type planner struct {
	*segment
	known    census
	subjects map[uint16]*lists
	order    []*lists
}

func (p *planner) add(rank uint32, c *Cond) {
	made := cond{rest: -1}
	if c.Rest != nil {
		made.rest = int32(len(p.rests))
		p.rests = append(p.rests, rest{rank: rank, pred: expr.NewPredicate(c.Rest), cols: expr.Columns(c.Rest)})
	}
	at := uint32(len(p.conds))
	i := p.known.entrance(c)
	if scanned, _ := p.known.primary(c); scanned < 0 {
		p.slow = append(p.slow, rank)
	}
	for k := range c.Preds {
		q := &c.Preds[k]
		switch {
		case k == i && decides(q):
		case i >= 0 && q.Col == c.Preds[i].Col && ofTexts(q) && ofTexts(&c.Preds[i]):
			made.same = append(made.same, p.checkOf(q))
		default:
			made.checks = append(made.checks, p.checkOf(q))
		}
	}
	inOrderOfCost(made.same)
	inOrderOfCost(made.checks)
	p.conds, p.ruleOf = append(p.conds, made), append(p.ruleOf, rank)
	for _, ch := range made.checks {
		p.needs(ch)
	}
	if i < 0 {
		p.always = append(p.always, at)
		return
	}
	e := entry{cond: at, op: opTrue}
	if len(made.checks) > 0 {
		c := made.checks[0]
		e.arg, e.col, e.op = c.arg, c.col, c.op
	}
	if len(made.checks) > 1 {
		e.flags |= hasMore
	}
	if made.rest >= 0 {
		e.flags |= hasRest
	}
	if len(made.same) > 0 {
		e.flags |= hasSame
	}
	p.reach(&c.Preds[i], e)
}

// ofTexts says whether q is of a column's texts, so that each different one is asked once.
func ofTexts(q *Pred) bool { return q.Kind == Keys || q.Kind == Text }

// decides says whether what reaches a conjunction by q is all that q asks.
func decides(q *Pred) bool {
	if q.Kind != Text {
		return true
	}
	by, _ := way(q)
	return by == byPrefix && q.Text.By == expr.DecidedByPrefix || by == bySuffix && q.Text.By == expr.DecidedBySuffix
}

func (p *planner) needs(c check) {
	switch c.op {
	case opNumber, opAtLeast, opAtMost, opBetween, opNumbers:
		p.numeric = united(p.numeric, c.col)
	case opKey, opKeys:
		p.compared = united(p.compared, c.col)
	}
}

func united(cols []uint16, c uint16) []uint16 {
	if slices.Contains(cols, c) {
		return cols
	}
	return append(cols, c)
}
