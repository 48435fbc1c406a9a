package session

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// asRelation is an ALTER TABLE that does to a stream or a view what ALTER STREAM and ALTER VIEW do; nil if it is none:
// PostgreSQL lets one say TABLE.
func asRelation(x *ast.AlterTable, r *catalog.Relation) *ast.Alter {
	if r.Kind == catalog.Table || r.Kind == catalog.System || len(x.Actions) != 1 {
		return nil
	}
	act := x.Actions[0]
	out := &ast.Alter{Pos: x.Pos, Kind: string(r.Kind), Name: x.Name, Action: act.Kind, To: act.To}
	switch act.Kind {
	case "rename", "set schema", "owner":
	case "rename column":
		out.Column = act.Column.Parts[0]
	case "set default", "drop default":
		if r.Kind != catalog.View {
			return nil
		}
		out.Column, out.Default, out.DefaultText = act.Column.Parts[0], act.X, act.SQL
	default:
		return nil
	}
	return out
}

// dependents has the views that read the table read what it becomes.
func (a *alteration) dependents() error {
	if !a.rewrite {
		a.now.ID = a.was.ID
	}
	a.now.Foreign = slices.Clone(a.now.Foreign)
	settleForeign(a.now)
	for i := range a.now.Foreign {
		if f := &a.now.Foreign[i]; f.Parent == a.was.ID {
			f.Parent = a.now.ID
		}
	}
	if !a.rewrite {
		a.snap = a.snap.With(a.version, a.now)
		return a.s.intact(a.snap, a.now.ID)
	}
	if err := unsent(a.snap, a.was); err != nil {
		return err
	}
	if err := a.remembered(); err != nil {
		return err
	}
	a.ofTriggers()
	views := a.snap.Dependents(a.was.ID)
	for _, ref := range a.snap.Referring(a.was.ID) {
		if ref.Table.ID == a.was.ID { // its own keys are settled
			continue
		}
		c := *a.snap.ByID(ref.Table.ID)
		c.Foreign = slices.Clone(c.Foreign)
		c.Foreign[ref.At].Parent = a.now.ID
		a.snap = a.snap.With(a.version, &c)
	}
	a.snap = a.snap.Without(a.version, a.was.ID).With(a.version, a.now)
	for _, v := range views {
		c := referring(v, func(ref *catalog.Ref) {
			if ref.ID == a.was.ID {
				ref.ID = a.now.ID
			}
		})
		c.DependsOn = slices.Clone(v.DependsOn)
		for i := range c.DependsOn {
			if c.DependsOn[i] == a.was.ID {
				c.DependsOn[i] = a.now.ID
			}
		}
		a.snap = a.snap.With(a.version, c)
	}
	if err := a.s.intact(a.snap, a.now.ID); err != nil {
		return err
	}
	return a.triggersMove()
}

// unread has no view read column i any more: it refuses if one does, unless the statement says CASCADE.
func (a *alteration) unread(i int, x ast.TableAction) error {
	a.snap = keepColumns(a.snap, a.version, a.was)
	name := a.now.Columns[i].Name
	table := *a.now
	table.ID = a.was.ID
	table.Columns = slices.Delete(slices.Clone(table.Columns), i, i+1)
	var users []*catalog.Relation
	next := a.snap.With(a.version, &table)
	for _, v := range readers(a.snap, a.was.ID) {
		less := referring(v, func(ref *catalog.Ref) {
			if ref.ID == a.was.ID && i < len(ref.Columns) {
				ref.Columns = slices.Delete(slices.Clone(ref.Columns), i, i+1)
			}
		})
		if next = next.With(a.version, less); a.s.binds(next, less) != nil {
			users = append(users, v)
		}
	}
	if len(users) == 0 {
		a.snap = next.With(a.version, a.was)
		return nil
	}
	doomed, err := withDependents(a.snap, users, x.Cascade, "column "+name+" of table "+a.now.Name, a.out)
	if err != nil {
		return err
	}
	a.snap, a.doomed = next.With(a.version, a.was), append(a.doomed, doomed...)
	for _, v := range doomed {
		a.snap = a.snap.Without(a.version, v.ID)
	}
	return nil
}

// remembered refuses where a view over the table also reads rows of a stream that the log has forgotten: it is made anew
// over the table in its new shape, and would lose what became of them.
func (a *alteration) remembered() error {
	first, _ := a.s.e.Committer.Log().Bounds()
	for _, v := range above(a.snap, a.was.ID) {
		for _, id := range v.DependsOn {
			if r := a.snap.ByID(id); r != nil && r.Kind == catalog.Stream && first > max(1, since(v), v.Floors[id]) {
				return sqlerr.NotSupported("changing the columns of a table under a view over rows that are forgotten").
					WithDetail("%s reads %s, of which the log has forgotten rows.", called(a.snap, v), called(a.snap, r)).
					WithHint("DROP the view, alter the table, and create the view again: it begins with the rows that are there.")
			}
		}
	}
	return nil
}

// follow has the views that read the table read it in its new shape: they are made anew beside the old ones.
func (a *alteration) follow(ctx context.Context) error {
	var all []*catalog.Relation
	for _, v := range above(a.snap, a.now.ID) {
		c := *v
		c.Shaped = a.version
		all, a.snap = append(all, &c), a.snap.With(a.version, &c)
	}
	return a.s.e.startAnew(ctx, a.snap, all)
}
