package session

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Enforcer has the kernel refuse what triggers with deny() say.
type Enforcer interface {
	// CanDeny says why nobody can refuse operations on files whose paths begin with prefix; nil: somebody can.
	CanDeny(ops []string, prefix string) error
	// Deny has these be refused, and nothing else, from when it returns.
	Deny(all []Denial)
	// Stop has nothing be refused any more, until the next start.
	Stop()
}

// Denial is what a trigger has refused.
type Denial struct {
	Rule   rule.Rule // over the columns of events
	Ops    []string  // that it may be about
	Errno  string    // what a process is told, such as EPERM
	Counts *action.Counts
	paths  []string // what the paths that it may be about begin with, at least
}

// denialOf is what a trigger has refused; nil: it has not deny().
func denialOf(t *catalog.Trigger, on *catalog.Relation, bound *bind.Trigger, counts *action.Counts) (*Denial, error) {
	i := slices.IndexFunc(bound.Actions, func(a bind.Action) bool { return a.Kind == "deny" })
	if i < 0 {
		return nil, nil
	}
	if t.Cooldown > 0 || t.Most > 0 || bound.Edge != nil {
		return nil, sqlerr.New(sqlerr.InvalidObjectDefinition, "deny() is asked about each access: it goes with no rate, cooldown or alert()").
			WithHint("Make another trigger for what shall be done less often.")
	}
	d := &Denial{
		Rule:  rule.Rule{ID: t.ID, Name: t.Name, Priority: int32(t.Priority), When: rule.Compile(expr.SimplifyCondition(bound.When))},
		Errno: bound.Actions[i].Errno, Counts: counts,
	}
	op, path := on.ColumnIndex("operation"), on.ColumnIndex("file_path")
	for _, c := range d.Rule.When {
		ops, paths := concerned(&c, op, path)
		if ops == nil {
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "deny() of any operation").
				WithHint("Say in the condition which operations: operation = 'open', or operation IN ('open', 'read').")
		}
		d.Ops, d.paths = append(d.Ops, ops...), append(d.paths, paths...)
	}
	slices.Sort(d.Ops)
	d.Ops = slices.Compact(d.Ops)
	return d, nil
}

// concerned is the operations that a conjunction is about, nil if that may be any, and what the paths begin with.
func concerned(c *rule.Cond, op, path int) (ops, paths []string) {
	paths = []string{""}
	for _, p := range c.Preds {
		switch {
		case p.Col == op && p.Kind == rule.Keys:
			ops = p.Keys
		case p.Col == path && p.Kind == rule.Keys:
			paths = p.Keys
		case p.Col == path && p.Kind == rule.Text && p.Text.Prefix != "":
			paths = []string{p.Text.Prefix}
		}
	}
	return ops, paths
}

// canDeny says why nobody can refuse what a trigger says.
func (e *Engine) canDeny(d *Denial) error {
	if e.enforcer == nil {
		return sqlerr.NotSupported("deny() without a source that the kernel asks").
			WithHint("Start the node with --watch FOLDER, as root, on Linux. block() keeps rows from being stored.")
	}
	for _, path := range d.paths {
		if err := e.enforcer.CanDeny(d.Ops, path); err != nil {
			return err
		}
	}
	return nil
}

// whyNot says why a trigger with deny() has nothing refused although it runs; nil: it has.
func (e *Engine) whyNot(b *boundTrigger) *sqlerr.Error {
	if b.denial == nil || b.run == nil {
		return nil
	}
	err := e.canDeny(b.denial)
	if err == nil {
		return nil
	}
	why, ok := sqlerr.As(err)
	if !ok {
		why = sqlerr.New(sqlerr.SystemError, "%s", err)
	}
	return why
}

// deny tells the enforcer what the triggers of a catalog have refused.
func (e *Engine) deny(lists map[uint32]*triggerList) {
	if e.enforcer == nil {
		return
	}
	var all []Denial
	if l := lists[catalog.EventsID]; l != nil {
		for _, b := range l.all {
			if b.denial != nil && b.run != nil {
				all = append(all, *b.denial)
			}
		}
	}
	same := func(a, b Denial) bool {
		return a.Counts == b.Counts && a.Errno == b.Errno && a.Rule.ID == b.Rule.ID && a.Rule.Name == b.Rule.Name && a.Rule.Priority == b.Rule.Priority &&
			len(a.Rule.When) == len(b.Rule.When) && (len(a.Rule.When) == 0 || &a.Rule.When[0] == &b.Rule.When[0])
	}
	if !slices.EqualFunc(all, e.denials, same) {
		e.denials = all
		e.enforcer.Deny(all)
	}
}

// explainDenial says of a trigger with deny() what is refused.
func (e *Engine) explainDenial(r *catalog.Relation, t *catalog.Trigger) []string {
	l := e.gate.list(r.ID)
	if l == nil {
		return nil
	}
	i := slices.IndexFunc(l.all, func(b *boundTrigger) bool { return b.t == t && b.denial != nil && b.run != nil })
	if i < 0 {
		return nil
	}
	if why := e.whyNot(l.all[i]); why != nil {
		return []string{"  Refused: nothing, " + why.Message}
	}
	return []string{"  Refused: " + strings.Join(l.all[i].denial.Ops, ", ") + ", with " + l.all[i].denial.Errno}
}
