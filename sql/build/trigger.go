package build

import (
	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Trigger makes what runs of a trigger that is bound. target says how the committer takes rows for a relation, and flow counts what
// comes to it; nil: nobody counts.
func Trigger(of *catalog.Trigger, t *bind.Trigger, counts *action.Counts, target func(*catalog.Relation) epoch.Target, flow func(*catalog.Relation) *action.Flow) *action.Trigger {
	out := &action.Trigger{ID: of.ID, Name: of.Name, Priority: int32(of.Priority), Counts: counts, Steps: make([]action.Step, len(t.Actions))}
	for op, is := range map[action.Op]bool{action.Insert: of.Insert, action.Update: of.Update, action.Delete: of.Delete} {
		if is {
			out.Ops |= op
		}
	}
	out.Of, out.Since = of.Of, of.Since
	if e := t.Edge; e != nil {
		out.Edge = edge(e, target)
	}
	if of.Cooldown > 0 || of.Most > 0 {
		out.Limit = &action.Limit{Key: t.Group, Cooldown: of.Cooldown, Most: of.Most, Per: of.Per}
	}
	if t.When != nil {
		out.On(expr.SimplifyCondition(t.When))
	}
	kinds := map[string]action.Kind{"set": action.Set, "block": action.Block, "sample": action.Sample, "route": action.Route, "any": action.Any, "deny": action.Deny}
	for i := range t.Actions {
		a, s := &t.Actions[i], &out.Steps[i]
		s.Kind, s.Name, s.Share, s.By = kinds[a.Kind], a.Name, a.Share, a.By
		for _, set := range a.Set {
			s.Set = append(s.Set, action.Assign{Column: set.Column, Value: set.Value})
		}
		for _, to := range a.To {
			d := destination(&to, target)
			d.Flow, d.Keeps = flow(to.Relation), keeps(&to)
			s.To = append(s.To, d)
		}
	}
	return out
}

// keeps says whether what comes to a destination is the event that it was, by its names.
func keeps(d *bind.Destination) bool {
	is := false
	for i, c := range d.Relation.Visible() {
		from, plain := expr.IsCol(d.Values[i])
		switch c.Name {
		case "event_id":
			if is = plain; !plain {
				return false
			}
		case "context_hash":
			if !plain || from < 0 {
				return false
			}
		}
	}
	return is
}

func edge(e *bind.TriggerEdge, target func(*catalog.Relation) epoch.Target) *action.Edge {
	out := &action.Edge{Key: e.Key, Was: e.Was}
	if e.Until != nil {
		out.Until = expr.NewPredicate(expr.SimplifyCondition(e.Until))
	}
	for from, to := range map[*bind.Destination]**action.Destination{e.On: &out.On, e.Off: &out.Off, e.Gone: &out.Gone} {
		if from != nil {
			d := destination(from, target)
			*to = &d
		}
	}
	return out
}

func destination(d *bind.Destination, target func(*catalog.Relation) epoch.Target) action.Destination {
	r := d.Relation
	out := action.Destination{
		Target: target(r), Columns: d.Values,
		Name: func(column int) (string, string) { return r.QualifiedName(), r.Visible()[column].Name },
	}
	for i, c := range r.Visible() {
		if c.NotNull || i == r.EventTime {
			out.NotNull = append(out.NotNull, i)
		}
	}
	return out
}
