package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// createTable is CREATE TABLE in all its forms.
func (s *Session) createTable(ctx context.Context, x *ast.CreateTable, out Output) (string, error) {
	name, err := s.ownName(ctx, x.Name, x.Temp)
	if err != nil {
		return "", err
	}
	if x.OnCommit != "" && !catalog.IsTemp(strings.Join(name.Parts[:len(name.Parts)-1], ".")) {
		return "", sqlerr.New(sqlerr.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables").At(x.Name.Position())
	}
	table := *x
	table.Name = name
	x = &table
	r := &catalog.Relation{Kind: catalog.Table, Owner: s.User, EventTime: -1, Text: x.Text}
	if r.With, err = storageOptions(x.With); err != nil {
		return "", err
	}
	if x.Query != nil {
		return s.createTableAs(ctx, x, r, out)
	}
	if err = s.tableColumns(x, r); err != nil {
		return "", err
	}
	made := false
	err = s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		schema, name, there, err := s.newName(old, x.Name, x.IfNotExists, out)
		if err != nil || there {
			return old, err
		}
		made = true
		r.Schema, r.Name, r.Created = schema, name, version
		r.ID = old.NextID
		for i := range r.Columns {
			if r.Columns[i].Identity != "" {
				r.Columns[i].Sequence = r.ID
				r.ID++
			}
		}
		nameConstraints(r)
		settleForeign(r)
		old = shapedBy(old, version, r)
		for i := range r.Columns {
			if r.Columns[i].Identity == "" {
				continue
			}
			if old, err = s.withSequence(old, version, r, i, identityOptions(x.Columns, r.Columns[i].Name)); err != nil {
				return nil, err
			}
		}
		if err := s.startTable(ctx, r); err != nil {
			return nil, err
		}
		return old.With(version, r), nil
	})
	if err != nil {
		return "", err
	}
	s.madeTable(made, r, x.OnCommit)
	return x.Tag(), nil
}

// identityOptions are those that a statement gives for the sequence of a column.
func identityOptions(defs []ast.ColumnDef, column string) []ast.SequenceOption {
	for _, d := range defs {
		if d.Name == column {
			return d.Sequence
		}
	}
	return nil
}

// stayed notes what a ROLLBACK of the block will not undo.
func (tx *transaction) stayed(what string) {
	if tx.open {
		tx.stays = append(tx.stays, what)
	}
}

// startTable runs the contents of a new table.
func (s *Session) startTable(ctx context.Context, r *catalog.Relation) error {
	if _, err := s.rules(r); err != nil {
		return err
	}
	d, err := s.e.tableDefinition(r)
	if err != nil {
		return err
	}
	s.e.onRefused(func() { s.e.end(r) })
	if err := s.e.Live.Add(ctx, d); err != nil {
		return err
	}
	s.e.tables.set(r.ID, newTable(r))
	return nil
}

// tableFromQuery gives r the columns of a query, and the query's rows; nil if there is such a relation, which IF NOT EXISTS allows.
// In PostgreSQL's order: what the query means, whether the name is free, what may be read.
func (s *Session) tableFromQuery(ctx context.Context, x *ast.CreateTable, r *catalog.Relation, out Output) (*kept, error) {
	var reads accesses
	snap := s.catalog()
	p, err := bind.Query(x.Query, reads.of(s.bindEnv(snap, nil)))
	if err != nil {
		return nil, err
	}
	schema, name, err := s.newPlace(snap, x.Name)
	if err != nil {
		return nil, err
	}
	if there, err := taken(snap, schema, name, x.Name.Position(), x.IfNotExists, out); there || err != nil {
		return nil, err
	}
	if err = s.allowed(snap, &reads); err != nil {
		return nil, err
	}
	return s.rowsForTable(ctx, x, p, r)
}

// rowsForTable gives r the columns of a plan, and what the plan gives.
func (s *Session) rowsForTable(ctx context.Context, x *ast.CreateTable, p plan.Node, r *catalog.Relation) (*kept, error) {
	var err error
	schema := p.Schema()
	if len(x.Names) > len(schema) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "too many column names were specified").At(x.Name.Position())
	}
	var cols []catalog.Column
	for i, f := range schema {
		c := catalog.Column{Name: f.Name, Type: f.Type}
		if i < len(x.Names) {
			c.Name = x.Names[i]
		}
		if cols, err = withColumn(cols, c, x.Name.Position()); err != nil {
			return nil, err
		}
	}
	r.Columns = catalog.WithRow(cols)
	rows := &kept{}
	if x.NoData {
		return rows, nil
	}
	if _, _, there, err := s.newName(s.catalog(), x.Name, x.IfNotExists, silent{}); err != nil || there { // before the query runs
		return rows, err
	}
	return rows, s.query(ctx, p, &singly{out: keeping{to: rows}}, nil)
}

