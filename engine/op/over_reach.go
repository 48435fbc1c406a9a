package op

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/value"
)

// overReach is how far the rows of a window look around themselves. It also says, turned round, which rows a row that
// comes or goes may change.
type overReach struct {
	spec *OverSpec
	// whole: a row may change all rows of its partition. running: rows know of all rows before them. first: they know
	// the partition's first row.
	whole, running, first bool
	before, after         distance
}

// distance is how far rows look in one direction: the greatest of some rows, groups of equal rows, and the values in
// columns.
type distance struct {
	rows, groups int64
	values       []int
}

func reachOf(spec *OverSpec) overReach {
	r := overReach{spec: spec, whole: len(spec.Order) == 0}
	for i := range spec.Calls {
		r.add(&spec.Calls[i])
	}
	return r
}

func (r *overReach) add(c *OverCall) {
	switch c.Name {
	case "row_number", "rank", "dense_rank":
		r.running = true
		return
	case "percent_rank", "cume_dist", "ntile":
		r.whole = true
		return
	case "lag", "lead":
		r.shift(c)
		return
	}
	f := &c.Frame
	for _, b := range []FrameBound{f.Start, f.End} {
		r.bound(f.Unit, b)
	}
	if f.End.Kind == UnboundedFollowing {
		r.whole = true
	}
	if f.Start.Kind != UnboundedPreceding {
		return
	}
	switch {
	case c.Agg != nil:
		r.running = true
	case f.Exclude != ExcludeNone || c.Name == "nth_value":
		r.whole = true
	case c.Name == "first_value":
		r.first = true
	}
}

// shift adds lag or lead.
func (r *overReach) shift(c *OverCall) {
	n := int64(1)
	if len(c.Args) > 1 {
		if c.Distance == nil {
			r.whole = true
			return
		}
		n = *c.Distance
	}
	if c.Name == "lead" {
		n = -n
	}
	r.before.rows, r.after.rows = max(r.before.rows, n), max(r.after.rows, -n)
}

func (r *overReach) bound(unit FrameUnit, b FrameBound) {
	d := &r.before
	switch b.Kind {
	case OffsetPreceding:
	case OffsetFollowing:
		d = &r.after
	default:
		return
	}
	switch {
	case unit == FrameRange:
		d.values = append(d.values, b.Column)
		key := r.spec.Order[0].Col
		r.whole = r.whole || r.spec.Input[key].Type.OID != r.spec.Input[b.Column].Type.OID // their keys are not of one order
	case b.Most <= 0:
		r.whole = true
	case unit == FrameRows:
		d.rows = max(d.rows, b.Most)
	default:
		d.groups = max(d.groups, b.Most)
	}
}

// stretch gives the first and the last place, "" being the partition's end, of the rows that a change at a place may have changed.
func (r *overReach) stretch(s sorted, at Place) (lo, hi string) {
	lo = s.back(at.Partition, at.At, r.after.rows, r.after.groups)
	if len(r.after.values) > 0 {
		lo = min(lo, r.changedBack(s, at))
	}
	if r.running || r.first && at.At <= s.firstOf(at.Partition) {
		return lo, ""
	}
	hi = s.onward(at.Partition, at.At, r.before.rows, r.before.groups)
	if len(r.before.values) > 0 {
		hi = max(hi, r.changedOnward(s, at))
	}
	return lo, hi
}

// context gives the first and the last place of the rows that rows lo to hi look at.
func (r *overReach) context(s sorted, group, lo, hi string) (first, last string) {
	first = s.back(group, lo, r.before.rows, r.before.groups)
	if len(r.before.values) > 0 {
		s.from(lo, func(e weighted) bool {
			if within(e.record, group) {
				rows := r.decode(e)
				for _, col := range r.before.values {
					if at, ok := r.looked(&rows, 0, group, col); ok {
						first = min(first, at)
					}
				}
			}
			return false
		})
	}
	if hi == "" {
		return first, ""
	}
	last = s.onward(group, hi, r.after.rows, r.after.groups)
	if e, ok := s.lastUpTo(group, hi); ok && len(r.after.values) > 0 {
		rows := r.decode(e)
		for _, col := range r.after.values {
			if at, ok := r.looked(&rows, 0, group, col); ok {
				last = max(last, at)
			}
		}
	}
	return first, last
}

func (r *overReach) decode(es ...weighted) batch.Batch { return regionOf(r.spec.Input, "", es).Rows }

