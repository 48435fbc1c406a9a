package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// top binds a whole statement's query. Types of parameters that turn out late ask for a second pass.
func (b *binder) top(q *ast.Query) (plan.Node, error) {
	return b.twice(func() (plan.Node, error) {
		if b.parts = b.env.Parts; b.parts != nil {
			*b.parts = nil
		}
		n, err := b.body(q)
		if err == nil {
			n, err = windowsAsText(n)
		}
		if err != nil {
			return nil, err
		}
		return b.finish(n, q.Emit)
	})
}

// twice runs bind, and again if it used a parameter before its type was known and it is not text.
func (b *binder) twice(bind func() (plan.Node, error)) (plan.Node, error) {
	for {
		n, err := bind()
		if err != nil {
			return nil, err
		}
		again := slices.ContainsFunc(b.loose, func(n int) bool {
			t := b.env.Params[n-1]
			return t != (types.Type{}) && t != types.Text
		})
		if !again {
			for _, s := range b.said {
				b.env.notice(s)
			}
			return n, nil
		}
		b.loose, b.said, b.clockAt = nil, nil, clockUse{}
	}
}

// say keeps a notice until the binding has succeeded.
func (b *binder) say(n *sqlerr.Error) { b.said = append(b.said, n) }

// finish improves the plan and applies the rules of views.
func (b *binder) finish(n plan.Node, emit *ast.Emit) (plan.Node, error) {
	if b.env.Bound != nil {
		b.env.Bound(plan.Inlined(n))
	}
	if _, err := Every(emit); err != nil {
		return nil, err
	}
	if b.env.Continuous {
		if err := plan.Momentary(n); err != nil {
			return nil, err
		}
	}
	n = plan.Optimize(n, plan.Options{Bounded: !b.env.Continuous, Rows: b.env.Rows})
	if !b.env.Continuous {
		if emit != nil && emit.OnClose {
			return nil, missing(emit.Position(), "EMIT ON WINDOW CLOSE in a SELECT").(*sqlerr.Error).
				WithHint("CREATE MATERIALIZED VIEW keeps such a query.")
		}
		if emit != nil && emit.Every != nil {
			return nil, missing(emit.Position(), "EMIT CHANGES EVERY of a query that does not go on").(*sqlerr.Error).
				WithHint("CREATE MATERIALIZED VIEW and SUBSCRIBE take it.")
		}
		return n, nil
	}
	n, ok := plan.SplitClock(n)
	if !ok {
		return nil, missing(b.clockAt.compared, "now() in this condition of a materialized view").(*sqlerr.Error).
			WithHint("Compare a timestamptz of the row with now() plus or minus a constant interval without months: ts > now() - INTERVAL '1 hour'.")
	}
	if at := b.clockAt.listed; at != 0 && (!n.AppendOnly() && plan.ListsClock(n) || plan.ReadsClockLate(n)) {
		return nil, missing(at, "now() over rows that change").(*sqlerr.Error).
			WithHint("In a view now() may stand in the select list of a query that only adds rows: no GROUP BY, DISTINCT or LIMIT.")
	}
	closing := emit != nil && emit.OnClose
	if lateness := max(b.env.Lateness, b.env.Retention); closing || b.env.HasLateness || b.env.Retention != 0 {
		n = plan.JudgeJoins(n, lateness)
	}
	if !closing {
		n = retained(n, b.env.Retention)
		if err := judged(n); err != nil {
			return nil, err
		}
		if b.env.StateTTL == 0 {
			b.warnUnbounded(n)
		}
		return b.lapsing(n)
	}
	n, err := b.onClose(n, emit)
	if err != nil {
		return nil, err
	}
	n = plan.JudgeJoins(n, b.env.Lateness) // windows that close bound what joins read of them
	if err := judged(n); err != nil {
		return nil, err
	}
	if b.env.StateTTL == 0 {
		b.warnEndless(n)
	}
	return b.lapsing(n)
}

// lapsing has what a view keeps go when it is older than its state_ttl.
func (b *binder) lapsing(n plan.Node) (plan.Node, error) {
	switch {
	case b.env.StateTTL == 0:
		return n, nil
	case b.env.Retention != 0:
		return nil, sqlerr.NotSupported("state_ttl and retention of one view").
			WithHint("With retention results go silently and late rows are left out; with state_ttl who subscribes is told, and all state is bounded.")
	}
	return plan.StateTTL(n, b.env.StateTTL)
}

// Every is the interval of EMIT CHANGES EVERY; 0: each step's changes are sent.
func Every(emit *ast.Emit) (types.Micros, error) {
	if emit == nil || emit.Every == nil {
		return 0, nil
	}
	d, err := span(emit.Every, "the interval of EMIT CHANGES EVERY")
	if err == nil && d <= 0 {
		err = sqlerr.New(sqlerr.InvalidParameterValue, "the interval of EMIT CHANGES EVERY must be more than zero").At(emit.Every.Position())
	}
	return d, err
}

