package session

import (
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
)

// alteration is a table on its way from one definition to another.
type alteration struct {
	s        *Session
	was, now *catalog.Relation
	from     []int          // for each visible column of now: its place in was, -1 for a new one
	convert  []expr.Expr    // by now's visible columns: over a row of was, what is in them; nil: what was
	after    []func() error // once the statement has succeeded
	rewrite  bool           // the rows change, so the table gets another ID and a log of its own
	recheck  bool           // there are constraints that the rows have not been held against

	doomed   []*catalog.Relation // views that go with a column
	triggers []*catalog.Trigger  // of the table, for now's columns; nil: see ofTriggers
	snap     *catalog.Snapshot   // with what has become of views so far
	version  uint64
	out      Output
}

// alterTable is ALTER TABLE: all its actions, or none.
func (s *Session) alterTable(ctx context.Context, x *ast.AlterTable, out Output) error {
	snap := s.catalog()
	if err := snap.Open(x.Name.Position(), x.Name.Parts...); err != nil {
		return err
	}
	r := snap.Lookup(x.Name.Parts...)
	if r == nil && x.IfExists {
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "relation %q does not exist, skipping", x.Name.Parts[len(x.Name.Parts)-1]))
		return nil
	}
	if r == nil {
		_, err := snap.Find(x.Name.Position(), x.Name.Parts...)
		return err
	}
	if alter := asRelation(x, r); alter != nil {
		return s.alter(ctx, alter, out)
	}
	if r.Kind != catalog.Table {
		return sqlerr.New(sqlerr.WrongObjectType, "%q is not a table", r.Name).At(x.Name.Position())
	}
	if err := s.tx.untouched(x.Name.Position(), r); err != nil {
		return err
	}
	free, err := s.e.reserve(ctx, uint32(len(x.Actions))+1)
	if err != nil {
		return err
	}
	t, err := s.e.tables.get(r.ID)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle()
	var a *alteration
	err = s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		if !old.ByID(r.ID).SameShape(r) {
			return nil, sqlerr.New(sqlerr.SerializationFailure, "could not serialize access: table %q was altered meanwhile", r.Name)
		}
		if err := s.mustOwn(old, old.ByID(r.ID)); err != nil {
			return nil, err
		}
		a = newAlteration(s, old.ByID(r.ID), free)
		a.now.Shaped, a.snap, a.version, a.out = version, old, version, out
		for _, act := range x.Actions {
			if err := a.act(act, out); err != nil {
				return nil, err
			}
		}
		nameConstraints(a.now)
		a.snap = shapedBy(a.snap, version, a.now)
		if err := a.dependents(); err != nil {
			return nil, err
		}
		if err := a.run(ctx); err != nil {
			return nil, err
		}
		return a.snap, nil
	})
	if err != nil {
		return err
	}
	s.tx.stayed("ALTER TABLE " + r.Name)
	for _, f := range a.after {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// reserve gives the first of n IDs that nothing else will ever have.
func (e *Engine) reserve(ctx context.Context, n uint32) (first uint32, err error) {
	err = e.change(ctx, nil, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		first = old.NextID
		return old.At(version, first+n), nil
	})
	return first, err
}

func newAlteration(s *Session, r *catalog.Relation, free uint32) *alteration {
	now := *r
	now.Columns, now.Checks, now.Text = slices.Clone(r.Columns), slices.Clone(r.Checks), ""
	now.Keys = nil
	for _, k := range r.Keys {
		k.Columns = slices.Clone(k.Columns)
		now.Keys = append(now.Keys, k)
	}
	a := &alteration{s: s, was: r, now: &now}
	for i := range r.Visible() {
		a.from, a.convert = append(a.from, i), append(a.convert, nil)
	}
	now.ID = free
	return a
}

// column finds a visible column.
func (a *alteration) column(n ast.Name) (int, error) {
	i := a.now.ColumnIndex(n.Parts[0])
	if i < 0 || a.now.Columns[i].Hidden {
		return 0, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", n.Parts[0], a.now.Name).At(n.Position())
	}
	return i, nil
}