// keeping is an Output that keeps the rows.
type keeping struct {
	Output
	to *kept
}

func (k keeping) Rows(_ context.Context, b *batch.Batch) error {
	return k.to.Add(target(&catalog.Relation{}), b)
}

func withColumn(cols []catalog.Column, c catalog.Column, pos int) ([]catalog.Column, error) {
	switch c.Name {
	case catalog.RowColumn, "ctid", "xmin", "cmin", "xmax", "cmax", "tableoid":
		return nil, sqlerr.New(sqlerr.DuplicateColumn, "column name %q conflicts with a system column name", c.Name).At(pos)
	}
	if c.Type.OID == types.OIDVoid || c.Type.OID == types.OIDRecord {
		return nil, sqlerr.New(sqlerr.InvalidTableDefinition, "column %q has pseudo-type %s", c.Name, types.FormatType(c.Type)).At(pos)
	}
	for _, have := range cols {
		if have.Name == c.Name {
			return nil, sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", c.Name).At(pos)
		}
	}
	return append(cols, c), nil
}

// tableColumns fills in a table's columns and constraints.
func (s *Session) tableColumns(x *ast.CreateTable, r *catalog.Relation) error {
	var cols []catalog.Column
	var constraints []ast.Constraint
	for _, like := range x.Like {
		n := like.Name
		from, err := s.catalog().Find(n.Position(), n.Parts...)
		if err != nil {
			return err
		}
		if from.Kind == catalog.SequenceKind || from.Kind == catalog.Sink {
			return sqlerr.New(sqlerr.WrongObjectType, "relation %q is invalid in LIKE clause", from.Name).At(n.Position()).
				WithDetail("This operation is not supported for %ss.", from.Kind)
		}
		for _, c := range from.Visible() {
			if cols, err = withColumn(cols, likeColumn(c, like), n.Position()); err != nil {
				return err
			}
		}
		likeConstraints(r, from, like)
	}
	for _, d := range x.Columns {
		c, err := tableColumn(d)
		if err != nil {
			return s.rowTyped(err, d.Type)
		}
		if cols, err = withColumn(cols, c, d.Position()); err != nil {
			return err
		}
		constraints = append(constraints, d.Constraints...)
	}
	constraints = append(constraints, x.Constraints...)
	r.Columns = catalog.WithRow(cols)
	if len(x.Name.Parts) > 0 {
		r.Name, r.Schema = last(x.Name), currentSchema(s.catalog())
		if len(x.Name.Parts) > 1 && catalog.IsTemp(x.Name.Parts[len(x.Name.Parts)-2]) {
			r.Schema = s.temporary.schema
		}
	}
	for _, last := range []bool{false, true} { // foreign keys come when the others are there
		for _, c := range constraints {
			if last != (c.Kind == "foreign key") {
				continue
			}
			if err := s.constrain(r, c); err != nil {
				return err
			}
		}
	}
	return s.checkExpressions(x.Columns, r)
}

// rowTyped is err, or, where the type that it misses is that of a relation's rows, the refusal of such a column.
func (s *Session) rowTyped(err error, t ast.TypeName) error {
	r := s.catalog().Lookup(t.Name...)
	if sqlerr.CodeOf(err) != sqlerr.UndefinedObject || r == nil {
		return err
	}
	return sqlerr.NotSupported("a column of the row type of %s", r.QualifiedName()).At(t.Position()).
		WithHint("Give its columns each by itself, or keep the row as jsonb: to_jsonb(row).")
}

