package rule

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// Way is how an Index reaches one conjunction of a rule.
type Way struct {
	By     *Pred    // what it is looked up by; nil: nothing, it is evaluated for every row
	How    string   // what By is looked up in
	Texts  []string // of By: what is looked for, if that is text
	Checks []Pred   // what is checked of the rows that are left
	Rest   expr.Expr
}

// Ways says how each conjunction of a rule is reached, as the rules beside it have it; nil: there is no such rule.
func (x *Index) Ways(id uint32) []Way {
	for i := range x.parts {
		p := &x.parts[i]
		rank, ok := p.rank(id)
		if !ok || p.gone(rank) {
			continue
		}
		known := census{}
		placed := x.derived.placed(p.rules)
		known.addAll(placed)
		ways := []Way{}
		for k := range placed[rank].When {
			ways = append(ways, known.wayTo(&placed[rank].When[k]))
		}
		return ways
	}
	return nil
}

// wayTo is the way to a conjunction.
func (s census) wayTo(c *Cond) Way {
	w := Way{Rest: c.Rest}
	at := s.entrance(c)
	for i := range c.Preds {
		q := &c.Preds[i]
		if q.Of == nil {
			q.Col -= MaxDerived
		}
		if i != at {
			w.Checks = append(w.Checks, *q)
			continue
		}
		w.By = q
		if w.How, w.Texts = lookedUpIn(q); !decides(q) {
			w.Checks = append(w.Checks, *q)
		}
	}
	return w
}

// lookedUpIn says what a predicate is looked up in, and for what.
func lookedUpIn(q *Pred) (how string, texts []string) {
	switch q.Kind {
	case Null, NotNull:
		return "whether it is null", nil
	case Keys:
		return "a hash of values", slices.Clone(q.Keys)
	case Numbers:
		return "a hash of values", nil
	case Range:
		return "sorted bounds", nil
	}
	switch by, text := way(q); by {
	case byPrefix:
		return "a trie of prefixes", []string{text}
	case bySuffix:
		return "a trie of suffixes", []string{text}
	case byPart:
		return "parts of texts", slices.Clone(q.Text.Required)
	}
	return "no index: each different text is matched", nil
}