// nothingBefore says whether no row looks at a given number of rows before it, or so far back.
func (r *overReach) nothingBefore() bool {
	return r.before.rows <= 0 && r.before.groups <= 0 && len(r.before.values) == 0
}

// looked is the place that row i looks to by the value in a column; false: it looks at its equals only.
func (r *overReach) looked(rows *batch.Batch, i int, group string, col int) (string, bool) {
	k, c := r.spec.Order[0], &rows.Cols[col]
	if rows.Cols[k.Col].Null(i) || c.Null(i) {
		return "", false
	}
	return string(value.AppendOrderKey([]byte(group), c, i, k.Desc, k.NullsFirst)), true
}

// reachChunk is how many records are decoded at once where it is not known how many will matter.
const reachChunk = 32

// changedOnward gives the last place after at whose rows look back to it by a value.
func (r *overReach) changedOnward(s sorted, at Place) string {
	return r.changedBy(at, r.before.values, func(visit func(weighted) bool) { s.from(at.At, visit) },
		func(place string) bool { return place <= at.At })
}

// changedBack gives the first place before at whose rows look forward to it by a value.
func (r *overReach) changedBack(s sorted, at Place) string {
	return r.changedBy(at, r.after.values, func(visit func(weighted) bool) { s.before(at.At, visit) },
		func(place string) bool { return place >= at.At })
}

// changedBy goes through records away from at, as far as they look back to it: the values of a partition's rows are in their
// order, so the first that does not ends it.
func (r *overReach) changedBy(at Place, values []int, walk func(visit func(weighted) bool), reached func(place string) bool) string {
	last, chunk := at.At, make([]weighted, 0, reachChunk)
	look := func() bool {
		rows := r.decode(chunk...)
		for i, e := range chunk {
			looks := false
			for _, col := range values {
				place, ok := r.looked(&rows, i, at.Partition, col)
				looks = looks || ok && reached(place)
			}
			if !looks {
				return false
			}
			last = sortPart(e.record)
		}
		chunk = chunk[:0]
		return true
	}
	ended := true
	walk(func(e weighted) bool {
		if !within(e.record, at.Partition) {
			return false
		}
		if sortPart(e.record) == at.At || e.n <= 0 {
			return true
		}
		if chunk = append(chunk, e); len(chunk) < reachChunk {
			return true
		}
		ended = look()
		return ended
	})
	if ended {
		look()
	}
	return last
}

// onward gives the last place of so many rows, and groups of equal rows, after a place; at least the place itself.
func (s sorted) onward(group, place string, rows, groups int64) string {
	return away(group, place, rows, groups, func(visit func(weighted) bool) { s.from(place, visit) })
}

// back gives the first place of so many rows, and groups of equal rows, before a place; at most the place itself.
func (s sorted) back(group, place string, rows, groups int64) string {
	return away(group, place, rows, groups, func(visit func(weighted) bool) { s.before(place, visit) })
}

func away(group, place string, rows, groups int64, walk func(visit func(weighted) bool)) string {
	last := place
	if rows <= 0 && groups <= 0 {
		return last
	}
	walk(func(e weighted) bool {
		at := sortPart(e.record)
		switch {
		case !within(e.record, group):
			return false
		case at == place || e.n <= 0:
			return true
		case at != last && rows <= 0 && groups <= 0:
			return false
		case at != last:
			groups--
		}
		last = at
		rows -= e.n
		return true
	})
	return last
}

// firstOf gives the first place of a partition, "" if it has no rows.
func (s sorted) firstOf(group string) (place string) {
	s.from(group, func(e weighted) bool {
		if within(e.record, group) {
			place = sortPart(e.record)
		}
		return false
	})
	return place
}

// lastUpTo gives the last record of a partition that is not after a place.
func (s sorted) lastUpTo(group, place string) (last weighted, ok bool) {
	s.from(place, func(e weighted) bool {
		if sortPart(e.record) == place {
			last, ok = e, true
		}
		return false
	})
	if ok {
		return last, true
	}
	s.before(place, func(e weighted) bool {
		last, ok = e, within(e.record, group)
		return false
	})
	return last, ok
}

// lastOf gives the last record of a partition.
func (s sorted) lastOf(group string) (last weighted, ok bool) {
	take := func(e weighted) bool {
		last, ok = e, within(e.record, group)
		return false
	}
	if end := behind(group); end != "" {
		s.before(end, take)
	} else if n := len(s.dir); n > 0 {
		entries := s.dir[n-1].entries
		take(entries[len(entries)-1])
	}
	return last, ok
}
