package session

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
)

// triggerOptions are what a trigger takes, and whether the value is a span of time.
var triggerOptions = map[string]bool{
	"priority": false, "enabled": false, "keep": false, "scope": false,
	"rate": false, "cooldown": true, "group_by": false,
}

// createTrigger is CREATE TRIGGER.
func (s *Session) createTrigger(ctx context.Context, x *ast.CreateTrigger, out Output) error {
	if err := triggerShape(x); err != nil {
		return err
	}
	var known boundOver
	return s.transact(ctx, out, func(snap *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
		return s.withTrigger(snap, version, x, &known, out)
	})
}

// boundOver is what a trigger was bound over: over the same again, as at COMMIT, it need not be bound again.
type boundOver struct {
	on      *catalog.Relation
	targets map[string]*catalog.Relation
	sends   []uint32
	needs   []*bind.Access
	denies  bool
}

// holds says whether a trigger on r would be bound over the same in snap.
func (k *boundOver) holds(snap *catalog.Snapshot, r *catalog.Relation) bool {
	if k.on != r || len(k.sends) > 0 || k.denies { // the right to use a target is looked at while binding
		return false
	}
	for name, was := range k.targets {
		if to, err := targetNamed(snap, name, 0); err != nil || to != was {
			return false
		}
	}
	return true
}

// triggerShape refuses what triggers have elsewhere and have not here.
func triggerShape(x *ast.CreateTrigger) error {
	pos := x.Position()
	switch {
	case !x.PerRow:
		return sqlerr.NotSupported("a trigger FOR EACH STATEMENT").At(pos).WithHint("Write FOR EACH ROW.")
	case x.OldTable != "" || x.NewTable != "":
		return sqlerr.NotSupported("REFERENCING ... TABLE").At(pos).WithHint("Write FOR EACH ROW, with NEW for the row.")
	}
	return nil
}

// triggerOn refuses what a trigger on a kind of relation has not.
func triggerOn(x *ast.CreateTrigger, r *catalog.Relation) error {
	pos := x.On.Position()
	switch {
	case r.Kind == catalog.View:
		return sqlerr.NotSupported("a trigger on a view").At(pos).WithHint("Make it a MATERIALIZED VIEW: that knows its changes.")
	case r.Kind != catalog.Stream && r.Kind != catalog.Table && r.Kind != catalog.MaterializedView:
		return sqlerr.NotSupported("a trigger on a %s", r.Kind).At(pos).WithHint("Streams, tables and materialized views have triggers.")
	case r.Schema == "vex":
		return sqlerr.New(sqlerr.InsufficientPrivilege, "%s belongs to the system", r.QualifiedName()).At(pos)
	case catalog.IsTemp(r.Schema):
		return sqlerr.NotSupported("a trigger on a temporary table").At(pos).WithHint("Make the table without TEMPORARY.")
	case r.Kind == catalog.Stream && (x.Update || x.Delete):
		return sqlerr.NotSupported("a trigger on UPDATE or DELETE of a stream").At(x.Position()).WithHint("The rows of a stream do not change: its triggers act on INSERT.")
	case r.Kind == catalog.MaterializedView && x.Before:
		return sqlerr.NotSupported("a BEFORE trigger on a materialized view").At(x.Position()).
			WithHint("AFTER triggers see what has changed; the view's query says what it has.")
	}
	return nil
}

// triggerColumns are the columns of UPDATE OF.
func triggerColumns(x *ast.CreateTrigger, r *catalog.Relation) (of []int, err error) {
	for _, n := range x.Of {
		i := r.ColumnIndex(last(n))
		switch {
		case i < 0 || r.Columns[i].Hidden:
			return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", last(n), r.Name).At(n.Position())
		case slices.Contains(of, i):
			return nil, sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", last(n)).At(n.Position())
		}
		of = append(of, i)
	}
	return of, nil
}

