package session

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/lex"
	"github.com/vexfs/vexstream/sql/parse"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// retype is ALTER COLUMN ... TYPE: the rows are written anew.
func (a *alteration) retype(i int, x ast.TableAction) error {
	c := &a.now.Columns[i]
	to, err := bind.Type(x.Def.Type)
	if err != nil {
		return placed(a.s.rowTyped(err, x.Def.Type), x.Def.Type.Position())
	}
	for _, g := range a.now.Columns {
		if g.Generated != "" && g.Name != c.Name && mentions(g.Generated, c.Name) {
			return sqlerr.New(sqlerr.FeatureNotSupported, "cannot alter type of a column used by a generated column").
				WithDetail("Column %q is used by generated column %q.", c.Name, g.Name)
		}
	}
	if c.Generated != "" {
		return sqlerr.NotSupported("another type for a generated column").At(x.Position())
	}
	if _, _, ok := sequenceRange(to); c.Identity != "" && !ok {
		return invalidSequence("identity column type must be smallint, integer, or bigint")
	}
	if err := a.fitsForeignKeys(i, to, x); err != nil {
		return err
	}
	if err := a.typeUnread(i); err != nil {
		return err
	}
	if err := a.typeUntold(i); err != nil {
		return err
	}
	if a.from[i] < 0 {
		return sqlerr.NotSupported("another type for a column that the same statement adds").At(x.Position())
	}
	if a.convert[i], err = a.conversion(c, to, x); err != nil {
		return err
	}
	if c.Default != "" {
		was := *c
		if c.Type = to; !a.defaultFits(c) {
			*c = was
			return sqlerr.New(sqlerr.DatatypeMismatch, "default for column %q cannot be cast automatically to type %s", c.Name, types.FormatType(to))
		}
	}
	c.Type, a.rewrite, a.recheck = to, true, true
	if q := a.snap.ByID(c.Sequence); c.Identity != "" && q != nil {
		return a.resequence(q, []ast.SequenceOption{{Name: "as", Type: x.Def.Type}})
	}
	return nil
}

// fitsForeignKeys says what is wrong with another type for column i where foreign keys are concerned.
func (a *alteration) fitsForeignKeys(i int, to types.Type, x ast.TableAction) error {
	for _, f := range a.now.Foreign {
		k := slices.Index(f.Columns, i)
		if k < 0 {
			continue
		}
		parent, at := a.snap.ParentKey(&f)
		if to.OID != f.Types[k].OID && !(isWhole(to) && isWhole(f.Types[k])) && parent != nil {
			return sqlerr.New(sqlerr.DatatypeMismatch, "foreign key constraint %q cannot be implemented", f.Name).
				WithDetail("Key columns %q and %q are of incompatible types: %s and %s.", a.now.Columns[i].Name,
					parent.Columns[parent.Keys[at].Columns[k]].Name, types.FormatType(to), types.FormatType(f.Types[k]))
		}
	}
	for _, ref := range a.snap.Referring(a.was.ID) {
		f := &ref.Table.Foreign[ref.At]
		for _, k := range a.now.Keys {
			if k.Name == f.Key && slices.Contains(k.Columns, i) {
				return sqlerr.NotSupported("another type for a column that the foreign key %q refers to", f.Name).At(x.Position()).
					WithHint("DROP the constraint, alter the columns on both sides, and add it again.")
			}
		}
	}
	return nil
}

