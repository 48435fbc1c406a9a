package rule

import "slices"

// census counts, for each column, how many different things rules look for in it: a column of which they know many values
// is one that tells rows apart.
type census map[int]*counts

type counts struct {
	keys, prefixes, suffixes, parts map[string]struct{}
	numbers                         map[int64]struct{}
	ranges                          map[[2]int64]struct{}
}

func (s census) of(col int) *counts {
	c := s[col]
	if c == nil {
		c = &counts{
			keys: map[string]struct{}{}, prefixes: map[string]struct{}{}, suffixes: map[string]struct{}{}, parts: map[string]struct{}{},
			numbers: map[int64]struct{}{}, ranges: map[[2]int64]struct{}{},
		}
		s[col] = c
	}
	return c
}

func (s census) addAll(rules []Rule) {
	for i := range rules {
		for k := range rules[i].When {
			for j := range rules[i].When[k].Preds {
				s.add(&rules[i].When[k].Preds[j])
			}
		}
	}
}

func (s census) add(p *Pred) {
	c := s.of(p.Col)
	switch p.Kind {
	case Keys:
		for _, k := range p.Keys {
			c.keys[k] = struct{}{}
		}
	case Numbers:
		for _, n := range p.Numbers {
			c.numbers[n] = struct{}{}
		}
	case Range:
		c.ranges[[2]int64{p.Lo, p.Hi}] = struct{}{}
	case Text:
		switch by, text := way(p); by {
		case byPrefix:
			c.prefixes[text] = struct{}{}
		case bySuffix:
			c.suffixes[text] = struct{}{}
		case byPart:
			for _, r := range p.Text.Required {
				c.parts[r] = struct{}{}
			}
		}
	}
}

// access is the ways to look for the texts that a Text predicate matches.
type access uint8

const (
	byMatch access = iota // none: each value is matched
	byPrefix
	bySuffix
	byPart
)

// way is how to look for p, and the text to look for unless that is a part.
func way(p *Pred) (access, string) {
	t := p.Text
	part := len(t.Required)
	shortest := 0
	for i, r := range t.Required {
		if i == 0 || len(r) < shortest {
			shortest = len(r)
		}
	}
	n := max(len(t.Prefix), len(t.Suffix))
	switch {
	case part > 0 && shortest > n:
		return byPart, ""
	case n == 0:
		return byMatch, ""
	case len(t.Suffix) == n:
		return bySuffix, t.Suffix
	}
	return byPrefix, t.Prefix
}

// Shares of rows that a predicate is taken to leave: of one of k different texts or numbers that rules look for, 1/(k+few).
const (
	few       = 8
	oneSided  = 0.4
	isNull    = 0.3
	isNotNull = 0.9
	short     = 0.5 // a text of one or two bytes
	unknown   = 2   // no way to look for it
	selective = 0.2 // what is less is looked for, and no alternative to it
)

// share is how many of the rows a predicate is taken to leave; known may be nil.
func (s census) share(p *Pred) float64 {
	var c counts
	if k := s[p.Col]; k != nil {
		c = *k
	}
	switch p.Kind {
	case Null:
		return isNull
	case NotNull:
		return isNotNull
	case Keys:
		return min(1, float64(len(p.Keys))/float64(few+len(c.keys)))
	case Numbers:
		return min(1, float64(len(p.Numbers))/float64(few+len(c.numbers)))
	case Range:
		if p.Lo == least || p.Hi == most {
			return oneSided
		}
		return 4 / float64(4*few+len(c.ranges))
	}
	switch by, text := way(p); by {
	case byPrefix:
		return shareOfText(len(text), len(c.prefixes))
	case bySuffix:
		return shareOfText(len(text), len(c.suffixes))
	case byPart:
		sum := 0.0
		for _, r := range p.Text.Required {
			sum += shareOfText(len(r), len(c.parts))
		}
		return min(1, 1.5*sum)
	}
	return unknown
}

func shareOfText(length, others int) float64 {
	if length <= 2 {
		return short
	}
	return 2 / float64(2*few+others)
}

// primary gives the place of c's most selective predicate and its share of rows; -1 if none can be looked for.
func (s census) primary(c *Cond) (int, float64) {
	best, bound := -1, 1.0
	for i := range c.Preds {
		if sh := s.share(&c.Preds[i]); sh < bound || best < 0 && sh <= 1 {
			best, bound = i, sh
		}
	}
	if best < 0 {
		return -1, unknown
	}
	return best, bound
}

// entrance gives the place of the predicate that c is reached by: the most selective one, or else one that each different text is
// matched with; -1: each row reaches it.
func (s census) entrance(c *Cond) int {
	i, _ := s.primary(c)
	if i < 0 {
		i = slices.IndexFunc(c.Preds, func(p Pred) bool { return p.Kind == Text })
	}
	return i
}

// cost is the share of rows for which a conjunction must be looked at.
func cost(c *Cond) float64 {
	_, share := census(nil).primary(c)
	return share
}
