package session

import (
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// ofTriggers gives the table's triggers as they are for its columns so far, for the caller to change.
func (a *alteration) ofTriggers() []*catalog.Trigger {
	if a.triggers == nil {
		for _, t := range a.snap.Triggers(a.was.ID) {
			c := *t
			a.triggers = append(a.triggers, &c)
		}
	}
	return a.triggers
}

// widened has triggers know of a column that was added behind the others. Their texts do not speak of it, whatever it is called.
func (a *alteration) widened(name string) {
	for _, t := range a.ofTriggers() {
		as := name
		for i := 1; slices.Contains(t.Columns, as); i++ {
			as = name + "_" + strconv.Itoa(i)
		}
		t.Columns = append(slices.Clone(t.Columns), as)
	}
}

// without is a trigger of the table without column i; uses says that it cannot be.
func (a *alteration) without(t *catalog.Trigger, i int) (less *catalog.Trigger, uses bool) {
	c := *t
	c.Columns = slices.Delete(slices.Clone(t.Columns), i, i+1)
	c.Of, c.GroupBy = lessColumn(t.Of, i), lessColumn(t.GroupBy, i)
	key, err := a.s.e.groupBy(a.snap, a.now, t)
	if err != nil || slices.Contains(t.Of, i) || slices.Contains(t.GroupBy, i) || slices.Contains(key, i) && a.keyed(t) {
		return &c, true
	}
	table := *a.now
	table.Columns = slices.Delete(slices.Clone(table.Columns), i, i+1)
	table.Keys = nil
	for _, k := range a.now.Keys {
		if !slices.Contains(k.Columns, i) {
			k.Columns = lessColumn(k.Columns, i)
			table.Keys = append(table.Keys, k)
		}
	}
	_, err = a.bindOver(&c, table)
	return &c, err != nil
}

// keyed says whether a trigger acts by the keys of rows.
func (a *alteration) keyed(t *catalog.Trigger) bool {
	bound, err := a.bindOver(t, *a.now)
	return err != nil || bound.Edge != nil || t.Cooldown > 0 || t.Most > 0
}

// bindOver binds a trigger over what the table may become.
func (a *alteration) bindOver(t *catalog.Trigger, table catalog.Relation) (*bind.Trigger, error) {
	table.ID = a.was.ID
	return a.s.e.bindTrigger(a.snap.With(a.version, &table), t)
}

// lessColumn are columns by their places when i is gone.
func lessColumn(columns []int, i int) (out []int) {
	for _, c := range columns {
		switch {
		case c < i:
			out = append(out, c)
		case c > i:
			out = append(out, c-1)
		}
	}
	return out
}

// untriggered has no trigger read column i any more: it refuses if one does, unless the statement says CASCADE.
func (a *alteration) untriggered(i int, x ast.TableAction) error {
	table := called(a.snap, a.was)
	what := "column " + a.now.Columns[i].Name + " of " + table
	var kept []*catalog.Trigger
	var says []string
	for _, t := range a.ofTriggers() {
		less, uses := a.without(t, i)
		if !uses {
			kept = append(kept, less)
			continue
		}
		user := "trigger " + t.Name + " on " + table
		if says = append(says, user+" depends on "+what); x.Cascade {
			a.out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to %s", user))
		}
	}
	if says != nil && !x.Cascade {
		return stillUsed(what, says)
	}
	if a.triggers = kept; kept == nil {
		a.triggers = []*catalog.Trigger{}
	}
	return nil
}

// typeUntold refuses another type for a column that a trigger speaks of.
func (a *alteration) typeUntold(i int) error {
	for _, t := range a.ofTriggers() {
		if _, uses := a.without(t, i); uses {
			return sqlerr.New(sqlerr.FeatureNotSupported, "cannot alter type of a column used in a trigger definition").
				WithDetail("trigger %s on %s depends on column %q", t.Name, called(a.snap, a.was), a.now.Columns[i].Name)
		}
	}
	return nil
}

// triggersMove has the triggers act on the table under its new ID. They keep theirs, so what they have counted and acted for
// stays with them.
func (a *alteration) triggersMove() error {
	all := a.ofTriggers()
	for _, t := range all {
		t.Relation = a.now.ID
	}
	a.snap = a.snap.WithTriggersOf(a.version, a.now.ID, all)
	for _, t := range all {
		if _, err := a.s.e.bindTrigger(a.snap, t); err != nil {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot alter %s because a trigger does not fit what it becomes", called(a.snap, a.now)).
				WithDetail("trigger %s: %s", t.Name, messageOf(err)).WithHint("DROP the trigger, and create it again when the table is altered.")
		}
	}
	return nil
}