// conversion is what makes values of a new type of those there are.
func (a *alteration) conversion(c *catalog.Column, to types.Type, x ast.TableAction) (expr.Expr, error) {
	if x.X == nil {
		v, err := expr.Cast(expr.Col(a.was.ColumnIndex(a.was.Columns[a.from[a.now.ColumnIndex(c.Name)]].Name), c.Type, c.Name), to, expr.Assignment)
		if err != nil {
			hint := "USING " + c.Name + "::" + types.FormatType(to)
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "column %q cannot be cast automatically to type %s", c.Name, types.FormatType(to)).
				WithHint("You might need to specify %q.", hint)
		}
		return v, nil
	}
	v, err := bind.Row(x.X, a.was, a.s.bindEnv(a.snap, nil))
	if err != nil {
		return nil, err
	}
	if v, err = expr.Cast(v, to, expr.Assignment); err != nil {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "result of USING clause for column %q cannot be cast automatically to type %s", c.Name, types.FormatType(to)).
			WithHint("You might need to add an explicit cast.")
	}
	return v, nil
}

func (a *alteration) defaultFits(c *catalog.Column) bool {
	_, err := bind.ColumnDefault(c, a.s.bindEnv(a.snap, nil))
	return err == nil
}

// typeUnread refuses another type for a column that a view reads.
func (a *alteration) typeUnread(i int) error {
	table := *a.now
	table.ID = a.was.ID
	table.Columns = slices.Delete(slices.Clone(table.Columns), i, i+1)
	next := keepColumns(a.snap, a.version, a.was).With(a.version, &table)
	for _, v := range readers(a.snap, a.was.ID) {
		less := referring(next.ByID(v.ID), func(ref *catalog.Ref) {
			if ref.ID == a.was.ID && i < len(ref.Columns) {
				ref.Columns = slices.Delete(slices.Clone(ref.Columns), i, i+1)
			}
		})
		if next = next.With(a.version, less); a.s.binds(next, less) != nil {
			return sqlerr.New(sqlerr.FeatureNotSupported, "cannot alter type of a column used by a view or rule").
				WithDetail("rule _RETURN on %s depends on column %q", called(a.snap, v), a.now.Columns[i].Name)
		}
	}
	return nil
}

// resequence gives the sequence of a column other options, once the statement has succeeded.
func (a *alteration) resequence(q *catalog.Relation, opts []ast.SequenceOption) error {
	c := *q
	after, err := a.s.reset(&c, opts)
	if err != nil {
		return err
	}
	a.snap = a.snap.With(a.version, &c)
	if after != nil {
		a.after = append(a.after, after)
	}
	return nil
}

// identity is what ALTER COLUMN does to how a column counts by itself.
func (a *alteration) identity(i int, x ast.TableAction, out Output) error {
	c := &a.now.Columns[i]
	counts := c.Identity != "" && c.Identity != "serial"
	not := sqlerr.New(sqlerr.ObjectNotInState, "column %q of relation %q is not an identity column", c.Name, a.now.Name)
	switch {
	case x.Kind == "add identity" && counts:
		return sqlerr.New(sqlerr.ObjectNotInState, "column %q of relation %q is already an identity column", c.Name, a.now.Name)
	case x.Kind == "add identity" && !c.NotNull:
		return sqlerr.New(sqlerr.ObjectNotInState, "column %q of relation %q must be declared NOT NULL before identity can be added", c.Name, a.now.Name)
	case x.Kind == "add identity" && (c.Default != "" || c.Identity == "serial"):
		return sqlerr.New(sqlerr.ObjectNotInState, "column %q of relation %q already has a default value", c.Name, a.now.Name)
	case x.Kind == "add identity":
		c.Identity, c.Sequence = x.Def.Identity, a.now.ID
		a.now.ID++
		var err error
		a.snap, err = a.s.withSequence(a.snap, a.version, a.now, i, x.Def.Sequence)
		return err
	case !counts && x.IfExists:
		not.Message += ", skipping"
		out.Notice("NOTICE", not)
		return nil
	case !counts:
		return not
	case x.Kind == "drop identity":
		a.snap = a.snap.Without(a.version, c.Sequence)
		c.Identity, c.Sequence = "", 0
		return nil
	}
	if x.Def.Identity != "" {
		c.Identity = x.Def.Identity
	}
	q := a.snap.ByID(c.Sequence)
	if q == nil || len(x.Def.Sequence) == 0 {
		return nil
	}
	return a.resequence(q, x.Def.Sequence)
}

