package pgcatalog

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// sequenceFunction gives the functions of sequences (manual, 9.17).
func (s *State) sequenceFunction(name string) answer {
	switch name {
	case "nextval":
		return s.onSequence("Uw", func(r *catalog.Relation, _ expr.Asked, _ uint32) (int64, error) { return s.Session.NextNumber(r) })
	case "currval":
		return s.onSequence("Ur", func(r *catalog.Relation, _ expr.Asked, _ uint32) (int64, error) {
			if n, _, ok := s.Session.Number(r.ID); ok {
				return n, nil
			}
			return 0, sqlerr.New(sqlerr.ObjectNotInState, "currval of sequence %q is not yet defined in this session", r.Name)
		})
	case "setval":
		return s.onSequence("w", func(r *catalog.Relation, a expr.Asked, row uint32) (int64, error) {
			n := a.Int(1, row)
			if n < r.Seq.Min || n > r.Seq.Max {
				return 0, sqlerr.New(sqlerr.NumericValueOutOfRange, "setval: value %d is out of bounds for sequence %q (%d..%d)", n, r.Name, r.Seq.Min, r.Seq.Max)
			}
			return n, s.Session.SetNumber(r, n, a.Len() < 3 || a.Bool(2, row))
		})
	case "lastval":
		return func(_ expr.Asked, _ uint32, out *batch.Builder) error {
			n, of, ok := s.Session.Number(0)
			if !ok || s.Snapshot.ByID(of) == nil {
				return sqlerr.New(sqlerr.ObjectNotInState, "lastval is not yet defined in this session")
			}
			if err := s.mayUse(s.Snapshot.ByID(of), "Ur"); err != nil {
				return err
			}
			batch.Put(out, n)
			return nil
		}
	case "pg_get_serial_sequence":
		return s.serialSequence
	}
	return nil
}

// mayUse refuses a sequence to who has none of the privileges in any.
func (s *State) mayUse(r *catalog.Relation, anyOf string) error {
	rights := s.Session.Rights(s.Snapshot)
	for _, p := range anyOf {
		if rights.Relation(r, string(p)) {
			return nil
		}
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for sequence %s", r.Name)
}

// onSequence answers for the sequence that the first argument names, of which the user has to have a privilege in anyOf.
func (s *State) onSequence(anyOf string, do func(r *catalog.Relation, a expr.Asked, row uint32) (int64, error)) answer {
	return func(a expr.Asked, row uint32, out *batch.Builder) error {
		r := s.Snapshot.ByID(uint32(a.Int(0, row)))
		switch {
		case r == nil:
			return sqlerr.New(sqlerr.UndefinedTable, "could not open relation with OID %d", a.Int(0, row))
		case r.Seq == nil:
			return sqlerr.New(sqlerr.WrongObjectType, "%q is not a sequence", r.Name)
		}
		if err := s.mayUse(r, anyOf); err != nil {
			return err
		}
		n, err := do(r, a, row)
		if err != nil {
			return err
		}
		batch.Put(out, n)
		return nil
	}
}

func (s *State) serialSequence(a expr.Asked, row uint32, out *batch.Builder) error {
	r, err := s.relationNamed(a.Text(0, row))
	if err != nil {
		return err
	}
	i := r.ColumnIndex(a.Text(1, row))
	if i < 0 {
		return sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", a.Text(1, row), r.Name)
	}
	owned := s.Snapshot.OwnedBy(&r.Columns[i])
	if len(owned) == 0 {
		out.Null()
		return nil
	}
	out.String(qualified(owned[0]))
	return nil
}

func (s *State) sequenceRelations() []*catalog.Relation {
	var out []*catalog.Relation
	for _, r := range s.relations() {
		if r.Seq != nil {
			out = append(out, r)
		}
	}
	return out
}

func (s *State) pgSequence(out *rows) {
	for _, r := range s.sequenceRelations() {
		q := r.Seq
		out.add("seqrelid", r.ID, "seqtypid", q.Type.OID, "seqstart", q.Start, "seqincrement", q.Increment, "seqmax", q.Max, "seqmin", q.Min,
			"seqcache", q.Cache, "seqcycle", q.Cycle)
	}
}

func (s *State) pgSequences(out *rows) {
	for _, r := range s.sequenceRelations() {
		q := r.Seq
		row := []any{
			"schemaname", r.Schema, "sequencename", r.Name, "sequenceowner", r.Owner, "data_type", q.Type.OID, "start_value", q.Start,
			"min_value", q.Min, "max_value", q.Max, "increment_by", q.Increment, "cycle", q.Cycle, "cache_size", q.Cache,
		}
		if n, called, err := s.Session.Stands(r); err == nil && called {
			row = append(row, "last_value", n)
		}
		out.add(row...)
	}
}

// infoSequences leaves out those of identity columns, as the standard has them inside their columns.
func (s *State) infoSequences(out *rows) {
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	bits := map[types.OID]int{types.OIDInt2: 16, types.OIDInt4: 32, types.OIDInt8: 64}
	for _, r := range s.sequenceRelations() {
		if t, col, counts := s.Snapshot.SequenceOwner(r.ID); counts && t.Columns[col].Identity != "serial" {
			continue
		}
		q := r.Seq
		out.add("sequence_catalog", s.Session.Database(), "sequence_schema", r.Schema, "sequence_name", r.Name, "data_type", types.FormatType(q.Type),
			"numeric_precision", bits[q.Type.OID], "numeric_precision_radix", 2, "numeric_scale", 0, "start_value", text(q.Start), "minimum_value", text(q.Min),
			"maximum_value", text(q.Max), "increment", text(q.Increment), "cycle_option", yesNo(q.Cycle))
	}
}

// SequenceText is the options in which a sequence differs from one that was made without any.
func SequenceText(q *catalog.Sequence) string {
	plain := catalog.Sequence{Type: q.Type, Increment: q.Increment, Cache: 1, Min: 1, Max: int64(1)<<(bitsOf(q.Type)-1) - 1}
	if q.Increment < 0 {
		plain.Min, plain.Max = -plain.Max-1, -1
	}
	var out []string
	add := func(word string, have, usual int64) {
		if have != usual {
			out = append(out, word+" "+strconv.FormatInt(have, 10))
		}
	}
	add("INCREMENT BY", q.Increment, 1)
	add("MINVALUE", q.Min, plain.Min)
	add("MAXVALUE", q.Max, plain.Max)
	if q.Increment > 0 {
		add("START WITH", q.Start, q.Min)
	} else {
		add("START WITH", q.Start, q.Max)
	}
	add("CACHE", q.Cache, 1)
	if q.Cycle {
		out = append(out, "CYCLE")
	}
	return strings.Join(out, " ")
}

func bitsOf(t types.Type) int { return int(t.Len()) * 8 }
