package session

import (
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
)

// gate has the triggers of streams act on the rows that statements, sources and appenders bring, and those of tables on what
// transactions commit. Its lists are of the
// newest catalog, and are swapped as a whole when that changes.
type gate struct {
	clock func() types.Micros
	lists atomic.Pointer[map[uint32]*triggerList]
}

// triggerList is the triggers of one relation as they run.
type triggerList struct {
	*action.List
	on  *catalog.Relation
	all []*boundTrigger // those that do not run among them, in the order in which they act
}

// boundTrigger is a trigger with what it was bound to.
type boundTrigger struct {
	t      *catalog.Trigger
	on     *catalog.Relation
	into   []*catalog.Relation
	run    *action.Trigger // nil: it does not run
	why    *sqlerr.Error   // why it does not; nil: it is disabled
	counts *action.Counts
	denial *Denial // what it has refused; nil: nothing
}

// Pass has the triggers of a stream act.
func (g *gate) Pass(s *epoch.Statement, t epoch.Target, b *batch.Batch) (*batch.Batch, error) {
	lists := g.lists.Load()
	if lists == nil {
		return b, nil
	}
	l := (*lists)[t.Relation]
	if l == nil || l.Len() == 0 || l.on.Kind != catalog.Stream {
		return b, nil
	}
	return l.Pass(g.clock(), g.clock, b, s)
}

// list gives the triggers of a relation as they run; nil: it has none.
func (g *gate) list(relation uint32) *triggerList {
	if lists := g.lists.Load(); lists != nil {
		return (*lists)[relation]
	}
	return nil
}

// returns refuses a RETURNING of rows that triggers may hold back or change.
func (g *gate) returns(ins *bind.Write) error {
	if l := g.list(ins.Relation.ID); ins.Returning == nil || l == nil || !l.Changes() || ins.Relation.Kind != catalog.Stream {
		return nil
	}
	return sqlerr.NotSupported("RETURNING of a stream with a BEFORE trigger").WithHint("What is stored is known when it is committed: leave RETURNING out.")
}

// triggersOf binds the triggers of a snapshot. What did not change is taken from before. journal takes the triggers that
// cannot be bound; nil: they are an error.
func (e *Engine) triggersOf(snap *catalog.Snapshot, journal *slog.Logger) (map[uint32]*triggerList, error) {
	var lists map[uint32]*triggerList
	if was := e.gate.lists.Load(); was != nil {
		lists = *was
	}
	if len(snap.Triggered()) == 0 {
		return nil, nil
	}
	out := map[uint32]*triggerList{}
	for _, id := range snap.Triggered() {
		was := runningOf(lists, snap, id)
		l, before, after := &triggerList{on: snap.ByID(id)}, []*action.Trigger{}, []*action.Trigger{}
		for _, t := range snap.Triggers(id) {
			b, err := e.boundAs(snap, t, was.of(t))
			switch {
			case err != nil && journal == nil:
				return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "trigger %s on %s: %s", t.Name, snap.ByID(id).QualifiedName(), messageOf(err))
			case err != nil:
				journal.Error("a trigger cannot be run", "trigger", t.Name, "relation", snap.ByID(id).QualifiedName(), "err", err)
				why, ok := sqlerr.As(err)
				if !ok {
					why = sqlerr.New(sqlerr.InternalError, "%s", err)
				}
				b = &boundTrigger{t: t, counts: &action.Counts{}, why: why}
			}
			switch l.all = append(l.all, b); {
			case b.run == nil:
			case b.t.Before:
				before = append(before, b.run)
			default:
				after = append(after, b.run)
			}
		}
		var list *action.List
		if l := lists[id]; l != nil {
			list = l.List
		}
		l.List = action.NewList(before, after, list)
		out[id] = l
	}
	return out, nil
}

// knownTriggers are those of a relation as they run by now, which are asked for in the order in which they act: the next is most often the one
// behind the last.
type knownTriggers struct {
	all    []*boundTrigger
	next   int
	newest uint32         // ID
	places map[uint32]int // by ID, once they are needed
}

// runningOf gives the triggers of a relation. A table whose columns were changed has them from the relation that it was.
func runningOf(lists map[uint32]*triggerList, snap *catalog.Snapshot, relation uint32) *knownTriggers {
	k := &knownTriggers{}
	if l := lists[relation]; l != nil {
		k.all = l.all
	} else {
		for id, l := range lists {
			if snap.ByID(id) == nil {
				k.all = append(k.all, l.all...)
			}
		}
	}
	for _, b := range k.all {
		k.newest = max(k.newest, b.t.ID)
	}
	return k
}

// of gives what a trigger was; nil: it is new.
func (k *knownTriggers) of(t *catalog.Trigger) *boundTrigger {
	if k.next < len(k.all) && k.all[k.next].t == t {
		k.next++
		return k.all[k.next-1]
	}
	if t.ID > k.newest {
		return nil
	}
	if k.places == nil {
		k.places = make(map[uint32]int, len(k.all))
		for i, b := range k.all {
			k.places[b.t.ID] = i
		}
	}
	at, is := k.places[t.ID]
	if !is {
		return nil
	}
	k.next = at + 1
	return k.all[at]
}