func (a *alteration) act(x ast.TableAction, out Output) error {
	snap := a.snap
	switch x.Kind {
	case "rename":
		_, err := a.s.moved(snap, a.version, a.now, a.now.Schema, x.To)
		return placed(err, x.Position())
	case "set schema":
		_, err := a.s.rehoused(snap, a.version, a.now, x.To)
		return err
	case "owner":
		to, err := a.s.newOwnerOf(snap, a.now, x.To)
		if err != nil {
			return err
		}
		giveTo(a.now, to)
		return nil
	case "validate":
		return a.validate(x.Column.Parts[0])
	case "alter constraint":
		return a.deferral(x)
	case "rename constraint", "drop constraint":
		return a.constraint(x, out)
	case "add constraint":
		a.recheck = true
		if name := x.Constraint.Name; name != "" && a.has(name) {
			return sqlerr.New(sqlerr.DuplicateObject, "constraint %q for relation %q already exists", name, a.now.Name)
		}
		return a.s.constrain(a.now, x.Constraint)
	case "add column":
		return a.add(x, out)
	}
	i, err := a.column(x.Column)
	if err != nil {
		if x.Kind == "drop column" && x.IfExists {
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "column %q of relation %q does not exist, skipping", x.Column.Parts[0], a.now.Name))
			return nil
		}
		return err
	}
	return a.ofColumn(i, x, out)
}

// ofColumn does what is done to column i.
func (a *alteration) ofColumn(i int, x ast.TableAction, out Output) error {
	c := &a.now.Columns[i]
	switch x.Kind {
	case "rename column":
		return a.renameColumn(i, x)
	case "drop column":
		return a.drop(i, x)
	case "type":
		return a.retype(i, x)
	case "add identity", "set identity", "drop identity":
		return a.identity(i, x, out)
	case "set default":
		if c.Generated != "" || c.Identity != "" && c.Identity != "serial" {
			return ownValue(a.now, c).At(x.Position())
		}
		if err := bind.NewDefault(c.Name, x.X, c.Type, a.s.bindEnv(a.snap, nil)); err != nil {
			return err
		}
		c.Default, c.Identity = x.SQL, ""
	case "drop default":
		if c.Generated != "" || c.Identity != "" && c.Identity != "serial" {
			return ownValue(a.now, c).At(x.Position())
		}
		c.Default = ""
		if c.Identity == "serial" {
			c.Identity = ""
		}
	case "set not null":
		c.NotNull, a.recheck = true, true
	case "drop not null":
		if c.Identity != "" && c.Identity != "serial" {
			return sqlerr.New(sqlerr.SyntaxError, "column %q of relation %q is an identity column", c.Name, a.now.Name)
		}
		if len(a.now.Keys) > 0 && a.now.Keys[0].Primary && slices.Contains(a.now.Keys[0].Columns, i) {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "column %q is in a primary key", c.Name)
		}
		c.NotNull = false
	}
	return nil
}

func (a *alteration) add(x ast.TableAction, out Output) error {
	if a.now.ColumnIndex(x.Def.Name) >= 0 {
		e := sqlerr.New(sqlerr.DuplicateColumn, "column %q of relation %q already exists", x.Def.Name, a.now.Name)
		if !x.IfExists {
			return e
		}
		e.Message += ", skipping"
		out.Notice("NOTICE", e)
		return nil
	}
	c, err := tableColumn(x.Def)
	if err != nil {
		return a.s.rowTyped(err, x.Def.Type)
	}
	if c.Identity != "" {
		a.now.ID++
		c.Sequence = a.now.ID - 1
	}
	if c.Name == catalog.RowColumn {
		_, err := withColumn(nil, c, x.Position())
		return err
	}
	visible := len(a.now.Visible())
	a.snap = keepColumns(a.snap, a.version, a.was)
	a.widened(c.Name)
	a.now.Columns = slices.Insert(a.now.Columns, visible, c)
	a.from, a.convert = append(a.from, -1), append(a.convert, nil)
	a.rewrite = true
	if c.Identity != "" {
		if a.snap, err = a.s.withSequence(a.snap, a.version, a.now, visible, x.Def.Sequence); err != nil {
			return err
		}
	}
	for _, k := range x.Def.Constraints {
		if err := a.s.constrain(a.now, k); err != nil {
			return err
		}
	}
	return a.s.checkExpressions([]ast.ColumnDef{x.Def}, a.now)
}

