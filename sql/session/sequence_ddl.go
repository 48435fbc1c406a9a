package session

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
)

// sequenceRange is the least and the greatest number of a type that sequences may have.
func sequenceRange(t types.Type) (least, most int64, ok bool) {
	switch t.OID {
	case types.OIDInt2:
		return math.MinInt16, math.MaxInt16, true
	case types.OIDInt4:
		return math.MinInt32, math.MaxInt32, true
	case types.OIDInt8:
		return math.MinInt64, math.MaxInt64, true
	}
	return 0, 0, false
}

func invalidSequence(format string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
}

// sequenceOf is a sequence with options: a new one of type t, or was with some of them changed.
func sequenceOf(t types.Type, was *catalog.Sequence, opts []ast.SequenceOption) (*catalog.Sequence, error) {
	q := &catalog.Sequence{Type: t, Increment: 1, Cache: 1}
	if was != nil {
		*q = *was
	}
	byName := map[string]ast.SequenceOption{}
	for _, o := range opts {
		byName[o.Name] = o
	}
	if o, ok := byName["as"]; ok {
		at, err := bind.Type(o.Type)
		if err != nil {
			return nil, placed(err, o.Type.Position())
		}
		q.Type = at
	}
	least, most, ok := sequenceRange(q.Type)
	if !ok {
		return nil, invalidSequence("sequence type must be smallint, integer, or bigint")
	}
	if o, ok := byName["increment"]; ok {
		if q.Increment = *o.Number; q.Increment == 0 {
			return nil, invalidSequence("INCREMENT must not be zero")
		}
	}
	if o, ok := byName["cycle"]; ok {
		q.Cycle = !o.None
	}
	if err := sequenceBounds(q, was, byName, least, most); err != nil {
		return nil, err
	}
	if o, ok := byName["cache"]; ok {
		if q.Cache = *o.Number; q.Cache < 1 {
			return nil, invalidSequence("CACHE (%d) must be greater than zero", q.Cache)
		}
	}
	return q, nil
}

// sequenceBounds fills in MINVALUE, MAXVALUE and START.
func sequenceBounds(q, was *catalog.Sequence, byName map[string]ast.SequenceOption, least, most int64) error {
	reset := func(bound func(types.Type) int64, have int64) bool { // ALTER ... AS moves a bound that was the type's own
		return was != nil && was.Type != q.Type && have == bound(was.Type)
	}
	least1 := func(t types.Type) int64 { l, _, _ := sequenceRange(t); return l }
	most1 := func(t types.Type) int64 { _, m, _ := sequenceRange(t); return m }
	if o, ok := byName["maxvalue"]; ok && !o.None {
		q.Max = *o.Number
	} else if own := reset(most1, q.Max); ok || own || was == nil {
		if q.Max = most; q.Increment < 0 && !own {
			q.Max = -1
		}
	}
	if q.Max < least || q.Max > most {
		return invalidSequence("MAXVALUE (%d) is out of range for sequence data type %s", q.Max, types.FormatType(q.Type))
	}
	if o, ok := byName["minvalue"]; ok && !o.None {
		q.Min = *o.Number
	} else if own := reset(least1, q.Min); ok || own || was == nil {
		if q.Min = 1; q.Increment < 0 || own {
			q.Min = least
		}
	}
	if q.Min < least || q.Min > most {
		return invalidSequence("MINVALUE (%d) is out of range for sequence data type %s", q.Min, types.FormatType(q.Type))
	}
	if q.Min >= q.Max {
		return invalidSequence("MINVALUE (%d) must be less than MAXVALUE (%d)", q.Min, q.Max)
	}
	if o, ok := byName["start"]; ok {
		q.Start = *o.Number
	} else if was == nil {
		if q.Start = q.Min; q.Increment < 0 {
			q.Start = q.Max
		}
	}
	switch {
	case q.Start < q.Min:
		return invalidSequence("START value (%d) cannot be less than MINVALUE (%d)", q.Start, q.Min)
	case q.Start > q.Max:
		return invalidSequence("START value (%d) cannot be greater than MAXVALUE (%d)", q.Start, q.Max)
	}
	return nil
}

func sequenceRelation(owner string, q *catalog.Sequence) *catalog.Relation {
	return &catalog.Relation{Kind: catalog.SequenceKind, Owner: owner, EventTime: -1, Columns: catalog.SequenceColumns(), Seq: q}
}

// createSequence is CREATE SEQUENCE.
func (s *Session) createSequence(ctx context.Context, x *ast.CreateSequence, out Output) error {
	for _, o := range x.Options {
		if o.Name == "restart" {
			return sqlerr.New(sqlerr.SyntaxError, "RESTART is not an option of CREATE SEQUENCE").At(o.Position())
		}
	}
	q, err := sequenceOf(types.Int8, nil, x.Options)
	if err != nil {
		return err
	}
	own, err := s.ownName(ctx, x.Name, x.Temp)
	if err != nil {
		return err
	}
	return s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		schema, name, there, err := s.newName(old, own, x.IfNotExists, out)
		if err != nil || there {
			return old, err
		}
		r := sequenceRelation(s.User, q)
		r.ID, r.Schema, r.Name, r.Created = old.NextID, schema, name, version
		return s.ownSequence(old.With(version, r), version, r, x.Options)
	})
}

