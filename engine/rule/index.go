package rule

import (
	"cmp"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
)

// Index is rules made ready to be matched. It never changes, so any number of goroutines may use one, each with a Matcher
// of its own.
type Index struct {
	parts   []part
	derived *derived
	n       int
}

// part is a segment and which of its rules are no more.
type part struct {
	*segment
	dead  batch.Bitmap // nil: none
	nDead int
}

func (p *part) live() int             { return len(p.rules) - p.nDead }
func (p *part) gone(rank uint32) bool { return p.dead != nil && p.dead.Get(int(rank)) }

// New makes an Index of rules, which it keeps. Of several with one ID the last counts.
func New(rules []Rule) *Index { return (&Index{derived: &derived{}}).With(rules, nil) }

// Len is the number of rules.
func (x *Index) Len() int { return x.n }

// With gives an Index that has rules besides, in place of those with the same IDs, and not those with the IDs of removed. It
// takes time by the number of these, and now and then by that of the rules of the smaller segments, or of those of one of which more are
// gone than left: that is made anew.
func (x *Index) With(rules []Rule, removed []uint32) *Index {
	y := &Index{parts: slices.Clone(x.parts), derived: x.derived}
	rules = lastOfEach(rules)
	for _, id := range removed {
		y.remove(id)
	}
	for i := range rules {
		y.remove(rules[i].ID)
	}
	y.parts = slices.DeleteFunc(y.parts, func(p part) bool { return p.live() == 0 })
	if len(y.parts) == 0 {
		y.derived = &derived{}
	}
	y.derived = y.derived.with(rules)
	for i := range y.parts {
		if p := &y.parts[i]; p.nDead > p.live() {
			y.parts[i] = part{segment: newSegment(p.survivors(), y.derived)}
		}
	}
	if len(rules) > 0 {
		y.add(rules)
	}
	for i := range y.parts {
		y.n += y.parts[i].live()
	}
	return y
}

// lastOfEach is rules without those that another with the same ID follows.
func lastOfEach(rules []Rule) []Rule {
	at := make(map[uint32]int, len(rules))
	for i := range rules {
		at[rules[i].ID] = i
	}
	if len(at) == len(rules) {
		return rules
	}
	var out []Rule
	for i := range rules {
		if at[rules[i].ID] == i {
			out = append(out, rules[i])
		}
	}
	return out
}

// remove marks a rule as gone. Marks of another Index are copied first.
func (x *Index) remove(id uint32) {
	for i := range x.parts {
		p := &x.parts[i]
		rank, ok := p.rank(id)
		if !ok || p.gone(rank) {
			continue
		}
		dead := batch.NewBitmap(len(p.rules))
		copy(dead, p.dead)
		dead.Set(int(rank))
		p.dead = dead
		p.nDead++
		return
	}
}

// growth is how many times larger than what is behind it a segment must be to stay as it is when rules are added.
const growth = 4

// add makes a segment of rules and of the segments that are not much larger than it.
func (x *Index) add(rules []Rule) {
	slices.SortStableFunc(x.parts, func(a, b part) int { return cmp.Compare(b.live(), a.live()) })
	for n := len(x.parts); n > 0; n-- {
		if p := &x.parts[n-1]; n < MaxSegments && p.live() > growth*len(rules) {
			break
		}
		rules = append(x.parts[n-1].survivors(), rules...)
		x.parts = x.parts[:n-1]
	}
	x.parts = append(x.parts, part{segment: newSegment(rules, x.derived)})
}

// survivors is the rules of p that are not gone.
func (p *part) survivors() []Rule {
	out := make([]Rule, 0, p.live())
	for i := range p.rules {
		if !p.gone(uint32(i)) {
			out = append(out, p.rules[i])
		}
	}
	return out
}

// Rule gives the rule with an ID.
func (x *Index) Rule(id uint32) (Rule, bool) {
	for i := range x.parts {
		p := &x.parts[i]
		if rank, ok := p.rank(id); ok && !p.gone(rank) {
			return p.rules[rank], true
		}
	}
	return Rule{}, false
}

// Scanned gives the IDs of the rules that no index reaches, or only by what each different text must be matched with, in
// ascending order.
func (x *Index) Scanned() []uint32 {
	var ids []uint32
	for i := range x.parts {
		p := &x.parts[i]
		for _, rank := range p.slow {
			if !p.gone(rank) {
				ids = append(ids, p.rules[rank].ID)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
