package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

func anySignature(expr.Signature) bool { return true }

// metamorphic runs check for random entries of FROM with a random condition over them.
func metamorphic(t *testing.T, check func(us *ours, from, cond *node, cols []column) string) {
	seed := enginetest.Seed()
	us := newOurs(t, "UTC")
	fillSmall(t, rand.New(rand.NewPCG(seed, 0)), us, nil)
	s := newSelects(&generator{table: signatures(t, anySignature)})
	t.Logf("seed %d", seed)
	wrong := 0
	for i := range scale(500) {
		s.r = rand.New(rand.NewPCG(seed, uint64(i)))
		s.aliases, s.ctes, s.columns, s.nested = 0, nil, nil, 0
		from, cols := s.from(2)
		var cond *node
		s.within(cols, func() { cond = s.expr(types.Bool, 3) })
		if said := check(us, from, cond, cols); said != "" {
			small := shrink(cond, nil, 200, func(n *node) bool { return n.t == types.Bool && check(us, from, n, cols) != "" })
			t.Errorf("case %d: FROM %s WHERE %s\n%s", i, from, small, check(us, from, small, cols))
			if wrong++; wrong >= maxDifferences {
				return
			}
		}
	}
}

// TestPartitions is ternary logic partitioning (Rigger and Su 2020): the rows for which a condition is true, false and
// unknown are all rows.
func TestPartitions(t *testing.T) {
	metamorphic(t, func(us *ours, from, cond *node, cols []column) string {
		list := cols[0].name
		for _, c := range cols[1:] {
			list += ", " + c.name
		}
		all := us.ask(fmt.Sprintf("SELECT %s FROM %s", list, from))
		if all.failed() {
			return refusal(all)
		}
		var parts [][]string
		for _, form := range []string{"%s", "NOT %s", "(%s) IS NULL"} {
			a := us.ask(fmt.Sprintf("SELECT %s FROM %s WHERE "+form, list, from, cond))
			if a.failed() {
				return refusal(a)
			}
			parts = append(parts, a.rows...)
		}
		slices.SortFunc(parts, slices.Compare)
		slices.SortFunc(all.rows, slices.Compare)
		if !slices.EqualFunc(parts, all.rows, slices.Equal) {
			return fmt.Sprintf("the partitions have %d rows %q\nthe whole %d %q", len(parts), parts, len(all.rows), all.rows)
		}
		return ""
	})
}

// TestUnoptimized is NoREC (Rigger and Su 2020): as many rows pass a filter, which the planner moves and splits, as make
// the condition true in a select list, where it stays whole.
func TestUnoptimized(t *testing.T) {
	metamorphic(t, func(us *ours, from, cond *node, _ []column) string {
		filtered := us.ask(fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", from, cond))
		counted := us.ask(fmt.Sprintf("SELECT coalesce(sum(CASE WHEN p THEN 1 ELSE 0 END), 0) FROM (SELECT (%s) AS p FROM %s) AS q", cond, from))
		switch {
		case filtered.failed():
			return refusal(filtered)
		case counted.failed():
			return refusal(counted)
		case filtered.rows[0][0] != counted.rows[0][0]:
			return fmt.Sprintf("the filter passes %s rows, the condition holds for %s", filtered.rows[0][0], counted.rows[0][0])
		}
		return ""
	})
}

// refusal is "" for what is not built, for names that a join made ambiguous, and for literals that no type reads.
func refusal(a *answer) string {
	if a.code == "0A000" || a.code == tooLong || a.code[:2] == "42" || a.code[:2] == "22" {
		return ""
	}
	return a.String()
}
