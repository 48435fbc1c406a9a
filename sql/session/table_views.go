package session

import (
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
	default:
		return nil
	}
	return out
}

// dependents has the views that read the table read what it becomes.
func (a *alteration) dependents() error {
	if slices.ContainsFunc(a.now.Foreign, func(f catalog.ForeignKey) bool { return f.Parent == itself }) {
		return sqlerr.NotSupported("ADD FOREIGN KEY of a table to itself").WithHint("Say so in CREATE TABLE.")
	}
	if !a.rewrite {
		a.now.ID = a.was.ID
		a.snap = a.snap.With(a.version, a.now)
		return a.s.intact(a.snap, a.now.ID)
	}
	if m := continuousOver(a.snap, a.was.ID); m != nil {
		return sqlerr.NotSupported("changing the columns of a table that a materialized view reads").
			WithDetail("materialized view %s depends on table %s.", m.QualifiedName(), a.was.QualifiedName()).
			WithHint("DROP it, alter the table, and create it again.")
	}
	views := a.snap.Dependents(a.was.ID)
	for _, ref := range a.snap.Referring(a.was.ID) {
		if ref.Table.ID == a.was.ID {
			return sqlerr.NotSupported("changing the columns of a table that refers to itself").At(0)
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
	return a.s.intact(a.snap, a.now.ID)
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
	if k := slices.IndexFunc(doomed, func(r *catalog.Relation) bool { return r.Kind != catalog.View }); k >= 0 {
		return sqlerr.NotSupported("DROP COLUMN ... CASCADE of what a materialized view reads").WithDetail("%s", called(a.snap, doomed[k]))
	}
	a.snap = next.With(a.version, a.was)
	for _, v := range doomed {
		a.snap = a.snap.Without(a.version, v.ID)
	}
	return nil
}