// ownValue is the error for a default of a column that has a value of its own.
func ownValue(r *catalog.Relation, c *catalog.Column) *sqlerr.Error {
	if c.Generated != "" {
		return sqlerr.New(sqlerr.SyntaxError, "column %q of relation %q is a generated column", c.Name, r.Name)
	}
	return sqlerr.New(sqlerr.SyntaxError, "column %q of relation %q is an identity column", c.Name, r.Name).
		WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
}

// has says whether there is a constraint of that name.
func (a *alteration) has(name string) bool {
	return slices.ContainsFunc(a.now.Keys, func(k catalog.Key) bool { return k.Name == name }) ||
		slices.ContainsFunc(a.now.Checks, func(c catalog.Check) bool { return c.Name == name }) ||
		slices.ContainsFunc(a.now.Foreign, func(f catalog.ForeignKey) bool { return f.Name == name })
}

// mentions says whether an expression of the table's definition reads a column.
func mentions(text, column string) bool {
	x, err := parse.Expr(text)
	return err == nil && slices.Contains(bind.Columns(x), column)
}

func (a *alteration) renameColumn(i int, x ast.TableAction) error {
	c := &a.now.Columns[i]
	if a.now.ColumnIndex(x.To) >= 0 {
		return sqlerr.New(sqlerr.DuplicateColumn, "column %q of relation %q already exists", x.To, a.now.Name).At(x.Position())
	}
	var err error
	for k := range a.now.Checks {
		if check := &a.now.Checks[k]; mentions(check.Text, c.Name) {
			if check.Text, err = renamedIn(check.Text, c.Name, x.To); err != nil {
				return err
			}
		}
	}
	for k := range a.now.Columns {
		if g := &a.now.Columns[k]; g.Generated != "" && mentions(g.Generated, c.Name) {
			if g.Generated, err = renamedIn(g.Generated, c.Name, x.To); err != nil {
				return err
			}
		}
	}
	a.snap = keepColumns(a.snap, a.version, a.was)
	c.Name = x.To
	return nil
}

// drop takes a column out, and the constraints that it is part of.
func (a *alteration) drop(i int, x ast.TableAction) error {
	name := a.now.Columns[i].Name
	var says []string
	for _, g := range a.now.Columns {
		if g.Generated != "" && mentions(g.Generated, name) {
			says = append(says, "column "+g.Name+" of table "+a.now.Name+" depends on column "+name+" of table "+a.now.Name)
		}
	}
	if says != nil {
		return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop column %s of table %s because other objects depend on it", name, a.now.Name).
			WithDetail("%s", strings.Join(says, "\n")).WithHint("Drop the generated columns first.")
	}
	if err := a.unread(i, x); err != nil {
		return err
	}
	if err := a.untriggered(i, x); err != nil {
		return err
	}
	for _, q := range a.snap.OwnedBy(&a.now.Columns[i]) {
		a.snap = a.snap.Without(a.version, q.ID)
	}
	a.now.Columns = slices.Delete(a.now.Columns, i, i+1)
	a.from, a.convert = slices.Delete(a.from, i, i+1), slices.Delete(a.convert, i, i+1)
	a.now.Checks = slices.DeleteFunc(a.now.Checks, func(c catalog.Check) bool { return mentions(c.Text, name) })
	what := "column " + name + " of " + called(a.snap, a.was)
	for _, k := range a.now.Keys {
		if !slices.Contains(k.Columns, i) {
			continue
		}
		if err := a.unreferred(k.Name, what, what, x.Cascade); err != nil {
			return err
		}
	}
	a.now.Keys = slices.DeleteFunc(a.now.Keys, func(k catalog.Key) bool { return slices.Contains(k.Columns, i) })
	a.now.Foreign = slices.DeleteFunc(slices.Clone(a.now.Foreign), func(f catalog.ForeignKey) bool { return slices.Contains(f.Columns, i) })
	for k := range a.now.Foreign {
		a.now.Foreign[k].Columns = slices.Clone(a.now.Foreign[k].Columns)
		for j, c := range a.now.Foreign[k].Columns {
			if c > i {
				a.now.Foreign[k].Columns[j] = c - 1
			}
		}
	}
	for k := range a.now.Keys {
		for j, c := range a.now.Keys[k].Columns {
			if c > i {
				a.now.Keys[k].Columns[j] = c - 1
			}
		}
	}
	a.rewrite = true
	return nil
}

