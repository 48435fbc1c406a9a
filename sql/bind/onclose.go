package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
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
