package rule

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// Verdicts are rules that are asked about one row at a time, by whoever is in a hurry: some columns are known at once, and the
// others cost time to find out. It never changes, so it is replaced through an atomic pointer, and asked without a lock.
type Verdicts struct {
	all   *Index
	maybe *Index // the same rules, of which each asks what it asks of the columns that are known at once
}

// NewVerdicts makes Verdicts of rules, of whose columns early says which are known at once.
func NewVerdicts(rules []Rule, early func(col int) bool) *Verdicts {
	less := make([]Rule, len(rules))
	for i := range rules {
		less[i] = Rule{ID: rules[i].ID}
		for _, c := range rules[i].When {
			less[i].When = append(less[i].When, lessOf(c, early))
		}
	}
	return &Verdicts{all: New(slices.Clone(rules)), maybe: New(less)}
}

// lessOf is what c asks of some columns: it holds wherever c does.
func lessOf(c Cond, early func(int) bool) (out Cond) {
	late := func(x expr.Expr) bool {
		return slices.ContainsFunc(expr.Columns(x), func(col int) bool { return !early(col) })
	}
	for _, p := range c.Preds {
		if p.Of == nil && early(p.Col) || p.Of != nil && !late(p.Of) {
			out.Preds = append(out.Preds, p)
		}
	}
	if c.Rest == nil {
		return out
	}
	var kept []expr.Expr
	for _, t := range expr.Terms(c.Rest) {
		if !late(t) && !expr.Fallible(t) {
			kept = append(kept, t)
		}
	}
	if kept != nil {
		out.Rest = expr.And(kept...)
	}
	return out
}

// Len is the number of rules.
func (v *Verdicts) Len() int { return v.all.Len() }

// Asker asks Verdicts. One goroutine uses an Asker at a time.
type Asker struct{ all, maybe Matcher }

// May says whether a rule may hold for the one row of b, of which the columns that are known at once are there.
func (a *Asker) May(v *Verdicts, b *batch.Batch) bool {
	out, _ := a.maybe.Match(v.maybe, b, 0)
	return len(out.Rules) > 0
}

// First gives the rule that comes first of those that hold for the one row of b. A rule that cannot be decided does not.
func (a *Asker) First(v *Verdicts, b *batch.Batch) (id uint32, ok bool) {
	out, _ := a.all.Match(v.all, b, 0)
	if len(out.Rules) == 0 {
		return 0, false
	}
	return out.Rules[0], true
}
