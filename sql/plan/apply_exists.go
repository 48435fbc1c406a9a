package plan

import "github.com/vexfs/vexstream/engine/expr"

// exists joins outer with the rows of an EXISTS whose conditions alone read outer's columns: they are the join's. So what
// the conditions say of the times of both sides is said of a join, which lets rows go by it.
func (s *Subquery) exists(outer Node) (Node, bool) {
	if s.Kind != MarkJoin && s.Kind != SemiJoin && s.Kind != AntiJoin || s.NullAware || s.On != nil {
		return nil, false
	}
	rows := s.Query
	for p, ok := rows.(*Project); ok; p, ok = rows.(*Project) { // of EXISTS, what is selected is not computed
		rows = p.Input
	}
	f, ok := rows.(*Filter)
	if !ok || len(outerColumns(f.Input)) > 0 || expr.Volatility(f.Cond) == expr.Volatile {
		return nil, false
	}
	width := Width(outer)
	on := expr.Remap(f.Cond, func(i int) int {
		if i >= OuterBase {
			return i - OuterBase
		}
		return width + i
	})
	return s.join(outer, lowered(f.Input), on), true
}