// ownSequence is OWNED BY.
func (s *Session) ownSequence(snap *catalog.Snapshot, version uint64, r *catalog.Relation, opts []ast.SequenceOption) (*catalog.Snapshot, error) {
	i := slices.IndexFunc(opts, func(o ast.SequenceOption) bool { return o.Name == "owned by" })
	if i < 0 {
		return snap, nil
	}
	o := opts[i]
	was, at, counts := snap.SequenceOwner(r.ID)
	if counts && was.Columns[at].Identity != "serial" {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot change ownership of identity sequence").WithDetail("Sequence %q is linked to table %q.", r.Name, was.Name)
	}
	if counts {
		return nil, sqlerr.NotSupported("OWNED BY of a sequence that a serial column counts by")
	}
	if was != nil {
		c := *was
		c.Columns = slices.Clone(was.Columns)
		c.Columns[at].Owns = slices.DeleteFunc(slices.Clone(c.Columns[at].Owns), func(id uint32) bool { return id == r.ID })
		snap = snap.With(version, &c)
	}
	if o.None {
		return snap, nil
	}
	n := len(o.Owner.Parts)
	if n < 2 {
		return nil, sqlerr.New(sqlerr.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	t, err := snap.Find(o.Owner.Position(), o.Owner.Parts[:n-1]...)
	if err != nil {
		return nil, err
	}
	if t.Kind != catalog.Table {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "sequence cannot be owned by relation %q", t.Name)
	}
	if err := s.mustOwn(snap, t); err != nil {
		return nil, err
	}
	switch col := t.ColumnIndex(o.Owner.Parts[n-1]); {
	case col < 0 || t.Columns[col].Hidden:
		return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", o.Owner.Parts[n-1], t.Name)
	case t.Schema != r.Schema:
		return nil, sqlerr.New(sqlerr.ObjectNotInState, "sequence must be in same schema as table it is linked to")
	default:
		c := *t
		c.Columns = slices.Clone(t.Columns)
		c.Columns[col].Owns = append(slices.Clone(c.Columns[col].Owns), r.ID)
		return snap.With(version, &c), nil
	}
}

// alterSequence is ALTER SEQUENCE with options.
func (s *Session) alterSequence(ctx context.Context, x *ast.AlterSequence, out Output) error {
	var after func() error
	err := s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		r, err := old.Find(x.Name.Position(), x.Name.Parts...)
		switch {
		case err != nil && x.IfExists:
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "relation %q does not exist, skipping", last(x.Name)))
			return old, nil
		case err != nil:
			return nil, err
		case r.Kind != catalog.SequenceKind:
			return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a sequence", r.Name).At(x.Name.Position())
		}
		if err := s.mustOwn(old, r); err != nil {
			return nil, err
		}
		c := *r
		if after, err = s.reset(&c, x.Options); err != nil {
			return nil, err
		}
		return s.ownSequence(old.With(version, &c), version, &c, x.Options)
	})
	if err == nil && after != nil {
		err = after()
	}
	return err
}

// reset gives a sequence other options, and what has it stand where they say.
func (s *Session) reset(r *catalog.Relation, opts []ast.SequenceOption) (after func() error, err error) {
	q, err := sequenceOf(r.Seq.Type, r.Seq, opts)
	if err != nil {
		return nil, err
	}
	at, called, err := s.e.sequences.stands(r)
	if err != nil {
		return nil, err
	}
	was := at
	for _, o := range opts {
		if o.Name == "restart" {
			if at, called = q.Start, false; o.Number != nil {
				at = *o.Number
			}
		}
	}
	switch {
	case at < q.Min:
		return nil, invalidSequence("RESTART value (%d) cannot be less than MINVALUE (%d)", at, q.Min)
	case at > q.Max:
		return nil, invalidSequence("RESTART value (%d) cannot be greater than MAXVALUE (%d)", at, q.Max)
	}
	if r.Seq = q; at == was && called {
		return nil, nil
	}
	c := *r
	return func() error { return s.e.sequences.set(&c, at, called) }, nil
}

