package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// closable says why the windows over column time of input never close, if they do not.
func closable(input plan.Node, time, pos int) error {
	if !input.AppendOnly() {
		return missing(pos, "EMIT ON WINDOW CLOSE over input that changes").(*sqlerr.Error).
			WithHint("Read the other relation FOR SYSTEM_TIME AS OF the row's time, or leave out EMIT ON WINDOW CLOSE.")
	}
	if len(input.Times()[time]) > 0 {
		return nil
	}
	name := input.Schema()[time].Name
	err := sqlerr.New(sqlerr.WindowingError, "EMIT ON WINDOW CLOSE needs a watermark, and column %q has none", name).At(pos)
	plan.Walk(input, func(n plan.Node) {
		if _, ok := n.(*plan.Join); ok && err.Hint == "" {
			err = err.WithHint("Compare the times of both sides where they are joined: ON ... AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '5 seconds'.")
		}
		if s, ok := n.(*plan.Scan); ok && err.Hint == "" {
			err = err.WithHint("Create %s with WATERMARK FOR %s AS %s - INTERVAL '5 seconds'.", s.Relation.QualifiedName(), name, name)
		}
	})
	return err
}

// windowBelow gives the window whose rows a groups, filtered maybe; nil: it groups something else.
func windowBelow(a *plan.Aggregate) plan.Node {
	n := a.Input
	for {
		switch x := n.(type) {
		case *plan.Filter:
			n = x.Input
		case *plan.Session, *plan.Window:
			return n
		default:
			return nil
		}
	}
}

// closing is the window w giving its rows when it is over.
func closing(w plan.Node, pos int) (plan.Node, error) {
	switch w := w.(type) {
	case *plan.Session:
		d := *w
		d.OnClose, d.Judge = true, true
		return &d, closable(w.Input, w.Time, pos)
	case *plan.Window:
		d := *w
		d.OnClose, d.Judge = true, true
		return &d, closable(w.Input, w.Time, pos)
	}
	return nil, missing(pos, "EMIT ON WINDOW CLOSE over %s", w.Describe().Name)
}

// closeGroups makes the groups of windows leave when these are over. All rows of a group must come from windows that end
// together.
func closeGroups(a *plan.Aggregate, pos int) (plan.Node, error) {
	w := windowBelow(a)
	width := plan.Width(w.Children()[0])
	has := func(want expr.Expr) bool {
		return slices.ContainsFunc(a.Keys, func(k expr.Expr) bool { return expr.Equal(k, want) })
	}
	bound := func(i int) expr.Expr {
		f := w.Schema()[width+i]
		return expr.Col(width+i, f.Type, f.Name)
	}
	together := has(bound(plan.WindowEnd)) || has(bound(plan.WindowTime))
	if has(bound(plan.WindowStart)) && !together {
		switch w := w.(type) {
		case *plan.Session: // one that begins then may end before the other's
			together = !slices.ContainsFunc(w.Keys, func(k expr.Expr) bool { return !has(k) })
		case *plan.Window:
			together = w.Grow == 0
		}
	}
	if !together {
		return nil, sqlerr.New(sqlerr.WindowingError, "EMIT ON WINDOW CLOSE needs groups that end with their window").At(pos).
			WithHint("Add window_end to GROUP BY.")
	}
	over, err := closing(w, pos)
	if err != nil {
		return nil, err
	}
	d := *a
	d.Final, d.Input = true, replaceBelow(a.Input, w, over)
	return &d, nil
}

// replaceBelow is n with the node was, which is n or below it, replaced.
func replaceBelow(n, was, by plan.Node) plan.Node {
	if n == was {
		return by
	}
	kids := slices.Clone(n.Children())
	for i, k := range kids {
		kids[i] = replaceBelow(k, was, by)
	}
	return n.With(kids)
}

// endsWithWindow says whether the rows of each group of a come from windows that end together, of an aggregate below.
func endsWithWindow(a *plan.Aggregate) bool {
	return slices.ContainsFunc(a.Keys, func(k expr.Expr) bool {
		c, ok := expr.IsCol(k)
		return ok && togetherBy(a.Input, c)
	})
}

