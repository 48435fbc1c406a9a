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
