package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// StateTTL bounds the state of a view by event time. A group of rows that only come is forgotten as a whole, when its
// newest row is older than ttl; everywhere else where such rows are kept, each of them is taken back when it is. What
// stands above either is bounded by what is taken back below it, and so is never taken back twice. It fails with 42P20
// where no watermark bounds the rows that something keeps.
func StateTTL(n Node, ttl types.Micros) (Node, error) {
	l := &lapser{ttl: ttl, done: map[*Named]bool{}}
	n = l.bound(n)
	if l.grows(n) { // its rows are the view's contents
		n = l.lapse(n)
	}
	return n, l.err
}

type lapser struct {
	ttl  types.Micros
	done map[*Named]bool
	err  error
}

// grows says whether n gives more and more rows, and takes none back.
func (l *lapser) grows(n Node) bool {
	if !n.AppendOnly() {
		return false
	}
	found := false
	Walk(n, func(n Node) {
		switch n.(type) {
		case *Scan, *Shared:
			found = true
		}
	})
	return found
}

// bound bounds what n and everything below it keep.
func (l *lapser) bound(n Node) Node {
	if s, ok := n.(*Shared); ok {
		if !l.done[s.Of] {
			l.done[s.Of] = true
			s.Of.Plan = l.bound(s.Of.Plan)
		}
		return s
	}
	kids := slices.Clone(n.Children())
	for i := range kids {
		kids[i] = l.bound(kids[i])
	}
	if len(kids) > 0 {
		n = n.With(kids)
	}
	switch x := n.(type) {
	case *Aggregate:
		if len(x.Keys) > 0 && !x.Final && l.grows(x.Input) {
			return l.idle(x)
		}
	case *Distinct:
		if l.grows(x.Input) {
			return l.idle(distinctGroups(x))
		}
	case *Join:
		return l.join(x)
	case *Session:
		if !x.OnClose {
			return l.input(x)
		}
	case *Hop:
		if !x.OnClose && !x.Judge {
			return l.input(x)
		}
	case *Over:
		if x.OnClose {
			d := *x
			d.Idle = l.ttl
			return &d
		}
		return l.input(x)
	case *TopN:
		if x.Prefix > 0 {
			return l.input(x)
		}
	}
	return n
}

// input is n over rows that go.
func (l *lapser) input(n Node) Node {
	if in := n.Children()[0]; l.grows(in) {
		return n.With([]Node{l.lapse(in)})
	}
	return n
}

// join has the rows of both sides go that no watermark ends.
func (l *lapser) join(j *Join) Node {
	if j.AsOf {
		return j
	}
	ends, sides := j.Ends(), j.Children()
	for i := range sides {
		if ends[i] == nil && l.grows(sides[i]) {
			sides[i] = l.lapse(sides[i])
		}
	}
	return j.With(sides)
}

// idle has groups go.
func (l *lapser) idle(a *Aggregate) Node {
	in, at, ok := withTime(a.Input)
	if !ok {
		return l.fail(a, a.Input)
	}
	d := *a
	d.Input, d.Idle = in, &Idle{Time: at, After: l.ttl}
	return &d
}

// distinctGroups is DISTINCT as groups without aggregates.
func distinctGroups(d *Distinct) *Aggregate {
	a := &Aggregate{Input: d.Input}
	for i, f := range d.Schema() {
		a.Keys, a.KeyNames = append(a.Keys, expr.Col(i, f.Type, f.Name)), append(a.KeyNames, f.Name)
	}
	return a
}

// lapse has n's rows go.
func (l *lapser) lapse(n Node) Node {
	in, at, ok := withTime(n)
	if !ok {
		return l.fail(n, n)
	}
	out := Node(&Lapse{Input: in, Time: at, After: l.ttl})
	if Width(in) == Width(n) {
		return out
	}
	p := &Project{Input: out}
	for i, f := range n.Schema() {
		p.Exprs, p.Names = append(p.Exprs, expr.Col(i, f.Type, f.Name)), append(p.Names, f.Name)
	}
	return p
}

// fail notes that nothing says when the rows of in are old.
func (l *lapser) fail(n, in Node) Node {
	if l.err == nil {
		l.err = sqlerr.New(sqlerr.WindowingError, "state_ttl needs rows whose event time a watermark bounds, and those of %s have none", in.Describe().Name).
			WithHint("Give the stream a WATERMARK, and select its event time in subqueries; or bound the state WITH (memory_limit = '1GB').")
	}
	return n
}

// withTime is n with a column that watermarks bound, and its place: one that it has, the end of a window before others, or
// else one more, behind those that it has.
func withTime(n Node) (out Node, at int, ok bool) {
	at = -1
	for i, t := range n.Times() {
		if len(t) > 0 && (at < 0 || n.Schema()[i].Name == "window_end") {
			at = i
		}
	}
	if at >= 0 {
		return n, at, true
	}
	switch x := n.(type) {
	case *Scan:
		w := x.Relation.Watermark
		if w == nil {
			return nil, 0, false
		}
		d := *x
		d.Columns = append(slices.Clone(x.Columns), w.Column)
		return &d, len(d.Columns) - 1, true
	case *Filter:
		in, at, ok := withTime(x.Input)
		return &Filter{Input: in, Cond: x.Cond}, at, ok
	case *Project:
		in, at, ok := withTime(x.Input)
		if !ok {
			return nil, 0, false
		}
		f := in.Schema()[at]
		d := &Project{Input: in, Exprs: append(slices.Clone(x.Exprs), expr.Col(at, f.Type, f.Name)), Names: append(slices.Clone(x.Names), f.Name)}
		return d, len(d.Exprs) - 1, true
	case *Union:
		d := &Union{}
		for _, in := range x.Inputs {
			wide, at, ok := withTime(in)
			if !ok || at != Width(x) {
				return nil, 0, false
			}
			d.Inputs = append(d.Inputs, wide)
		}
		return d, Width(x), true
	}
	return nil, 0, false
}