// judged refuses a window that should leave out late rows and that no aggregate took in: only those do.
func judged(n plan.Node) (err error) {
	plan.Walk(n, func(n plan.Node) {
		if s, ok := n.(*plan.Session); ok && s.Judge && !s.OnClose {
			err = sqlerr.NotSupported("allowed_lateness of a SESSION window without EMIT ON WINDOW CLOSE").
				WithHint("Add EMIT ON WINDOW CLOSE, or leave allowed_lateness out: then nothing is late.")
		}
		w, ok := n.(*plan.Window)
		switch {
		case !ok || !w.Judge || w.OnClose:
		case w.Grow != 0:
			err = sqlerr.NotSupported("allowed_lateness with a CUMULATE window without EMIT ON WINDOW CLOSE").WithHint("Leave it out: then nothing is late.")
		default:
			err = sqlerr.NotSupported("allowed_lateness with a window that the query does not group by").
				WithHint("Add window_start or window_end to GROUP BY, and use neither inside of other expressions there.")
		}
	})
	return err
}

// onClose makes the window aggregate under n give its windows when they close.
func (b *binder) onClose(n plan.Node, emit *ast.Emit) (plan.Node, error) {
	pos := emit.Position()
	switch n := n.(type) {
	case *plan.Project, *plan.Filter, *plan.Unfold:
		c, err := b.onClose(n.Children()[0], emit)
		if err != nil {
			return nil, err
		}
		return n.With([]plan.Node{c}), nil
	case *plan.Hop:
		if err := closable(n.Input, n.Time, pos); err != nil {
			return nil, err
		}
		h := *n
		h.OnClose, h.Judge = true, true
		return &h, nil
	case *plan.Session, *plan.Window:
		return closing(n, pos)
	case *plan.Over:
		return b.closeOver(n, emit)
	case *plan.TopN:
		return b.closeTop(n, emit)
	case *plan.Join:
		return b.closeJoin(n, emit)
	case *plan.Aggregate, *plan.Scan:
		if a, ok := n.(*plan.Aggregate); ok && windowBelow(a) != nil {
			return closeGroups(a, pos)
		}
		if a, ok := n.(*plan.Aggregate); ok && endsWithWindow(a) {
			c, err := b.onClose(a.Input, emit)
			if err != nil {
				return nil, err
			}
			d := *a
			d.Final, d.Input = true, c
			return &d, nil
		}
		return nil, endless(n, pos, "Group by a window: FROM TUMBLE(relation, time, INTERVAL '1 minute') ... GROUP BY window_start.")
	}
	return nil, missing(pos, "EMIT ON WINDOW CLOSE over %s", n.Describe().Name)
}

// warnUnbounded tells of operators whose state grows without end.
func (b *binder) warnUnbounded(n plan.Node) {
	if b.env.Bounded {
		return
	}
	var folded plan.Node // a session whose aggregate keeps no rows
	plan.Walk(n, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Aggregate:
			if s, ok := n.SessionGroups(); ok {
				folded = s
			}
			if len(n.Keys) > 0 {
				b.warn(n, n.Times()[:len(n.Keys)])
			}
		case *plan.Distinct:
			b.warn(n, n.Times())
		case *plan.Join:
			if e := n.Ends(); !n.AsOf && (e[0] == nil || e[1] == nil) {
				b.warnRows(n)
			}
		case *plan.Over, *plan.Session:
			if n != folded {
				b.warnRows(n)
			}
		}
	})
}

// warnRows tells of an operator that keeps its input, unless that is kept anyway: rows of tables and groups.
func (b *binder) warnRows(n plan.Node) {
	hint := "The rows that it reads stay in memory; WITH (state_ttl = '1 day') says how long."
	if j, ok := n.(*plan.Join); ok && !j.Judge {
		d := *j
		d.Judge = true
		if e := d.Ends(); e[0] != nil && e[1] != nil {
			hint = "WITH (allowed_lateness = '0 seconds') lets rows go that no later one can meet, and leaves out late ones."
		}
	}
	for _, k := range n.Children() {
		if k.AppendOnly() && reads(k) {
			b.say(sqlerr.New(sqlerr.Success, "nothing bounds the state of %s", n.Describe().Name).WithHint("%s", hint))
			return
		}
	}
}

// reads says whether n reads a stream.
func reads(n plan.Node) (found bool) {
	plan.Walk(n, func(n plan.Node) {
		_, scan := n.(*plan.Scan)
		found = found || scan
	})
	return found
}

func (b *binder) warn(n plan.Node, ts []plan.Times) {
	for _, t := range ts {
		if len(t) > 0 {
			return
		}
	}
	d := n.Describe()
	what := d.Name
	for _, x := range d.Details {
		if x.Key == "Group Key" {
			what += " by " + x.Value
		}
	}
	b.say(sqlerr.New(sqlerr.Success, "nothing bounds the state of %s", what).
		WithHint("Group by a window, or say WITH (state_ttl = '1 day'): groups stay in memory."))
}