// togetherBy says whether rows of n that agree in a column are of windows that end together.
func togetherBy(n plan.Node, column int) bool {
	for c, ok := column, true; ok; {
		switch x := n.(type) {
		case *plan.Filter:
			n = x.Input
		case *plan.Project:
			c, ok = expr.IsCol(x.Exprs[c])
			n = x.Input
		case *plan.TopN:
			n = x.Input
		case *plan.Over:
			ok = c < plan.Width(x.Input)
			n = x.Input
		case *plan.Hop:
			return c < len(x.Keys) && x.Keys[c].Expr == nil
		case *plan.Aggregate:
			if c >= len(x.Keys) || !endsWithWindow(x) && windowBelow(x) == nil {
				return false
			}
			c, ok = expr.IsCol(x.Keys[c])
			n = x.Input
		case *plan.Window:
			return x.Grow == 0 && c >= plan.Width(x.Input) || c == plan.Width(x.Input)+plan.WindowEnd
		case *plan.Session:
			return c == plan.Width(x.Input)+plan.WindowEnd
		default:
			return false
		}
	}
	return false
}

// closeTop makes the first rows of each group leave once: when the group's window is over, or, of those that are the first
// in time, when the watermark has passed them.
func (b *binder) closeTop(t *plan.TopN, emit *ast.Emit) (plan.Node, error) {
	pos, schema := emit.Position(), t.Input.Schema()
	group, order := t.Keys[:t.Prefix], t.Keys[t.Prefix:]
	if slices.ContainsFunc(group, func(k plan.SortKey) bool { return togetherBy(t.Input, k.Column) }) {
		in, err := b.onClose(t.Input, emit)
		if err != nil {
			return nil, err
		}
		d := *t
		d.Final, d.Input = true, in
		return &d, nil
	}
	count, constant := expr.IsConst(t.Count)
	if t.Count == nil || !constant || count.Null(0) || t.Offset != nil || len(order) == 0 || order[0].Desc || !isTime(schema[order[0].Column].Type) {
		return nil, missing(pos, "EMIT ON WINDOW CLOSE over the first rows of what no window ends").(*sqlerr.Error).
			WithHint("Write PARTITION BY window_start, window_end, or take the first rows in time: row_number() OVER (PARTITION BY ... ORDER BY ts).")
	}
	o := &plan.Over{Input: t.Input, Order: order, Calls: []plan.OverCall{{Name: "row_number", Where: -1, Type: types.Int8}}}
	if t.Ties {
		o.Calls[0].Name = "rank"
	}
	for _, k := range group {
		o.Partition = append(o.Partition, k.Column)
	}
	over, err := b.closeOver(o, emit)
	if err != nil {
		return nil, err
	}
	first, err := expr.Operator("<=", []expr.Expr{expr.Col(len(schema), types.Int8, o.Calls[0].Name), t.Count})
	if err != nil {
		return nil, err
	}
	p := &plan.Project{Input: &plan.Filter{Input: over, Cond: first}}
	for i, f := range schema {
		p.Exprs, p.Names = append(p.Exprs, expr.Col(i, f.Type, f.Name)), append(p.Names, f.Name)
	}
	return p, nil
}

// closeJoin makes the windows below a join give their rows when they close: the pairs of such rows, and of rows that only
// come, are final. One side at least has windows, unless it is a join that tells what has no match: that waits for its rows'
// times to pass anyway.
func (b *binder) closeJoin(j *plan.Join, emit *ast.Emit) (plan.Node, error) {
	pos := emit.Position()
	kids := slices.Clone(j.Children())
	closed := false
	for i, k := range kids {
		if !windows(k) {
			continue
		}
		c, err := b.onClose(k, emit)
		if err != nil {
			return nil, err
		}
		kids[i], closed = c, true
	}
	n := j.With(kids).(*plan.Join)
	if n.Once = n.OuterOnce(); n.Once {
		n.Judge, n.Lateness = true, b.env.Lateness
		return n, closableJoin(n, pos)
	}
	switch {
	case !closed:
		return nil, endless(j, pos, "Group by a window on one side of the join, or over what the join gives.")
	case !n.AppendOnly():
		err := missing(pos, "EMIT ON WINDOW CLOSE over %s of input that may change", n.Describe().Name).(*sqlerr.Error)
		if j.Kind == plan.InnerJoin {
			return nil, err.WithHint("Read the other relation FOR SYSTEM_TIME AS OF the row's time, or leave out EMIT ON WINDOW CLOSE.")
		}
		return nil, err.WithHint("Write EXISTS and NOT EXISTS as conditions of their own, joined to others by AND, or leave out EMIT ON WINDOW CLOSE.")
	}
	return n, nil
}

