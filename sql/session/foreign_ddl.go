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
	f := catalog.ForeignKey{Name: c.Name, Full: c.Ref.Full, OnDelete: c.Ref.OnDelete, OnUpdate: c.Ref.OnUpdate, NotValid: c.NotValid}
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
	parent := snap.Lookup(c.Ref.Table.Parts...)
	if last(c.Ref.Table) == r.Name && (parent == nil || parent.ID == r.ID || parent.Schema == r.Schema && parent.Name == r.Name) {
		parent = r
	}
	switch {
	case parent == nil:
		_, err := snap.Resolve(c.Ref.Table.Position(), c.Ref.Table.Parts...)
		return err
	case parent.Kind != catalog.Table:
		return sqlerr.New(sqlerr.WrongObjectType, "referenced relation %q is not a table", parent.Name)
	}
	if parent != r {
		if err := s.allowed(snap, &accesses{[]access{{c.Ref.Table.Position(), parent, "x", ""}}}); err != nil {
			return err
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
	f.KeyAt, f.Key = k, parent.Keys[k].Name
	r.Foreign = append(slices.Clone(r.Foreign), f)
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
	if len(named) != columns {
		return 0, nil, sqlerr.New(sqlerr.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	for k := range parent.Keys {
		order = order[:0]
		for _, c := range parent.Keys[k].Columns {
			if at := slices.Index(named, c); at >= 0 {
				order = append(order, at)
			}
		}
		if len(order) == len(named) && len(parent.Keys[k].Columns) == len(named) {
			return k, order, nil
		}
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

// refuseReferred refuses to take away a key that a foreign key refers to, unless the statement says CASCADE: then the
// foreign keys go.
func (a *alteration) refuseReferred(key string, what string, cascade bool) error {
	var says []string
	for _, ref := range a.snap.Referring(a.was.ID) {
		if f := &ref.Table.Foreign[ref.At]; f.Key == key {
			says = append(says, "constraint "+f.Name+" on "+called(a.snap, ref.Table)+" depends on index "+key)
		}
	}
	switch {
	case says == nil:
		return nil
	case cascade:
		return sqlerr.NotSupported("DROP ... CASCADE of a key that a foreign key refers to").WithDetail("%s", strings.Join(says, "\n"))
	}
	return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s because other objects depend on it", what).
		WithDetail("%s", strings.Join(says, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// unreferred takes out the foreign keys that refer to tables that are dropped: CASCADE says that they may go.
func unreferred(snap *catalog.Snapshot, version uint64, doomed []*catalog.Relation, cascade bool, out Output) (*catalog.Snapshot, error) {
	for _, p := range doomed {
		var says []string
		for _, ref := range snap.Referring(p.ID) {
			if slices.ContainsFunc(doomed, func(r *catalog.Relation) bool { return r.ID == ref.Table.ID }) {
				continue
			}
			what := "constraint " + ref.Table.Foreign[ref.At].Name + " on " + called(snap, ref.Table)
			if says = append(says, what+" depends on "+called(snap, p)); cascade {
				out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to %s", what))
			}
		}
		if says != nil && !cascade {
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s because other objects depend on it", called(snap, p)).
				WithDetail("%s", strings.Join(says, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
	}
	for _, r := range snap.Relations() {
		c := *r
		c.Foreign = slices.DeleteFunc(slices.Clone(r.Foreign), func(f catalog.ForeignKey) bool {
			return slices.ContainsFunc(doomed, func(p *catalog.Relation) bool { return p.ID == f.Parent })
		})
		if len(c.Foreign) < len(r.Foreign) {
			snap = snap.With(version, &c)
		}
	}
	return snap, nil
}

// holdsForeign holds the rows of an altered table against foreign keys that are new.
func (a *alteration) holdsForeign(b *batch.Batch) error {
	tx := &transaction{edits: map[uint32]*edits{}}
	checked := *a.now
	checked.Foreign = slices.DeleteFunc(slices.Clone(a.now.Foreign), func(f catalog.ForeignKey) bool { return f.NotValid })
	for i := range checked.Foreign {
		p, _ := a.snap.ParentKey(&checked.Foreign[i])
		if p == nil {
			continue
		}
		if p.ID == a.was.ID || p.ID == a.now.ID { // what refers to the same table was held against it before
			continue
		}
		t, err := a.s.e.tables.get(p.ID)
		if err != nil {
			return err
		}
		tx.edits[p.ID] = newEdits(p, t)
	}
	return tx.refers(a.snap, &checked, []*batch.Batch{b}, nil)
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
