package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// itself is the parent of a foreign key to the table that is being made, which has no ID yet.
const itself = 0

// refer adds a foreign key to a table that is being made or altered.
func (s *Session) refer(snap *catalog.Snapshot, r *catalog.Relation, c ast.Constraint) error {
	f := catalog.ForeignKey{Name: c.Name, Full: c.Ref.Full, OnDelete: c.Ref.OnDelete, OnUpdate: c.Ref.OnUpdate, Deferrable: c.Deferrable, Deferred: c.Deferred, NotValid: c.NotValid}
	var columns []int
	for _, n := range c.Columns {
		i := r.ColumnIndex(n.Parts[0])
		if i < 0 || r.Columns[i].Hidden {
			return sqlerr.New(sqlerr.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", n.Parts[0])
		}
		if g := r.Columns[i].Generated; g != "" && (f.OnDelete == "set null" || f.OnDelete == "set default" || f.OnUpdate != "no action" && f.OnUpdate != "restrict") {
			return sqlerr.NotSupported("an action of a foreign key on a generated column")
		}
		columns = append(columns, i)
	}
	if err := snap.Open(c.Ref.Table.Position(), c.Ref.Table.Parts...); err != nil {
		return err
	}
	parent := snap.Lookup(c.Ref.Table.Parts...)
	if last(c.Ref.Table) == r.Name && (parent == nil || parent.ID == r.ID || parent.Schema == r.Schema && parent.Name == r.Name) {
		parent = r
	}
	switch {
	case parent == nil:
		_, err := snap.Find(c.Ref.Table.Position(), c.Ref.Table.Parts...)
		return err
	case parent.Kind != catalog.Table:
		return sqlerr.New(sqlerr.WrongObjectType, "referenced relation %q is not a table", parent.Name)
	}
	if parent != r {
		if own := catalog.IsTemp(r.Schema); own != catalog.IsTemp(parent.Schema) {
			kind := "permanent"
			if own {
				kind = "temporary"
			}
			return sqlerr.New(sqlerr.InvalidTableDefinition, "constraints on %s tables may reference only %s tables", kind, kind)
		}
		f.Parent = parent.ID
	}
	if f.Name == "" {
		f.Name = foreignName(r, columns)
	}
	k, order, err := referredKey(parent, c.Ref, len(columns))
	if err != nil {
		return err
	}
	if parent != r {
		if err := s.needs(snap, c.Ref.Table.Position(), parent, "x", parent.Keys[k].Columns); err != nil {
			return err
		}
	}
	for i, at := range parent.Keys[k].Columns {
		own, theirs := &r.Columns[columns[order[i]]], &parent.Columns[at]
		f.Columns, f.Types = append(f.Columns, columns[order[i]]), append(f.Types, theirs.Type)
		if own.Type.OID == theirs.Type.OID || isWhole(own.Type) && isWhole(theirs.Type) {
			continue
		}
		if !isString(own.Type) || !isString(theirs.Type) {
			return sqlerr.New(sqlerr.DatatypeMismatch, "foreign key constraint %q cannot be implemented", f.Name).
				WithDetail("Key columns %q and %q are of incompatible types: %s and %s.", own.Name, theirs.Name, types.FormatType(own.Type), types.FormatType(theirs.Type))
		}
	}
	for j := range columns {
		f.Shown = append(f.Shown, slices.Index(order, j))
	}
	if err := setColumns(r, &f, c.Ref.Sets); err != nil {
		return err
	}
	f.KeyAt, f.Key = k, parent.Keys[k].Name
	r.Foreign = append(slices.Clone(r.Foreign), f)
	return nil
}

// setColumns finds the columns that ON DELETE SET NULL or SET DEFAULT names.
func setColumns(r *catalog.Relation, f *catalog.ForeignKey, names []ast.Name) error {
	for _, n := range names {
		at := slices.Index(f.Columns, r.ColumnIndex(n.Parts[0]))
		switch {
		case r.ColumnIndex(n.Parts[0]) < 0:
			return sqlerr.New(sqlerr.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", n.Parts[0]).At(n.Position())
		case at < 0:
			return sqlerr.New(sqlerr.InvalidColumnReference, "column %q referenced in ON DELETE SET action must be part of foreign key", n.Parts[0]).At(n.Position())
		case !slices.Contains(f.Sets, at):
			f.Sets = append(f.Sets, at)
		}
	}
	return nil
}

func isString(t types.Type) bool { return t.OID == types.OIDText || t.OID == types.OIDVarchar }

func isWhole(t types.Type) bool {
	_, _, ok := sequenceRange(t)
	return ok
}

// referredKey finds the key that REFERENCES means, and for each of its columns the place among those that it names.
func referredKey(parent *catalog.Relation, ref *ast.References, columns int) (key int, order []int, err error) {
	if ref.Columns == nil {
		if len(parent.Keys) == 0 || !parent.Keys[0].Primary {
			return 0, nil, sqlerr.New(sqlerr.UndefinedObject, "there is no primary key for referenced table %q", parent.Name)
		}
		if parent.Keys[0].Deferrable {
			return 0, nil, sqlerr.New(sqlerr.ObjectNotInState, "cannot use a deferrable primary key for referenced table %q", parent.Name)
		}
		for i := range parent.Keys[0].Columns {
			order = append(order, i)
		}
		if len(order) != columns {
			return 0, nil, sqlerr.New(sqlerr.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
		}
		return 0, order, nil
	}
	var named []int
	for _, n := range ref.Columns {
		i := parent.ColumnIndex(n.Parts[0])
		if i < 0 || parent.Columns[i].Hidden {
			return 0, nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", n.Parts[0])
		}
		named = append(named, i)
	}
	deferrable := false
	for k := range parent.Keys {
		order = order[:0]
		for _, c := range parent.Keys[k].Columns {
			if at := slices.Index(named, c); at >= 0 {
				order = append(order, at)
			}
		}
		if len(order) == len(named) && len(parent.Keys[k].Columns) == len(named) {
			if !parent.Keys[k].Deferrable && len(named) != columns {
				return 0, nil, sqlerr.New(sqlerr.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
			}
			if !parent.Keys[k].Deferrable {
				return k, order, nil
			}
			deferrable = true
		}
	}
	if deferrable {
		return 0, nil, sqlerr.New(sqlerr.ObjectNotInState, "cannot use a deferrable unique constraint for referenced table %q", parent.Name)
	}
	return 0, nil, sqlerr.New(sqlerr.InvalidForeignKey, "there is no unique constraint matching given keys for referenced table %q", parent.Name)
}

func foreignName(r *catalog.Relation, columns []int) string {
	parts := []string{r.Name}
	for _, c := range columns {
		parts = append(parts, r.Columns[c].Name)
	}
	base := strings.Join(append(parts, "fkey"), "_")
	name := base
	for n := 1; slices.ContainsFunc(r.Foreign, func(f catalog.ForeignKey) bool { return f.Name == name }); n++ {
		name = base + strconv.Itoa(n)
	}
	return name
}

// settleForeign fills in what the foreign keys of a new table to itself could not know before.
func settleForeign(r *catalog.Relation) {
	for i := range r.Foreign {
		if f := &r.Foreign[i]; f.Parent == itself {
			f.Parent, f.Key = r.ID, r.Keys[f.KeyAt].Name
		}
	}
}

// unreferred has no foreign key refer to a key of the table any more: it refuses if one does, unless the statement says CASCADE:
// then the foreign keys go. what is what the statement drops, and on is what they depend on.
func (a *alteration) unreferred(key, what, on string, cascade bool) error {
	var says []string
	goes := func(f catalog.ForeignKey) bool {
		return (f.Parent == a.was.ID || f.Parent == itself) && f.Key == key
	}
	for _, r := range a.referring() {
		for _, f := range r.Foreign {
			if goes(f) {
				says = append(says, "constraint "+f.Name+" on "+called(a.snap, r))
			}
		}
	}
	switch {
	case says == nil:
		return nil
	case !cascade:
		for i := range says {
			says[i] += " depends on " + on
		}
		return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s because other objects depend on it", what).
			WithDetail("%s", strings.Join(says, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	for _, one := range says {
		a.out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to %s", one))
	}
	for _, r := range a.referring() {
		a.shape(r, func(c *catalog.Relation) { c.Foreign = slices.DeleteFunc(c.Foreign, goes) })
	}
	return nil
}

// referring are the tables that refer to the one that is altered, itself as it is by now among them.
func (a *alteration) referring() []*catalog.Relation {
	out := []*catalog.Relation{a.now}
	for _, ref := range a.snap.Referring(a.was.ID) {
		if ref.Table.ID != a.was.ID && !slices.Contains(out, ref.Table) {
			out = append(out, ref.Table)
		}
	}
	return out
}

// shape changes a table that refers to the one that is altered, or that one.
func (a *alteration) shape(r *catalog.Relation, do func(c *catalog.Relation)) {
	if r == a.now {
		a.now.Foreign = slices.Clone(a.now.Foreign)
		do(a.now)
		return
	}
	c := *r
	c.Foreign, c.Shaped = slices.Clone(r.Foreign), a.version
	do(&c)
	a.snap = a.snap.With(a.version, &c)
}

// refersTo changes every foreign key that refers to a key of the table.
func (a *alteration) refersTo(key string, do func(f *catalog.ForeignKey)) {
	for _, r := range a.referring() {
		a.shape(r, func(c *catalog.Relation) {
			for i := range c.Foreign {
				if f := &c.Foreign[i]; (f.Parent == a.was.ID || f.Parent == itself) && f.Key == key {
					do(f)
				}
			}
		})
	}
}

// unreferred takes out the foreign keys that refer to tables that are dropped.
func unreferred(snap *catalog.Snapshot, version uint64, doomed []*catalog.Relation) *catalog.Snapshot {
	for _, r := range snap.Relations() {
		c := *r
		c.Foreign = slices.DeleteFunc(slices.Clone(r.Foreign), func(f catalog.ForeignKey) bool {
			return slices.ContainsFunc(doomed, func(p *catalog.Relation) bool { return p.ID == f.Parent })
		})
		if len(c.Foreign) < len(r.Foreign) {
			snap = snap.With(version, &c)
		}
	}
	return snap
}

// holdsForeign holds the rows of an altered table against foreign keys that are new.
func (a *alteration) holdsForeign(b *batch.Batch) error {
	tx := &transaction{edits: map[uint32]*edits{}}
	checked := *a.now
	checked.Foreign = slices.DeleteFunc(slices.Clone(a.now.Foreign), func(f catalog.ForeignKey) bool {
		return f.NotValid || f.Parent == a.now.ID // holdsItself
	})
	for i := range checked.Foreign {
		p, _ := a.snap.ParentKey(&checked.Foreign[i])
		if p == nil {
			continue
		}
		t, err := a.s.e.tables.get(p.ID)
		if err != nil {
			return err
		}
		tx.edits[p.ID] = newEdits(p, t)
	}
	return tx.refers(a.snap, &checked, []*batch.Batch{b}, nil, true)
}

// holdsItself holds the rows of an altered table against the foreign keys that it has to itself.
func (a *alteration) holdsItself(ed *edits) error {
	own := *a.now
	own.Foreign = slices.DeleteFunc(slices.Clone(a.now.Foreign), func(f catalog.ForeignKey) bool { return f.NotValid || f.Parent != a.now.ID })
	tx := &transaction{edits: map[uint32]*edits{a.now.ID: ed}}
	return tx.refers(a.snap, &own, ed.added, nil, true)
}

// truncated are the tables that a TRUNCATE empties: with CASCADE also those that refer to them. Those that refer come
// first.
func truncated(snap *catalog.Snapshot, rs []*catalog.Relation, cascade bool, out Output) ([]*catalog.Relation, error) {
	for i := 0; i < len(rs); i++ {
		for _, ref := range snap.Referring(rs[i].ID) {
			if slices.Contains(rs, ref.Table) {
				continue
			}
			if !cascade {
				return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail("Table %q references %q.", ref.Table.Name, rs[i].Name).
					WithHint("Truncate table %q at the same time, or use TRUNCATE ... CASCADE.", ref.Table.Name)
			}
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "truncate cascades to table %q", ref.Table.Name))
			rs = append(rs, ref.Table)
		}
	}
	var order []*catalog.Relation
	var visit func(r *catalog.Relation)
	seen := map[uint32]bool{}
	visit = func(r *catalog.Relation) {
		if seen[r.ID] {
			return
		}
		seen[r.ID] = true
		for _, ref := range snap.Referring(r.ID) {
			visit(ref.Table)
		}
		order = append(order, r)
	}
	for _, r := range rs {
		visit(r)
	}
	return order, nil
}

// shapedBy has writers to the tables that r refers to see that something refers to them.
func shapedBy(snap *catalog.Snapshot, version uint64, r *catalog.Relation) *catalog.Snapshot {
	for i := range r.Foreign {
		if p := snap.ByID(r.Foreign[i].Parent); p != nil && p.ID != r.ID {
			c := *p
			c.Shaped = version
			snap = snap.With(version, &c)
		}
	}
	return snap
}