// withTrigger adds a trigger, or puts it in the place of one.
func (s *Session) withTrigger(snap *catalog.Snapshot, version uint64, x *ast.CreateTrigger, known *boundOver, out Output) (*catalog.Snapshot, error) {
	r, err := snap.Resolve(x.On.Position(), x.On.Parts...)
	if err != nil {
		return nil, err
	}
	if err := triggerOn(x, r); err != nil {
		return nil, err
	}
	if done, _ := s.e.Live.Filled(r.ID); !done { // it is for what comes after what there was
		return nil, live.StillFilled(r.QualifiedName()).At(x.On.Position())
	}
	t := &catalog.Trigger{
		ID: snap.NextID, Since: version, Relation: r.ID, Name: last(x.Name), Owner: s.User, Before: x.Before, Insert: x.Insert, Update: x.Update, Delete: x.Delete, PerRow: true,
		When: x.WhenSQL, Until: x.UntilSQL, Actions: x.ActionSQL, Targets: map[string]uint32{},
	}
	for _, c := range r.Visible() {
		t.Columns = append(t.Columns, c.Name)
	}
	if t.Of, err = triggerColumns(x, r); err != nil {
		return nil, err
	}
	if len(t.Name) > 63 {
		return nil, sqlerr.New(sqlerr.NameTooLong, "the name %q is longer than 63 bytes", t.Name).At(x.Name.Position())
	}
	if err := setTriggerOptions(t, r, x.With, false); err != nil {
		return nil, err
	}
	if !known.holds(snap, r) {
		if *known, err = s.bindOver(snap, t, x, r, out); err != nil {
			return nil, err
		}
	}
	t.Sends, t.Denies = known.sends, known.denies
	for name, to := range known.targets {
		t.Targets[name] = to.ID
	}
	if err := s.allowed(snap, &accesses{known.needs}); err != nil {
		return nil, err
	}
	if was := snap.Trigger(r.ID, t.Name); was != nil {
		if !x.OrReplace {
			return nil, sqlerr.New(sqlerr.DuplicateObject, "trigger %q for relation %q already exists", t.Name, r.Name).At(x.Name.Position())
		}
		t.ID, t.Comment = was.ID, was.Comment
	} else if snap.TriggerCount() >= catalog.MaxTriggers {
		return nil, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d triggers", catalog.MaxTriggers)
	}
	next := snap.WithTrigger(version, t)
	return next, circle(next, t)
}

// bindOver binds a trigger, and says what its condition costs.
func (s *Session) bindOver(snap *catalog.Snapshot, t *catalog.Trigger, x *ast.CreateTrigger, r *catalog.Relation, out Output) (boundOver, error) {
	k := boundOver{on: r, targets: map[string]*catalog.Relation{}, needs: []*bind.Access{accessTo(x.On.Position(), r, "t", nil)}}
	bound := triggerText(x, r, func(name string, pos int) (*catalog.Relation, error) {
		to, err := targetNamed(snap, name, pos)
		if err == nil {
			k.targets[name] = to
			k.needs = append(k.needs, accessTo(pos, to, "a", nil))
		}
		return to, err
	})
	bound.Send = func(to *catalog.Target, pos int) error {
		if !slices.Contains(k.sends, to.ID) {
			k.sends = append(k.sends, to.ID)
		}
		if may, _ := s.rights(snap).On(to.ACL, to.Owner, catalog.OnTarget); !strings.Contains(may, "U") {
			return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for target %s", to.Name).At(pos)
		}
		return nil
	}
	var err error
	if bound.GroupBy, err = s.e.groupBy(snap, r, t); err != nil {
		return k, err
	}
	made, err := bind.BindTrigger(bound, s.e.triggerEnv(snap, t.Owner))
	if err != nil {
		return k, err
	}
	tellScanned(t.Name, x, made.When, out)
	d, err := denialOf(t, r, made, nil)
	if err != nil || d == nil {
		return k, err
	}
	if k.denies = true; !s.super(snap) {
		return k, sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to have the kernel refuse operations").At(x.Position())
	}
	return k, s.e.canDeny(d)
}

// tellScanned says of a condition that no index has it.
func tellScanned(name string, x *ast.CreateTrigger, when expr.Expr, out Output) {
	if _, nobody := out.(silent); when == nil || nobody || !action.Scanned(when) {
		return
	}
	out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "the condition of trigger %q is evaluated for every row", name).At(x.When.Position()).
		WithHint("Give it a term that an index has, joined by AND: a column compared with constants by =, IN, <, BETWEEN, LIKE or ~."))
}

