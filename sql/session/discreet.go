package session

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// discreet takes values out of the detail of an error that the current user may not read.
func (s *Session) discreet(err error) {
	e, ok := sqlerr.As(err)
	if !ok || e.Table == "" || !strings.HasPrefix(e.Detail, "Key (") {
		return
	}
	snap := s.catalog()
	r := snap.Lookup(e.Schema, e.Table)
	if r == nil {
		return
	}
	switch e.Code {
	case sqlerr.UniqueViolation:
		if at := slices.IndexFunc(r.Keys, func(k catalog.Key) bool { return k.Name == e.Constraint }); at >= 0 && !s.mayRead(snap, r, r.Keys[at].Columns) {
			e.Detail = ""
		}
	case sqlerr.ForeignKeyViolation:
		at := slices.IndexFunc(r.Foreign, func(f catalog.ForeignKey) bool { return f.Name == e.Constraint })
		if at < 0 {
			return
		}
		f := &r.Foreign[at]
		cols, _ := f.InOrder(f.Columns)
		_, rest, _ := strings.Cut(e.Detail, " is not present in table ")
		what := "Key is not present in table "
		if rest == "" {
			var k int
			if r, k = snap.ParentKey(f); r == nil {
				return
			}
			cols = r.Keys[k].Columns
			_, rest, _ = strings.Cut(e.Detail, " is still referenced from table ")
			what = "Key is still referenced from table "
		}
		if !s.mayRead(snap, r, cols) {
			e.Detail = what + rest
		}
	}
}

func (s *Session) mayRead(snap *catalog.Snapshot, r *catalog.Relation, columns []int) bool {
	rights := s.rights(snap)
	return !slices.ContainsFunc(columns, func(c int) bool { return !rights.Column(r, c, 'r') })
}
