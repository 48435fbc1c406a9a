package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// sharing is the queries of a statement's WITH, which are one node each wherever they are used.
type sharing struct {
	o     Options
	uses  map[*Named]int
	alone map[*Named]bool // computed at each place
	fresh map[*Named]*Named
}

// shared improves n, and decides which queries of a WITH are computed once. As in PostgreSQL those that are used once, or
// may be by their NOT MATERIALIZED, become part of where they are used, unless something in them differs each time. Also
// those that only read and filter do, and those that a filter at some place narrows: there less is computed apart.
func (o Options) shared(n Node) Node {
	s := &sharing{o: o, uses: map[*Named]int{}, alone: map[*Named]bool{}}
	s.count(n)
	if len(s.uses) == 0 {
		return o.rules(n)
	}
	for c, uses := range s.uses {
		s.alone[c] = !Volatile(c.Plan) && c.Hint != "materialized" && (uses == 1 || c.Hint == "not materialized" || !costly(c.Plan))
	}
	for {
		s.fresh = map[*Named]*Named{}
		whole := s.inlined(n)
		m := o.rules(whole)
		if !s.narrowed(m) {
			s.fresh = map[*Named]*Named{}
			return s.shown(m)
		}
	}
}

// count counts the places of each Named, those inside of a Named once.
func (s *sharing) count(n Node) {
	Walk(n, func(n Node) {
		if x, ok := n.(*Shared); ok {
			if s.uses[x.Of]++; s.uses[x.Of] == 1 {
				s.count(x.Of.Plan)
			}
		}
	})
}

// inlined puts the plans of those that are alone into their places.
func (s *sharing) inlined(n Node) Node {
	return up(n, func(n Node) Node {
		x, ok := n.(*Shared)
		switch {
		case !ok:
			return n
		case s.alone[x.Of]:
			return s.inlined(x.Of.Plan)
		}
		c := s.fresh[x.Of]
		if c == nil {
			c = &Named{Name: x.Of.Name, Plan: s.inlined(x.Of.Plan), Hint: x.Of.Hint}
			s.fresh[x.Of] = c
		}
		return &Shared{Of: c}
	})
}

// narrowed finds filters that would go into what they are over, and says whether there is one.
func (s *sharing) narrowed(n Node) (found bool) {
	old := make(map[*Named]*Named, len(s.fresh))
	for was, c := range s.fresh {
		old[c] = was
	}
	Walk(n, func(n Node) {
		f, ok := n.(*Filter)
		if !ok {
			return
		}
		x, ok := f.Input.(*Shared)
		if ok && x.Of.Hint != "materialized" && !Volatile(x.Of.Plan) && !s.alone[old[x.Of]] && sinks(f.Cond, x.Of.Plan) {
			s.alone[old[x.Of]], found = true, true
		}
	})
	return found
}

// sinks says whether a part of cond, over n, would go below what makes n costly.
func sinks(cond expr.Expr, n Node) bool {
	n = pushFilter(&Filter{Input: n, Cond: cond})
	for {
		switch x := n.(type) {
		case *Project:
			n = x.Input
			continue
		case *Filter:
			return len(expr.Terms(x.Cond)) < len(expr.Terms(cond))
		}
		return true
	}
}

// shown improves each Named that is left, and shows it at its first place.
func (s *sharing) shown(n Node) Node {
	return up(n, func(n Node) Node {
		x, ok := n.(*Shared)
		if !ok {
			return n
		}
		c := s.fresh[x.Of]
		if c != nil {
			return &Shared{Of: c}
		}
		c = &Named{Name: x.Of.Name, Hint: x.Of.Hint}
		s.fresh[x.Of] = c
		c.Plan = s.shown(s.o.rules(x.Of.Plan))
		return &Shared{Of: c, Shown: true}
	})
}

// Volatile says whether an expression of n gives something else each time.
func Volatile(n Node) (is bool) {
	Walk(n, func(n Node) {
		is = is || slices.ContainsFunc(exprsOf(n), func(e expr.Expr) bool { return expr.Volatility(e) == expr.Volatile })
	})
	return is
}

// costly says whether n does more than read, filter and project.
func costly(n Node) (is bool) {
	Walk(n, func(n Node) {
		switch n.(type) {
		case *Scan, *Filter, *Project, *Window, *Values, *Shared:
		default:
			is = true
		}
	})
	return is
}

// Inlined is n with every query of a WITH in its place, as it was bound.
func Inlined(n Node) Node {
	return up(n, func(n Node) Node {
		if x, ok := n.(*Shared); ok {
			return Inlined(x.Of.Plan)
		}
		return n
	})
}