// run holds the rows against the new definition and, if they change, writes them for it. The table's lock is held.
func (a *alteration) run(ctx context.Context) error {
	if !a.rewrite {
		a.now.ID = a.was.ID
	}
	if !a.rewrite && !a.recheck {
		return nil
	}
	u, err := a.s.rules(a.now)
	if err != nil {
		return err
	}
	u.old = true
	pins, _, err := a.s.e.Live.PinAll(ctx, []uint32{a.was.ID}, a.s.e.Committer.Last().No)
	if err != nil {
		return err
	}
	t := newTable(a.now)
	ed := newEdits(a.now, t)
	defer pins[a.was.ID].Release()
	err = pins[a.was.ID].Rows(ctx, each(func(b *batch.Batch) error {
		rows, err := a.row(b)
		if err != nil {
			return err
		}
		if rows, err = u.complete(rows); err != nil {
			return a.violated(err)
		}
		rows.Cols = append(rows.Cols[:len(rows.Cols):len(rows.Cols)], b.Cols[len(b.Cols)-1])
		if err := a.holdsForeign(rows); err != nil {
			return err
		}
		return a.violated(ed.apply(&change{r: a.now, t: t, added: []*batch.Batch{rows.Clone()}}, atOnce))
	}))
	if err == nil {
		err = a.holdsItself(ed)
	}
	if err != nil {
		return err
	}
	if a.rewrite {
		if err := a.write(ctx, ed); err != nil {
			return err
		}
		if err := a.follow(ctx); err != nil {
			return err
		}
		a.s.remove(a.snap, a.version, a.doomed)
	}
	ed.committed()
	a.take(t)
	return nil
}

// take puts the contents that the table is to have in the place of those that it had, for as long as nothing says that
// the change is not to be.
func (a *alteration) take(t *table) {
	e, was, now := a.s.e, a.was.ID, a.now.ID
	if a.rewrite {
		e.onKept(func() {
			e.Live.Remove(was)
			e.tables.set(was, nil)
		})
	}
	old, _ := e.tables.get(now) // nil under an ID that is new
	e.onRefused(func() { e.tables.set(now, old) })
	e.tables.set(now, t)
}

// row gives rows in the visible columns of the new definition.
func (a *alteration) row(b *batch.Batch) (*batch.Batch, error) {
	out := &batch.Batch{N: b.N, Cols: make([]batch.Column, len(a.from))}
	for i, from := range a.from {
		if x := a.convert[i]; x != nil {
			local := a.s.Locale()
			v, err := project([]expr.Expr{x}, b, &expr.Ctx{Now: local.Now, Locale: local, Catalog: a.s.state()})
			if err != nil {
				return nil, err
			}
			out.Cols[i] = v.Cols[0].Clone()
			continue
		}
		if from >= 0 {
			out.Cols[i] = b.Cols[from]
			continue
		}
		c := a.now.Columns[i]
		var err error
		if out.Cols[i], err = a.s.preset(a.snap, &c, b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// write puts the rows into the log under the table's new ID, and starts its contents from there.
func (a *alteration) write(ctx context.Context, ed *edits) error {
	to := a.s.e.Committer.Begin()
	defer to.Abort()
	if err := ed.write(to); err != nil {
		return err
	}
	ep, err := to.Commit(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	a.now.Created = ep.No
	d, err := a.s.e.tableDefinition(a.now)
	if err != nil {
		return err
	}
	a.s.e.onRefused(func() { a.s.e.Live.Remove(a.now.ID) })
	return a.s.e.Live.Add(ctx, d)
}

// violated words an error of a row as one of the whole table.
func (a *alteration) violated(err error) error {
	e, ok := sqlerr.As(err)
	if !ok {
		return err
	}
	switch e.Code {
	case sqlerr.NotNullViolation:
		e.Message, e.Detail = "column \""+e.Column+"\" of relation \""+a.now.Name+"\" contains null values", ""
	case sqlerr.CheckViolation:
		e.Message, e.Detail = "check constraint \""+e.Constraint+"\" of relation \""+a.now.Name+"\" is violated by some row", ""
	case sqlerr.UniqueViolation:
		e.Message = "could not create unique index \"" + e.Constraint + "\""
		if cut, ok := strings.CutSuffix(e.Detail, "already exists."); ok {
			e.Detail = cut + "is duplicated."
		}
	}
	return e
}
