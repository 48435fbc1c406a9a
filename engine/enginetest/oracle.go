package enginetest

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// Table is rows with weights: the naive interpreter that operators are compared with. Its methods never change it.
type Table []Row

// Aggregate computes a value of a group from its rows, whose net weights are positive.
type Aggregate func(rows Table) any

// Of puts the rows of all epochs together.
func Of(epochs []Epoch) Table {
	var t Table
	for _, e := range epochs {
		t = append(t, e.Rows...)
	}
	return t
}

// Net adds up the weights of equal rows, leaves out those that cancel, and sorts by values.
func (t Table) Net() Table {
	weights := map[string]*Row{}
	for _, r := range t {
		if w := weights[r.key()]; w != nil {
			w.Diff += r.Diff
		} else {
			weights[r.key()] = &Row{Vals: r.Vals, Diff: r.Diff}
		}
	}
	var net Table
	for _, r := range weights {
		if r.Diff != 0 {
			net = append(net, *r)
		}
	}
	slices.SortFunc(net, func(a, b Row) int { return slices.CompareFunc(a.Vals, b.Vals, compareValues) })
	return net
}

// Negate turns every weight: what takes t back.
func (t Table) Negate() Table {
	out := slices.Clone(t)
	for i := range out {
		out[i].Diff = -out[i].Diff
	}
	return out
}

// Filter keeps the rows that keep says.
func (t Table) Filter(keep func(vals []any) bool) Table {
	var out Table
	for _, r := range t {
		if keep(r.Vals) {
			out = append(out, r)
		}
	}
	return out
}

// Project gives each row the values that of computes.
func (t Table) Project(of func(vals []any) []any) Table {
	var out Table
	for _, r := range t {
		out = append(out, Row{of(r.Vals), r.Diff})
	}
	return out
}

// Group gives one row per distinct value of the key columns: the keys and the aggregates.
func (t Table) Group(keys []int, aggs ...Aggregate) Table {
	groups := map[string]Table{}
	for _, r := range t.Net() {
		k := keyOf(r, keys).key()
		groups[k] = append(groups[k], r)
	}
	var out Table
	for _, rows := range groups {
		r := keyOf(rows[0], keys)
		for _, a := range aggs {
			r.Vals = append(r.Vals, a(rows))
		}
		out = append(out, r)
	}
	return out.Net()
}

func keyOf(r Row, keys []int) Row {
	k := Row{Diff: 1}
	for _, i := range keys {
		k.Vals = append(k.Vals, r.Vals[i])
	}
	return k
}

// Hop gives every row once per window that its time, in column col, lies in, with the columns window_start, window_end
// and window_time after its own. It tries every window near the time, which is slow and cannot be wrong.
func (t Table) Hop(col int, size, slide, offset types.Micros) Table {
	var out Table
	for _, r := range t {
		at, ok := r.Vals[col].(types.Micros)
		if !ok {
			continue
		}
		near := (at - offset) / slide
		for k := near - size/slide - 2; k <= near+2; k++ {
			start := offset + k*slide
			if start <= at && at < start+size {
				vals := append(slices.Clone(r.Vals), start, start+size, start+size-1)
				out = append(out, Row{vals, r.Diff})
			}
		}
	}
	return out
}

// Cumulate gives every row once per growing window that its time, in column col, lies in, as Hop does.
func (t Table) Cumulate(col int, step, size, offset types.Micros) Table {
	var out Table
	for n := types.Micros(1); n <= size/step; n++ {
		out = append(out, t.Hop(col, n*step, size, offset)...)
	}
	return out
}

// Sessions gives every row with the bounds of its session: rows of equal keys whose times, in column col, follow each
// other by less than gap. It looks from each row's time to earlier and later ones as long as another is near.
func (t Table) Sessions(col int, gap types.Micros, keys ...int) Table {
	var out Table
	for _, r := range t.Net() {
		at, ok := r.Vals[col].(types.Micros)
		if !ok {
			continue
		}
		first, last := at, at
		for again := true; again; {
			again = false
			for _, o := range t.Net() {
				x, ok := o.Vals[col].(types.Micros)
				if !ok || keyOf(o, keys).key() != keyOf(r, keys).key() {
					continue
				}
				if x < first && first-x < gap {
					first, again = x, true
				}
				if x > last && x-last < gap {
					last, again = x, true
				}
			}
		}
		out = append(out, Row{append(slices.Clone(r.Vals), first, last+gap, last+gap-1), r.Diff})
	}
	return out
}

// CountAll is count(*).
func CountAll(rows Table) any {
	n := int64(0)
	for _, r := range rows {
		n += r.Diff
	}
	return n
}

// Count is count(column).
func Count(col int) Aggregate {
	return func(rows Table) any {
		return CountAll(rows.Filter(func(v []any) bool { return v[col] != nil }))
	}
}

// Sum is sum(column) of integers that do not overflow, as an int64.
func Sum(col int) Aggregate {
	return func(rows Table) any {
		var sum any
		for _, r := range rows {
			if v, ok := r.Vals[col].(int64); ok {
				old, _ := sum.(int64)
				sum = old + v*r.Diff
			}
		}
		return sum
	}
}

// Min is min(column), Max is max(column).
func Min(col int) Aggregate { return extreme(col, -1) }

// Max is max(column).
func Max(col int) Aggregate { return extreme(col, 1) }

func extreme(col, sign int) Aggregate {
	return func(rows Table) any {
		var best any
		for _, r := range rows {
			if v := r.Vals[col]; v != nil && (best == nil || compareValues(v, best)*sign > 0) {
				best = v
			}
		}
		return best
	}
}

// String is the rows as lines.
func (t Table) String() string {
	var sb strings.Builder
	for _, r := range t {
		sb.WriteString(r.String())
		sb.WriteByte('\n')
	}
	return sb.String()
}
