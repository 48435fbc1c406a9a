package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
)

// Key gives columns of n that tell its rows apart, none of them for a single row; ok is false where it knows of none.
func Key(n Node) (key []int, ok bool) {
	switch n := n.(type) {
	case *Aggregate:
		return upTo(len(n.Keys)), true
	case *Hop:
		return upTo(len(n.Keys)), true
	case *Filter:
		return Key(n.Input)
	case *Project:
		of, ok := Key(n.Input)
		if !ok {
			return nil, false
		}
		for _, c := range of {
			at := slices.IndexFunc(n.Exprs, func(x expr.Expr) bool {
				i, is := expr.IsCol(x)
				return is && i == c
			})
			if at < 0 {
				return nil, false
			}
			key = append(key, at)
		}
		return key, true
	case *Scan:
		return scanKey(n)
	}
	return nil, false
}

// scanKey is the primary key of a table, if all of it is read.
func scanKey(n *Scan) (key []int, ok bool) {
	for _, k := range n.Relation.Keys {
		if !k.Primary || k.Deferrable {
			continue
		}
		for _, c := range k.Columns {
			at := slices.Index(n.Columns, c)
			if at < 0 {
				return nil, false
			}
			key = append(key, at)
		}
		return key, true
	}
	return nil, false
}
