package plan

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// lookUpKeys tells the scan of a table below a filter to read the rows of some keys only, if the filter says of all
// columns of a key which values they have. The filter stays.
func lookUpKeys(n Node) Node {
	f, ok := n.(*Filter)
	if !ok {
		return n
	}
	s, ok := f.Input.(*Scan)
	if !ok || s.Relation.Kind != catalog.Table || s.Lookup != nil {
		return n
	}
	said := map[int]KeyValues{}
	for _, t := range expr.Terms(f.Cond) {
		k, ok := keyValues(t)
		if !ok {
			continue
		}
		k.Column = s.Columns[k.Column]
		if have, twice := said[k.Column]; !twice || len(have.Values) != 1 && len(k.Values) == 1 {
			said[k.Column] = k
		}
	}
	for _, key := range s.Relation.Keys {
		var lookup []KeyValues
		for _, c := range key.Columns {
			if k, ok := said[c]; ok {
				lookup = append(lookup, k)
			}
		}
		if len(lookup) == len(key.Columns) && len(lookup) > 0 {
			d := *s
			d.Lookup = lookup
			return &Filter{Input: &d, Cond: f.Cond}
		}
	}
	return n
}

// keyValues reads t as a list of values for one column: its position in what t is over.
func keyValues(t expr.Expr) (k KeyValues, ok bool) {
	x, values, array, ok := expr.Listed(t)
	if !ok {
		return k, false
	}
	c, ok := expr.IsCol(expr.Widened(x))
	if !ok {
		return k, false
	}
	for _, v := range append(present(array), values...) {
		if len(expr.Columns(v)) > 0 || expr.Volatility(v) == expr.Volatile {
			return k, false
		}
	}
	return KeyValues{Column: c, Values: values, Array: array}, true
}

// lookUpJoins makes a join read only those rows of a table whose keys the other side has, if that is guessed to be much
// smaller.
func (o Options) lookUpJoins(n Node) Node {
	j, ok := n.(*Join)
	if !ok || len(j.Keys) == 0 || j.NullAware || j.Kind == FullJoin {
		return n
	}
	l, okL := o.estimate(j.Left)
	r, okR := o.estimate(j.Right)
	if !okL || !okR {
		return n
	}
	d := *j
	if (j.Kind == InnerJoin || j.Kind == SemiJoin) && r*lookupFactor < o.unfilteredRows(j.Left) {
		if d.Lookup = tableKey(j, true); d.Lookup != nil {
			return &d
		}
	}
	if l*lookupFactor < o.unfilteredRows(j.Right) {
		if d.Lookup = tableKey(j, false); d.Lookup != nil {
			return &d
		}
	}
	return n
}

// lookupFactor is how many times more rows the table must have.
const lookupFactor = 20

func (o Options) unfilteredRows(n Node) float64 {
	rows, _ := o.estimate(unfiltered(n))
	return rows
}

// tableKey finds a key of the table that a side of a join is, all of whose columns are in the join's keys.
func tableKey(j *Join, left bool) *JoinLookup {
	side := j.Right
	if left {
		side = j.Left
	}
	at := map[int]int{} // by column of the relation: the join's key that it is in
	var r *catalog.Relation
	for i, k := range j.Keys {
		e := k.Right
		if left {
			e = k.Left
		}
		c, ok := expr.IsCol(expr.Widened(e))
		if !ok || k.NullSafe {
			continue
		}
		if s, column := tableColumn(side, c); s != nil {
			r, at[column] = s, i
		}
	}
	if r == nil {
		return nil
	}
	for _, key := range r.Keys {
		l := &JoinLookup{Left: left, Columns: key.Columns}
		for _, c := range key.Columns {
			if i, ok := at[c]; ok {
				l.Keys = append(l.Keys, i)
			}
		}
		if len(l.Keys) == len(key.Columns) {
			return l
		}
	}
	return nil
}

// tableColumn follows column c of n to the table that it is of, through filters and projections; nil: there is none, or
// the table's rows are found by other keys already.
func tableColumn(n Node, c int) (r *catalog.Relation, column int) {
	switch n := n.(type) {
	case *Scan:
		if n.Relation.Kind == catalog.Table && n.Lookup == nil {
			return n.Relation, n.Columns[c]
		}
	case *Filter:
		return tableColumn(n.Input, c)
	case *Project:
		if in, ok := expr.IsCol(n.Exprs[c]); ok {
			return tableColumn(n.Input, in)
		}
	}
	return nil, 0
}