// withSequence adds the sequence of a column that counts by itself, under the ID that the column has for it.
func (s *Session) withSequence(snap *catalog.Snapshot, version uint64, r *catalog.Relation, column int, opts []ast.SequenceOption) (*catalog.Snapshot, error) {
	c := &r.Columns[column]
	q, err := sequenceOf(c.Type, nil, opts)
	if err != nil {
		return nil, err
	}
	seq := sequenceRelation(r.Owner, q)
	base := r.Name + "_" + c.Name
	if over := len(base) - 59; over > 0 {
		base = strings.ToValidUTF8(base[:59], "")
	}
	seq.ID, seq.Schema, seq.Name, seq.Created = c.Sequence, r.Schema, base+"_seq", version
	for _, o := range opts {
		if o.Name == "sequence name" {
			if seq.Name = last(o.Owner); len(o.Owner.Parts) > 1 {
				seq.Schema = o.Owner.Parts[len(o.Owner.Parts)-2]
			}
			if snap.Lookup(seq.Schema, seq.Name) != nil {
				return nil, sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", seq.Name)
			}
		}
	}
	for n := 1; snap.Lookup(seq.Schema, seq.Name) != nil; n++ {
		seq.Name = base + "_seq" + strconv.Itoa(n)
	}
	return snap.With(version, seq), nil
}

// countedBy finds the columns whose defaults name a sequence.
func countedBy(snap *catalog.Snapshot, seq *catalog.Relation) (tables []*catalog.Relation, columns []int) {
	for _, r := range snap.Relations() {
		for i := range r.Columns {
			if c := &r.Columns[i]; c.Identity == "serial" && c.Sequence == seq.ID || namesSequence(snap, c.Default, seq) {
				tables, columns = append(tables, r), append(columns, i)
			}
		}
	}
	return tables, columns
}

// namesSequence says whether an expression has the name of a sequence in a string.
func namesSequence(snap *catalog.Snapshot, text string, seq *catalog.Relation) bool {
	if !strings.Contains(text, seq.Name) {
		return false
	}
	x, err := parse.Expr(text)
	return err == nil && slices.ContainsFunc(bind.Strings(x), func(name string) bool {
		parts, ok := splitQualified(name)
		return ok && snap.Lookup(parts...) == seq
	})
}

// splitQualified reads a name with points, as regclass does.
func splitQualified(name string) ([]string, bool) {
	parts, ok := nameList(strings.ReplaceAll(name, ".", ","))
	return parts, ok && len(parts) > 0
}

// sequenceMoves refuses another name or schema for a sequence that a default names in its text.
func sequenceMoves(snap *catalog.Snapshot, seq *catalog.Relation) error {
	tables, columns := countedBy(snap, snap.ByID(seq.ID))
	for i, t := range tables {
		if c := &t.Columns[columns[i]]; c.Identity == "" {
			return sqlerr.NotSupported("another name or schema for a sequence that a default names").
				WithDetail("The default of column %s of table %s names it.", c.Name, t.QualifiedName())
		}
	}
	return nil
}

// sequencesGo says what a DROP SEQUENCE does to the columns that count by them.
func sequencesGo(snap *catalog.Snapshot, version uint64, doomed []*catalog.Relation, cascade bool, out Output) (*catalog.Snapshot, error) {
	for _, q := range doomed {
		if q.Seq == nil {
			continue
		}
		if t, col, counts := snap.SequenceOwner(q.ID); counts && t.Columns[col].Identity != "serial" {
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s because column %s of table %s requires it", called(snap, q), t.Columns[col].Name, t.Name).
				WithHint("You can drop column %s of table %s instead.", t.Columns[col].Name, t.Name)
		}
		tables, columns := countedBy(snap, q)
		var says []string
		for i, t := range tables {
			says = append(says, "default value for column "+t.Columns[columns[i]].Name+" of "+called(snap, t)+" depends on "+called(snap, q))
		}
		if len(says) > 0 && !cascade {
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s because other objects depend on it", called(snap, q)).
				WithDetail("%s", strings.Join(says, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
		for i, t := range tables {
			what := "default value for column " + t.Columns[columns[i]].Name + " of " + called(snap, t)
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to %s", what))
			c := *snap.ByID(t.ID)
			c.Columns = slices.Clone(c.Columns)
			col := &c.Columns[columns[i]]
			col.Default = ""
			if col.Sequence == q.ID {
				col.Identity, col.Sequence = "", 0
			}
			c.Shaped = version
			snap = snap.With(version, &c)
		}
		if t, col, _ := snap.SequenceOwner(q.ID); t != nil {
			c := *t
			c.Columns = slices.Clone(c.Columns)
			c.Columns[col].Owns = slices.DeleteFunc(slices.Clone(c.Columns[col].Owns), func(id uint32) bool { return id == q.ID })
			snap = snap.With(version, &c)
		}
	}
	return snap, nil
}

// readSequence gives the one row of a sequence.
func (e *Engine) readSequence(ctx context.Context, r *catalog.Relation, to picked) error {
	n, called, err := e.sequences.stands(r)
	if err != nil {
		return err
	}
	ints, zero, flag := batch.NewBuilder(types.Int8, 1), batch.NewBuilder(types.Int8, 1), batch.NewBuilder(types.Bool, 1)
	batch.Put(ints, n)
	batch.Put(zero, int64(0))
	flag.Bool(called)
	return to.Push(ctx, &batch.Batch{N: 1, Cols: []batch.Column{ints.Finish(), zero.Finish(), flag.Finish()}})
}