// tableColumn reads the definition of one column.
func tableColumn(d ast.ColumnDef) (catalog.Column, error) {
	t, err := bind.Type(d.Type)
	if err != nil {
		return catalog.Column{}, placed(err, d.Position())
	}
	c := catalog.Column{Name: d.Name, Type: t, NotNull: d.NotNull, Default: d.DefaultSQL, Generated: d.GeneratedSQL, Identity: d.Identity}
	if c.Identity != "" && t.Name() != "int4" && t.Name() != "int8" && t.Name() != "int2" {
		return c, sqlerr.New(sqlerr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint").At(d.Position())
	}
	return c, nil
}

// checkExpressions binds defaults and generated columns, so that a mistake shows when the table is made.
func (s *Session) checkExpressions(defs []ast.ColumnDef, r *catalog.Relation) error {
	env := s.bindEnv(s.catalog(), nil)
	for _, d := range defs {
		if d.Default != nil {
			t, err := bind.Type(d.Type)
			if err != nil {
				return err
			}
			if err := bind.NewDefault(d.Name, d.Default, t, env); err != nil {
				return placed(err, d.Default.Position())
			}
		}
		if d.Generated != nil {
			if err := bind.Generated(d.Generated, r.ColumnIndex(d.Name), r, env); err != nil {
				return err
			}
		}
	}
	return nil
}

// constrain adds a constraint to a table that is being made or altered.
func (s *Session) constrain(r *catalog.Relation, c ast.Constraint) error {
	if c.Kind == "check" {
		if _, err := bind.Check(c.X, r, s.bindEnv(s.catalog(), nil)); err != nil {
			return err
		}
		name := c.Name
		if name == "" {
			name = checkName(r, c.X)
		}
		if slices.ContainsFunc(r.Checks, func(k catalog.Check) bool { return k.Name == name }) {
			return sqlerr.New(sqlerr.DuplicateObject, "check constraint %q already exists", name).At(c.Position())
		}
		r.Checks = append(r.Checks, catalog.Check{Name: name, Text: c.SQL, NotValid: c.NotValid})
		return nil
	}
	if c.Kind == "foreign key" {
		return s.refer(s.catalog(), r, c)
	}
	k := catalog.Key{Name: c.Name, Primary: c.Kind == "primary key", Deferrable: c.Deferrable, Deferred: c.Deferred}
	for _, n := range c.Columns {
		i := r.ColumnIndex(n.Parts[0])
		switch {
		case i < 0 || r.Columns[i].Hidden:
			return sqlerr.New(sqlerr.UndefinedColumn, "column %q named in key does not exist", n.Parts[0]).At(c.Position())
		case slices.Contains(k.Columns, i):
			return sqlerr.New(sqlerr.DuplicateColumn, "column %q appears twice in %s constraint", n.Parts[0], c.Kind).At(c.Position())
		case r.Columns[i].Type == types.JSON:
			return sqlerr.New(sqlerr.UndefinedObject, "data type json has no default operator class for access method \"btree\"").At(c.Position()).
				WithHint("json has no order; jsonb has one.")
		}
		k.Columns = append(k.Columns, i)
		if k.Primary {
			r.Columns[i].NotNull = true
		}
	}
	if k.Primary {
		if len(r.Keys) > 0 && r.Keys[0].Primary {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", r.Name).At(c.Position())
		}
		r.Keys = append([]catalog.Key{k}, r.Keys...)
		return nil
	}
	if c.Name != "" && slices.ContainsFunc(r.Keys, func(have catalog.Key) bool { return have.Name == c.Name }) {
		return sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", c.Name).At(c.Position())
	}
	for i := range r.Keys { // a statement that says the same twice makes one key
		have := &r.Keys[i]
		if r.ID != 0 || !slices.Equal(have.Columns, k.Columns) || have.Deferrable != k.Deferrable || have.Deferred != k.Deferred {
			continue
		}
		have.Name = cmp.Or(have.Name, k.Name)
		return nil
	}
	r.Keys = append(r.Keys, k)
	return nil
}

// checkName is PostgreSQL's name of a check: with the column, if it reads a single one.
func checkName(r *catalog.Relation, x ast.Expr) string {
	base := r.Name
	if cols := bind.Columns(x); len(cols) == 1 {
		base += "_" + cols[0]
	}
	name := base + "_check"
	for n := 1; slices.ContainsFunc(r.Checks, func(c catalog.Check) bool { return c.Name == name }); n++ {
		name = fmt.Sprintf("%s_check%d", base, n)
	}
	return name
}

// nameConstraints gives keys without a name PostgreSQL's.
func nameConstraints(r *catalog.Relation) {
	taken := map[string]bool{}
	for i := range r.Keys {
		taken[r.Keys[i].Name] = true
	}
	for i := range r.Keys {
		k := &r.Keys[i]
		if k.Name != "" {
			continue
		}
		base := r.Name + "_pkey"
		if !k.Primary {
			parts := []string{r.Name}
			for _, c := range k.Columns {
				parts = append(parts, r.Columns[c].Name)
			}
			base = strings.Join(append(parts, "key"), "_")
		}
		k.Name = base
		for n := 1; taken[k.Name]; n++ {
			k.Name = fmt.Sprintf("%s%d", base, n)
		}
		taken[k.Name] = true
	}
}

// truncate takes all rows out of tables.
func (s *Session) truncate(ctx context.Context, x *ast.Truncate, out Output) error {
	var rs []*catalog.Relation
	for _, n := range x.Names {
		r, err := s.catalog().Find(n.Position(), n.Parts...)
		switch {
		case err != nil:
			return err
		case r.Kind == catalog.Stream:
			return sqlerr.NotSupported("TRUNCATE of a stream").At(n.Position()).WithHint("The log forgets its oldest rows by itself when it is full; DROP STREAM removes all.")
		case r.Kind != catalog.Table:
			return sqlerr.New(sqlerr.WrongObjectType, "%q is not a table", r.Name).At(n.Position())
		}
		if err := s.needs(s.catalog(), n.Position(), r, "D", nil); err != nil {
			return err
		}
		rs = append(rs, r)
	}
	rs, err := truncated(s.catalog(), rs, x.Cascade, out)
	if err != nil {
		return err
	}
	err = s.writesAll(ctx, rs, false, out, func(tx *transaction) error {
		for _, r := range rs {
			scan := &plan.Scan{Relation: r}
			for i := range r.Columns {
				scan.Columns = append(scan.Columns, i)
			}
			e, err := (&writing{s, r, tx.edits[r.ID].t, tx}).change(ctx, &bind.Change{Relation: r, Plan: scan}, nil)
			if err == nil {
				e.c.untold = true
				err = s.cascade(ctx, tx, e.c)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range rs {
		for _, q := range s.catalog().Sequences(r) {
			if !x.Restart {
				break
			}
			if err := s.e.sequences.set(q, q.Seq.Start, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func notValid(c catalog.Check) string {
	if c.NotValid {
		return " NOT VALID"
	}
	return ""
}

// tableText is a statement that makes a table like r.
func tableText(snap *catalog.Snapshot, r *catalog.Relation) string {
	var lines []string
	for _, c := range r.Visible() {
		l := pgcatalog.QuoteIdent(c.Name) + " " + types.FormatType(c.Type)
		switch {
		case c.Generated != "":
			l += " GENERATED ALWAYS AS (" + c.Generated + ") STORED"
		case c.Default != "":
			l += " DEFAULT " + c.Default
		case c.Identity == "serial":
			l = pgcatalog.QuoteIdent(c.Name) + " " + map[types.OID]string{types.OIDInt2: "smallserial", types.OIDInt4: "serial", types.OIDInt8: "bigserial"}[c.Type.OID]
		case c.Identity != "":
			l += " GENERATED " + strings.ToUpper(c.Identity) + " AS IDENTITY"
			if q := snap.ByID(c.Sequence); q != nil {
				text := pgcatalog.SequenceText(q.Seq)
				if q.Name != r.Name+"_"+c.Name+"_seq" || q.Schema != r.Schema {
					text = strings.TrimSuffix("SEQUENCE NAME "+pgcatalog.NameText(q)+" "+text, " ")
				}
				if text != "" {
					l += " (" + text + ")"
				}
			}
		}
		if c.NotNull {
			l += " NOT NULL"
		}
		lines = append(lines, l)
	}
	for _, k := range r.Keys {
		names := make([]string, len(k.Columns))
		for i, c := range k.Columns {
			names[i] = pgcatalog.QuoteIdent(r.Columns[c].Name)
		}
		kind := "UNIQUE"
		if k.Primary {
			kind = "PRIMARY KEY"
		}
		lines = append(lines, "CONSTRAINT "+pgcatalog.QuoteIdent(k.Name)+" "+kind+" ("+strings.Join(names, ", ")+")"+pgcatalog.DeferralText(k.Deferrable, k.Deferred))
	}
	for _, c := range r.Checks {
		lines = append(lines, "CONSTRAINT "+pgcatalog.QuoteIdent(c.Name)+" CHECK ("+c.Text+")"+notValid(c))
	}
	for i := range r.Foreign {
		if text := pgcatalog.ForeignText(snap, r, &r.Foreign[i]); text != "" {
			lines = append(lines, "CONSTRAINT "+pgcatalog.QuoteIdent(r.Foreign[i].Name)+" "+text)
		}
	}
	what := "CREATE TABLE " + pgcatalog.NameText(r)
	if catalog.IsTemp(r.Schema) {
		what = "CREATE TEMPORARY TABLE " + pgcatalog.QuoteIdent(r.Name)
	}
	return what + " (" + strings.Join(lines, ", ") + ")"
}
