package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/plan"
)

// distinctOn binds DISTINCT ON: the order whose first keys, as many as prefix says, make the groups. The ORDER BY must
// begin with them; what it does not name comes after.
func (s *selection) distinctOn(p *plan.Project, order []plan.SortKey) (keys []plan.SortKey, prefix int, err error) {
	type entry struct{ column, pos int }
	var on []entry
	for _, x := range s.s.DistinctOn {
		c, err := s.orderColumn(p, x, "DISTINCT ON")
		if err != nil {
			return nil, 0, err
		}
		if !slices.ContainsFunc(on, func(e entry) bool { return e.column == c }) {
			on = append(on, entry{c, start(x)})
		}
	}
	if on == nil {
		return nil, 0, nil
	}
	mismatch := func(pos int) error {
		return sqlerr.New(sqlerr.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions").At(pos)
	}
	has := func(column int) bool {
		return slices.ContainsFunc(keys, func(k plan.SortKey) bool { return k.Column == column })
	}
	skipped := false
	var rest []plan.SortKey
	for _, k := range order {
		at := slices.IndexFunc(on, func(e entry) bool { return e.column == k.Column })
		switch {
		case at < 0:
			skipped = true
			rest = append(rest, k)
		case has(k.Column):
		case skipped:
			return nil, 0, mismatch(on[at].pos)
		default:
			keys = append(keys, k)
		}
	}
	for _, e := range on {
		switch {
		case has(e.column):
		case skipped:
			return nil, 0, mismatch(e.pos)
		default:
			keys = append(keys, plan.SortKey{Column: e.column})
		}
	}
	return append(slices.Clone(keys), rest...), len(keys), nil
}