// closableJoin says why j never knows that a row has no match, if it does not.
func closableJoin(j *plan.Join, pos int) error {
	for _, k := range j.Children() {
		if !k.AppendOnly() {
			return missing(pos, "EMIT ON WINDOW CLOSE over %s of input that may change", j.Describe().Name).(*sqlerr.Error).
				WithHint("Read the other relation FOR SYSTEM_TIME AS OF the row's time, or leave out EMIT ON WINDOW CLOSE.")
		}
	}
	if e := j.Ends(); e[0] == nil || e[1] == nil {
		return sqlerr.New(sqlerr.WindowingError, "EMIT ON WINDOW CLOSE needs a condition that compares the times of both sides of the %s", j.Describe().Name).At(pos).
			WithHint("Join windows by window_start or window_end, or rows by their times: b.ts BETWEEN a.ts AND a.ts + INTERVAL '5 seconds'. Both times need a WATERMARK.")
	}
	return nil
}

// closeOver makes the rows of a window function leave when the watermark has passed their time: then no row comes before
// them any more.
func (b *binder) closeOver(o *plan.Over, emit *ast.Emit) (plan.Node, error) {
	pos := emit.Position()
	d := *o
	together := slices.ContainsFunc(o.Partition, func(c int) bool { return togetherBy(o.Input, c) })
	if t, ok := o.Input.(*plan.TopN); ok && !together && t.Offset == nil && t.Prefix == len(o.Partition) {
		d.Input = t.Input // a filter above takes the first rows: those of a time that has passed are known without a Top-N
		return b.closeOver(&d, emit)
	}
	if together || windows(o.Input) || overs(o.Input) {
		in, err := b.onClose(o.Input, emit)
		if err != nil {
			return nil, err
		}
		d.Input = in
	}
	if d.Final = together; together {
		return &d, nil
	}
	schema := d.Input.Schema()
	if len(o.Order) == 0 || o.Order[0].Desc || !isTime(schema[o.Order[0].Column].Type) {
		return nil, sqlerr.New(sqlerr.WindowingError, "EMIT ON WINDOW CLOSE needs window functions in the order of time").At(pos).
			WithHint("Order by the event time first, ascending: OVER (PARTITION BY ... ORDER BY ts).")
	}
	if err := closable(d.Input, o.Order[0].Column, pos); err != nil {
		return nil, err
	}
	if what := o.LooksAhead(); what != "" {
		return nil, missing(pos, "EMIT ON WINDOW CLOSE with %s", what).(*sqlerr.Error).
			WithHint("Use frames that end with the current row, or leave out EMIT ON WINDOW CLOSE.")
	}
	d.OnClose, d.Lateness = true, b.env.Lateness
	return &d, nil
}

func isTime(t types.Type) bool { return t.OID == types.OIDTimestamptz || t.OID == types.OIDTimestamp }

// overs says whether there is a window function in n.
func overs(n plan.Node) (found bool) {
	plan.Walk(n, func(n plan.Node) {
		if _, ok := n.(*plan.Over); ok {
			found = true
		}
	})
	return found
}

// warnEndless tells of window functions over rows that are given once that keep something of every partition.
func (b *binder) warnEndless(n plan.Node) {
	plan.Walk(n, func(n plan.Node) {
		if o, ok := n.(*plan.Over); ok && o.OnClose && len(o.Partition) > 0 && o.Endless() {
			b.say(sqlerr.New(sqlerr.Success, "nothing bounds the state of %s", n.Describe().Name).
				WithHint("Something is kept of each partition, however old; WITH (state_ttl = '1 day') says how long."))
		}
	})
}

// windows says whether there is a window in n.
func windows(n plan.Node) (found bool) {
	plan.Walk(n, func(n plan.Node) {
		switch n.(type) {
		case *plan.Hop, *plan.Window, *plan.Session:
			found = true
		}
	})
	return found
}

// endless is the error of n, in which no window ends. What EXISTS says of a row within OR may change until its window is over.
func endless(n plan.Node, pos int, hint string) error {
	marked := false
	plan.Walk(n, func(x plan.Node) {
		j, ok := x.(*plan.Join)
		marked = marked || ok && j.Kind == plan.MarkJoin
	})
	if marked {
		return missing(pos, "EMIT ON WINDOW CLOSE over EXISTS or IN within an expression").(*sqlerr.Error).
			WithHint("Write EXISTS and NOT EXISTS as conditions of their own, joined to others by AND, or leave out EMIT ON WINDOW CLOSE.")
	}
	return sqlerr.New(sqlerr.WindowingError, "EMIT ON WINDOW CLOSE needs a window that ends").At(pos).WithHint("%s", hint)
}