// targetNamed finds the relation that an action names in a string.
func targetNamed(snap *catalog.Snapshot, name string, pos int) (*catalog.Relation, error) {
	parts, ok := splitQualified(name)
	if !ok {
		return nil, sqlerr.New(sqlerr.InvalidName, "invalid name syntax").At(pos)
	}
	r, err := snap.Resolve(pos, parts...)
	if err == nil && r.Schema == "vex" {
		return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "%s belongs to the system", r.QualifiedName()).At(pos)
	}
	return r, err
}

// setTriggerOptions reads a WITH list. reset says that the options go back to what they are without one.
func setTriggerOptions(t *catalog.Trigger, r *catalog.Relation, with []ast.Option, reset bool) error {
	given, err := options(with, triggerOptions, "trigger")
	if err != nil {
		return err
	}
	for name, v := range given {
		switch name {
		case "priority":
			if t.Priority = 0; reset {
				break
			}
			if n, err := strconv.ParseInt(v, 10, 32); err == nil {
				t.Priority = int(n)
			} else {
				return invalidOption(with, name, v, "Write a whole number: the greatest comes first.")
			}
		case "enabled":
			if t.Disabled = false; reset {
				break
			}
			on, err := types.ParseBool(v)
			if err != nil {
				return invalidOption(with, name, v, "Write true or false.")
			}
			t.Disabled = !on
		case "keep":
			if t.Keep = false; reset {
				break
			}
			if t.Keep, err = types.ParseBool(v); err != nil {
				return invalidOption(with, name, v, "Write true or false.")
			}
		case "rate", "cooldown", "group_by":
			if err := setTriggerLimit(t, r, with, name, v, reset); err != nil {
				return err
			}
		case "scope":
			if v != "cluster" && v != "local" && !reset {
				return invalidOption(with, name, v, "Write 'cluster' or 'local'.")
			}
			if t.Scope = v; v == "cluster" || reset {
				t.Scope = ""
			}
		}
	}
	return nil
}

func invalidOption(with []ast.Option, name, value, hint string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for option %q: %q", name, value).At(optionPlace(with, name)).WithHint("%s", hint)
}

// circle refuses a trigger by which a row would come back to a relation that it has been in.
func circle(snap *catalog.Snapshot, t *catalog.Trigger) error {
	var path []string
	seen := map[uint32]bool{}
	var back func(id uint32) bool
	back = func(id uint32) bool {
		if id == t.Relation {
			return true
		}
		if seen[id] {
			return false
		}
		seen[id] = true
		for _, next := range snap.Triggers(id) {
			for _, to := range next.Into() {
				if back(to) {
					path = append(path, "trigger "+next.Name+" on "+called(snap, snap.ByID(id))+" writes to "+called(snap, snap.ByID(to)))
					return true
				}
			}
		}
		for _, view := range snap.Dependents(id) {
			switch {
			case back(view.ID):
				path = append(path, called(snap, view)+" reads "+called(snap, snap.ByID(id)))
				return true
			case view.LateTo != 0 && back(view.LateTo):
				path = append(path, called(snap, view)+" writes its late rows to "+called(snap, snap.ByID(view.LateTo)))
				return true
			}
		}
		return false
	}
	for _, to := range t.Into() {
		if !back(to) {
			continue
		}
		path = append(path, "trigger "+t.Name+" on "+called(snap, snap.ByID(t.Relation))+" writes to "+called(snap, snap.ByID(to)))
		slices.Reverse(path)
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "trigger %q would send rows in a circle", t.Name).
			WithDetail("%s", strings.Join(path, "\n")).WithHint("Send the rows to a relation from which none come back.")
	}
	return nil
}

// triggerOf finds a trigger of a relation, and refuses who does not own that.
func (s *Session) triggerOf(snap *catalog.Snapshot, on, name ast.Name) (*catalog.Relation, *catalog.Trigger, error) {
	r, err := snap.Resolve(on.Position(), on.Parts...)
	if err != nil {
		return nil, nil, err
	}
	if err := s.mustOwn(snap, r); err != nil {
		return r, nil, err
	}
	if len(name.Parts) == 0 {
		return r, nil, nil
	}
	t := snap.Trigger(r.ID, last(name))
	if t == nil {
		return r, nil, sqlerr.New(sqlerr.UndefinedObject, "trigger %q for table %q does not exist", last(name), r.Name).At(name.Position())
	}
	return r, t, nil
}

