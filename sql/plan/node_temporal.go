package plan

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// Temporal is a filter of a query that goes on: rows count from the last of the times that Enter names on, before the first
// that Leave names. It is what comparisons of now() with something of the row come to.
type Temporal struct {
	Input        Node
	Enter, Leave []TimeBound
}

// TimeBound is a time: that of an expression over the input, moved by Plus.
type TimeBound struct {
	X    expr.Expr // timestamptz
	Plus types.Micros
}

// Schema is the input's.
func (t *Temporal) Schema() batch.Schema { return t.Input.Schema() }

// Children is the input.
func (t *Temporal) Children() []Node { return []Node{t.Input} }

// Times bounds nothing: rows come and go later than they came in.
func (t *Temporal) Times() []Times { return make([]Times, Width(t)) }

// AppendOnly is true of rows that never leave.
func (t *Temporal) AppendOnly() bool { return len(t.Leave) == 0 && t.Input.AppendOnly() }

// With is the same over another input.
func (t *Temporal) With(c []Node) Node {
	d := *t
	d.Input = c[0]
	return &d
}

// Describe shows the bounds.
func (t *Temporal) Describe() Description {
	d := Description{Name: "Temporal Filter"}
	list := func(bounds []TimeBound) string {
		var s []string
		for _, b := range bounds {
			text := b.X.String()
			if b.Plus != 0 {
				text += " + " + duration(b.Plus)
			}
			s = append(s, text)
		}
		return strings.Join(s, ", ")
	}
	d.add("Enter", list(t.Enter))
	d.add("Leave", list(t.Leave))
	return d
}

// SplitClock makes Temporals of the filters that compare now() with something of the row. ok is false if some condition
// of the plan asks the time in another way.
func SplitClock(n Node) (out Node, ok bool) {
	done := map[*Named]bool{}
	var rule func(n Node) Node
	rule = func(n Node) Node {
		if s, is := n.(*Shared); is && !done[s.Of] {
			done[s.Of] = true
			s.Of.Plan = up(s.Of.Plan, rule)
		}
		return temporal(n)
	}
	n, ok = up(n, rule), true
	Walk(n, func(n Node) {
		switch n := n.(type) {
		case *Filter:
			ok = ok && !expr.AsksClock(n.Cond)
		case *Join:
			ok = ok && (n.On == nil || !expr.AsksClock(n.On))
			for _, k := range n.Keys {
				ok = ok && !expr.AsksClock(k.Left) && !expr.AsksClock(k.Right)
			}
		}
	})
	return n, ok
}

func temporal(n Node) Node {
	switch n := n.(type) {
	case *Join:
		if n.Kind != InnerJoin || n.On == nil || !expr.AsksClock(n.On) {
			return n
		}
		j := *n
		clock, rest := split(n.On, func(t expr.Expr) bool { return !expr.AsksClock(t) })
		j.On = nil
		if rest != nil {
			j.On = expr.And(rest...)
		}
		return temporal(&Filter{Input: &j, Cond: expr.And(clock...)})
	case *Filter:
		t := &Temporal{Input: n.Input}
		var rest []expr.Expr
		for _, term := range expr.Terms(n.Cond) {
			if !t.take(term) {
				rest = append(rest, term)
			}
		}
		if t.Enter == nil && t.Leave == nil {
			return n
		}
		if rest != nil {
			t.Input = &Filter{Input: n.Input, Cond: expr.And(rest...)}
		}
		return t
	}
	return n
}

// take adds a condition to the bounds, if it compares now() with something that does not ask the time.
func (t *Temporal) take(term expr.Expr) bool {
	op, a, b, ok := expr.Comparison(term)
	if !ok || op == "<>" || !expr.AsksClock(term) {
		return false
	}
	if expr.AsksClock(a) {
		a, b, op = b, a, turned[op]
	}
	shift, ok := expr.Clock(b)
	if !ok || expr.AsksClock(a) || a.Type() != types.Timestamptz {
		return false
	}
	switch op { // a op now() + shift
	case ">":
		t.Leave = append(t.Leave, TimeBound{a, -shift})
	case ">=":
		t.Leave = append(t.Leave, TimeBound{a, 1 - shift})
	case "<=":
		t.Enter = append(t.Enter, TimeBound{a, -shift})
	case "<":
		t.Enter = append(t.Enter, TimeBound{a, 1 - shift})
	case "=":
		t.Enter, t.Leave = append(t.Enter, TimeBound{a, -shift}), append(t.Leave, TimeBound{a, 1 - shift})
	}
	return true
}

// Momentary gives the error of a literal in the plan that means the time at which it is read, or nil; see expr.Momentary.
func Momentary(n Node) (err error) {
	Walk(n, func(n Node) {
		for _, e := range exprsOf(n) {
			if err == nil && e != nil {
				err = expr.Momentary(e)
			}
		}
	})
	return err
}

// ListsClock says whether the plan still asks the time for a value: the rules leave out columns that nobody reads.
func ListsClock(n Node) (found bool) {
	Walk(n, func(n Node) {
		var es []expr.Expr
		switch n := n.(type) {
		case *Project:
			es = n.Exprs
		case *Aggregate:
			es = append(aggExprs(n.Aggs), n.Keys...)
		case *Hop:
			es = aggExprs(n.Aggs)
			for _, k := range n.Keys {
				if k.Expr != nil {
					es = append(es, k.Expr)
				}
			}
		case *Over, *Unfold, *Session, *Shared:
			found = true // as far as anybody looked
		}
		found = found || slices.ContainsFunc(es, expr.AsksClock)
	})
	return found
}

// ReadsClockLate says whether the plan asks the time for a value over rows that it keeps: it would be evaluated when they are read,
// which is no epoch.
func ReadsClockLate(n Node) (found bool) {
	Walk(n, func(n Node) {
		p, ok := n.(*Project)
		if !ok || !slices.ContainsFunc(p.Exprs, expr.AsksClock) {
			return
		}
		Walk(p.Input, func(n Node) {
			switch n.(type) {
			case *Aggregate, *Distinct, *Hop, *Session:
				found = true
			}
		})
	})
	return found
}
