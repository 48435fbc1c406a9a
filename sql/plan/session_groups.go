package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// SessionGroups gives the Session below, if a has one group for each of its sessions, and folding
// rows as they come gives the same as knowing the sessions first: rows are never taken back, nothing but keys speaks of the bounds,
// and no row fails, which would count in its session and in no group.
func (a *Aggregate) SessionGroups() (*Session, bool) {
	s, ok := a.Input.(*Session)
	if !ok || a.Idle != nil || !s.Input.AppendOnly() {
		return nil, false
	}
	width := Width(s.Input)
	bounded := false
	for _, k := range a.Keys {
		c, isCol := expr.IsCol(k)
		same := func(x expr.Expr) bool { return expr.Equal(k, x) }
		switch {
		case isCol && c >= width:
			bounded = true
		case !slices.ContainsFunc(s.Keys, same) || spelledSeveralWays(k.Type()):
			return nil, false
		}
	}
	for _, x := range s.Keys {
		if !slices.ContainsFunc(a.Keys, func(k expr.Expr) bool { return expr.Equal(k, x) }) {
			return nil, false
		}
	}
	for _, g := range a.Aggs {
		for _, x := range append(slices.Clone(g.Args), g.Filter) {
			if x != nil && (expr.Fallible(x) || speaksOf(x, width)) {
				return nil, false
			}
		}
	}
	return s, bounded
}

// spelledSeveralWays says whether equal values of t may look different, as 1.0 and 1.00 do, or 0 and -0.
func spelledSeveralWays(t types.Type) bool {
	l := t.Layout()
	return types.Respelled(t) || l == types.LayoutFloat32 || l == types.LayoutFloat64
}