// dropTrigger is DROP TRIGGER.
func (s *Session) dropTrigger(ctx context.Context, x *ast.Drop, out Output) error {
	return s.transact(ctx, out, func(snap *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
		r, t, err := s.triggerOf(snap, *x.On, x.Names[0])
		code := sqlerr.CodeOf(err)
		switch {
		case x.IfExists && code == sqlerr.UndefinedTable:
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "relation %q does not exist, skipping", strings.Join(x.On.Parts, ".")))
			return snap, nil
		case x.IfExists && code == sqlerr.UndefinedObject:
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "trigger %q for relation %q does not exist, skipping", last(x.Names[0]), r.Name))
			return snap, nil
		case err != nil:
			return nil, err
		}
		return snap.WithoutTrigger(version, t), nil
	})
}

// alterTrigger is ALTER TRIGGER, and ENABLE and DISABLE TRIGGER of ALTER TABLE.
func (s *Session) alterTrigger(ctx context.Context, x *ast.AlterTrigger, out Output) error {
	return s.transact(ctx, out, func(snap *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
		r, t, err := s.triggerOf(snap, x.On, x.Name)
		if x.IfExists && sqlerr.CodeOf(err) == sqlerr.UndefinedTable {
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "relation %q does not exist, skipping", strings.Join(x.On.Parts, ".")))
			return snap, nil
		}
		if err != nil {
			return nil, err
		}
		if t != nil {
			c, err := alteredTrigger(snap, version, t, r, x)
			if err != nil {
				return nil, err
			}
			return snap.WithTrigger(version, c), nil
		}
		all := snap.Triggers(r.ID)
		for i, t := range all {
			if all[i], err = alteredTrigger(snap, version, t, r, x); err != nil {
				return nil, err
			}
		}
		return snap.WithTriggersOf(version, r.ID, all), nil
	})
}

// alteredTrigger is what a statement makes of a trigger.
func alteredTrigger(snap *catalog.Snapshot, version uint64, was *catalog.Trigger, r *catalog.Relation, x *ast.AlterTrigger) (*catalog.Trigger, error) {
	c := *was
	t := &c
	switch x.Action {
	case "rename":
		if x.To != t.Name && snap.Trigger(r.ID, x.To) != nil {
			return nil, sqlerr.New(sqlerr.DuplicateObject, "trigger %q for relation %q already exists", x.To, r.Name)
		}
		if len(x.To) > 63 {
			return nil, sqlerr.New(sqlerr.NameTooLong, "the name %q is longer than 63 bytes", x.To)
		}
		t.Name = x.To
	case "set", "reset":
		if err := setTriggerOptions(t, r, x.With, x.Action == "reset"); err != nil {
			return nil, err
		}
	default:
		t.Disabled = x.Action == "disable"
	}
	if was.Disabled && !t.Disabled {
		t.Since = version
	}
	return t, nil
}

// triggersGo says what a DROP does to the triggers of other relations that write to those that are dropped.
func triggersGo(snap *catalog.Snapshot, version uint64, doomed []*catalog.Relation, cascade bool, out Output) (*catalog.Snapshot, error) {
	for _, r := range doomed {
		others := slices.DeleteFunc(snap.WritingTo(r.ID), func(t *catalog.Trigger) bool {
			return slices.ContainsFunc(doomed, func(d *catalog.Relation) bool { return d.ID == t.Relation })
		})
		var err error
		if snap, err = dropUsers(snap, version, called(snap, r), others, cascade, out); err != nil {
			return nil, err
		}
	}
	return snap, nil
}

// dropUsers drops the triggers that depend on what is dropped, or refuses that while there are some.
func dropUsers(snap *catalog.Snapshot, version uint64, what string, users []*catalog.Trigger, cascade bool, out Output) (*catalog.Snapshot, error) {
	var says []string
	for _, t := range users {
		user := "trigger " + t.Name + " on " + called(snap, snap.ByID(t.Relation))
		if says = append(says, user+" depends on "+what); cascade {
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to %s", user))
			snap = snap.WithoutTrigger(version, t)
		}
	}
	if says != nil && !cascade {
		return nil, stillUsed(what, says)
	}
	return snap, nil
}

// stillUsed refuses a DROP without CASCADE.
func stillUsed(what string, says []string) error {
	return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s because other objects depend on it", what).
		WithDetail("%s", strings.Join(says, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}