// validate is VALIDATE CONSTRAINT.
func (a *alteration) validate(name string) error {
	for i := range a.now.Checks {
		if a.now.Checks[i].Name == name {
			a.now.Checks[i].NotValid = false
			a.recheck = true
			return nil
		}
	}
	for i := range a.now.Foreign {
		if a.now.Foreign[i].Name == name {
			a.now.Foreign = slices.Clone(a.now.Foreign)
			a.now.Foreign[i].NotValid = false
			a.recheck = true
			return nil
		}
	}
	if slices.ContainsFunc(a.now.Keys, func(k catalog.Key) bool { return k.Name == name }) {
		return sqlerr.New(sqlerr.WrongObjectType, "constraint %q of relation %q is not a foreign key or check constraint", name, a.now.Name)
	}
	return sqlerr.New(sqlerr.UndefinedObject, "constraint %q of relation %q does not exist", name, a.now.Name)
}

// alterSchema is ALTER SCHEMA: what is in it goes along.
func (s *Session) alterSchema(snap *catalog.Snapshot, version uint64, x *ast.Alter) (*catalog.Snapshot, error) {
	name := last(x.Name)
	have := schemaOf(snap, name)
	if have == nil {
		return nil, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
	}
	c := *have
	if x.Action == "owner" {
		if s.ownerOf(x.To) == have.Owner && snap.Role(have.Owner) != nil {
			return snap, nil // asks for nothing, of anybody
		}
		if err := s.mustOwnSchema(snap, have); err != nil {
			return nil, err
		}
		var err error
		if c.Owner, err = s.newOwnerNamed(snap, x.To); err == nil {
			err = s.mayMakeSchema(snap)
		}
		if c.ACL != nil {
			c.ACL = newOwner(c.ACL, have.Owner, c.Owner)
		}
		return snap.WithSchema(version, &c), err
	}
	if err := s.mustOwnSchema(snap, have); err != nil {
		return nil, err
	}
	switch {
	case have.ID < catalog.FirstUserID:
		return nil, sqlerr.NotSupported("another name for schema %s", name)
	case schemaOf(snap, x.To) != nil:
		return nil, sqlerr.New(sqlerr.DuplicateSchema, "schema %q already exists", x.To)
	case s.mayMakeSchema(snap) != nil:
		return nil, s.mayMakeSchema(snap)
	case strings.HasPrefix(x.To, "pg_"):
		return nil, sqlerr.New(sqlerr.ReservedName, "unacceptable schema name %q", x.To).WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	c.Name = x.To
	snap = snap.WithSchema(version, &c)
	for _, r := range snap.Relations() {
		if r.Schema == name {
			moved := *r
			moved.Schema = x.To
			snap = snap.With(version, &moved)
		}
	}
	return snap, nil
}

// renamedIn is an expression of a table's definition in which a column has another name.
func renamedIn(text, from, to string) (string, error) {
	x, err := parse.Expr(text)
	if err != nil {
		return "", err
	}
	toks, err := lex.Scan(text, nil)
	if err != nil {
		return "", err
	}
	places := bind.ColumnPlaces(x, from)
	slices.Sort(places)
	slices.Reverse(places) // from the end, so that places hold
	for _, pos := range slices.Compact(places) {
		at := len(string([]rune(text)[:pos-1]))
		i := slices.IndexFunc(toks, func(t lex.Token) bool { return int(t.Pos) == at })
		for i >= 0 && i+2 < len(toks) && toks[i+1].IsOp(".") {
			i += 2
		}
		if i < 0 || !toks[i].IsName() || toks[i].Val != from {
			return "", sqlerr.NotSupported("renaming a column that %q reads", text)
		}
		text = text[:toks[i].Pos] + pgcatalog.QuoteIdent(to) + text[toks[i].End:]
	}
	return text, nil
}