// boundAs binds a trigger unless was is it, over the same relations.
func (e *Engine) boundAs(snap *catalog.Snapshot, t *catalog.Trigger, was *boundTrigger) (*boundTrigger, error) {
	b := &boundTrigger{t: t, on: snap.ByID(t.Relation), into: into(snap, t, was)}
	if was == nil {
		b.counts = &action.Counts{}
	} else if b.counts = was.counts; b.on != nil && was.t.Relation != t.Relation {
		b.counts.Forget()
	}
	if t.Disabled {
		return b, nil
	}
	rights := snap.Rights(t.Owner)
	if t.Denies && !rights.Super() {
		b.why = sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to have the kernel refuse operations").
			WithDetail("%s, the owner of trigger %s, is none.", t.Owner, t.Name)
		return b, nil
	}
	for _, r := range b.into {
		if r == nil {
			return nil, sqlerr.New(sqlerr.UndefinedTable, "a relation that it writes to is gone")
		}
		if !rights.Relation(r, "a") {
			b.why = denied(r).WithDetail("%s, the owner of trigger %s, may not insert into it.", t.Owner, t.Name).
				WithHint("GRANT INSERT ON %s TO %s.", r.QualifiedName(), t.Owner)
			return b, nil
		}
	}
	for _, id := range t.Sends {
		for _, to := range snap.Targets() {
			if may, _ := rights.On(to.ACL, to.Owner, catalog.OnTarget); to.ID == id && !strings.Contains(may, "U") {
				b.why = sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for target %s", to.Name).
					WithDetail("%s, the owner of trigger %s, may not use it.", t.Owner, t.Name).WithHint("GRANT USAGE ON TARGET %s TO %s.", to.Name, t.Owner)
				return b, nil
			}
		}
	}
	if was != nil && was.t == t && was.on == b.on && was.run != nil && slices.Equal(was.into, b.into) {
		return was, nil
	}
	bound, err := e.bindTrigger(snap, t)
	if err != nil {
		return nil, err
	}
	if b.denial, err = denialOf(t, b.on, bound, b.counts); err != nil {
		return nil, err
	}
	b.run = build.Trigger(t, bound, b.counts, target, func(to *catalog.Relation) *action.Flow { return e.flow(t.Relation, to) })
	return b, nil
}

// into are the relations that a trigger writes to; nil for one that is gone. was, or nil, is how the trigger runs.
func into(snap *catalog.Snapshot, t *catalog.Trigger, was *boundTrigger) (out []*catalog.Relation) {
	if was == nil || was.t != t || slices.Contains(was.into, nil) {
		for _, id := range t.Into() {
			out = append(out, snap.ByID(id))
		}
		return out
	}
	for i, r := range was.into {
		now := snap.ByID(r.ID)
		if now == r && out == nil {
			continue
		}
		if out == nil {
			out = slices.Clone(was.into[:i])
		}
		out = append(out, now)
	}
	if out == nil {
		return was.into
	}
	return out
}

// bindTrigger binds a trigger of the catalog.
func (e *Engine) bindTrigger(snap *catalog.Snapshot, t *catalog.Trigger) (*bind.Trigger, error) {
	x := &bind.TriggerText{ID: t.ID, Name: t.Name, Relation: snap.ByID(t.Relation), Columns: t.Columns, Before: t.Before, Insert: t.Insert, Update: t.Update, Delete: t.Delete, Keep: t.Keep}
	var err error
	if x.GroupBy, err = e.groupBy(snap, x.Relation, t); err != nil {
		return nil, err
	}
	if t.Until != "" {
		if x.Until, err = parse.Expr(t.Until); err != nil {
			return nil, err
		}
	}
	if t.When != "" {
		if x.When, err = parse.Expr(t.When); err != nil {
			return nil, err
		}
	}
	if x.Actions, err = parse.Actions(t.Actions); err != nil {
		return nil, err
	}
	x.Target = func(name string, _ int) (*catalog.Relation, error) {
		if r := snap.ByID(t.Targets[name]); r != nil {
			return r, nil
		}
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", name)
	}
	return bind.BindTrigger(x, e.triggerEnv(snap, t.Owner))
}

// triggerEnv is what the texts of a trigger are bound in. They act as its owner.
func (e *Engine) triggerEnv(snap *catalog.Snapshot, owner string) *bind.Env {
	return &bind.Env{
		Catalog: snap, Unattended: true, ParseQuery: parseQuery,
		Session: map[string]string{"version": e.version, "current_user": owner, "session_user": owner, "user": owner, "current_role": owner},
	}
}

// Trigger says how a trigger stands.
type Trigger struct {
	*catalog.Trigger
	On     *catalog.Relation
	Counts *action.Counts
	Why    *sqlerr.Error // why it does not run; nil: it does, or it is disabled
}

// Triggers says how each trigger stands, relation by relation in the order in which they act.
func (e *Engine) Triggers() []Trigger {
	snap := e.Catalog()
	var out []Trigger
	for _, id := range snap.Triggered() {
		l := e.gate.list(id)
		if l == nil {
			continue
		}
		for _, b := range l.all {
			why := b.why
			if why == nil {
				why = e.whyNot(b)
			}
			out = append(out, Trigger{b.t, snap.ByID(id), b.counts, why})
		}
	}
	return out
}

// triggerText is a statement's trigger, to be bound.
func triggerText(x *ast.CreateTrigger, r *catalog.Relation, target func(string, int) (*catalog.Relation, error)) *bind.TriggerText {
	return &bind.TriggerText{Name: last(x.Name), Relation: r, Before: x.Before, Insert: x.Insert, Update: x.Update, Delete: x.Delete, When: x.When, Until: x.Until, Actions: x.Actions, Target: target}
}
