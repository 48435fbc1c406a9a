package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// differs says whether the subquery reads the rows around it and gives something else each time: nextval(), random().
func (s *Subquery) differs() bool { return len(outerColumns(s.Query)) > 0 && Volatile(s.Query) }

// applyEach is Apply of a subquery that gives something else each time: rows with the same values do not share what it
// gives. The rows of outer are numbered, and the number is one of the values.
func applyEach(outer Node, s Subquery) (Node, error) {
	width := Width(outer)
	outer, err := computedOnce(&Over{Input: outer, Calls: []OverCall{Numbering("row_number")}})
	if err != nil {
		return nil, err
	}
	wide := s.widened(width, 1)
	wide.number = []int{width}
	n, err := Apply(outer, *wide)
	if err != nil {
		return nil, err
	}
	return narrowed(n, width, 1), nil
}

// sharedFrom is from how many nodes on a plan that stands in two places is computed once. Small ones are better off apart:
// what the query wants of one place goes into it.
const sharedFrom = 300

// once is outer for a plan that has it, and the values of some columns of it: rows that would be others in the second place are
// computed once, and so is a large plan, which would make that of the next subquery several times as large.
func once(outer Node, refs []int) (Node, error) {
	again, _ := source(outer, slices.DeleteFunc(slices.Clone(refs), func(c int) bool { return c >= OuterBase }))
	if Volatile(again) || nodes(again) >= sharedFrom && !ReadsOuter(outer) {
		return computedOnce(outer)
	}
	return outer, nil
}

func computedOnce(outer Node) (Node, error) {
	if ReadsOuter(outer) {
		return nil, sqlerr.NotSupported("a volatile function beside a subquery, in a subquery that reads columns of the query around it").
			WithHint("A query in WITH that reads no query around it can compute it before.")
	}
	return &Shared{Of: &Named{Name: "rows", Plan: outer, Hint: "materialized"}}, nil
}

// ofExpression says whether the right side is a subquery of an expression, and not one of FROM.
func (j *Join) ofExpression() bool {
	return j.Single || j.Value || j.Kind == MarkJoin || j.Kind == SemiJoin || j.Kind == AntiJoin
}
