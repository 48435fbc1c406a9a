package action

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/rule"
)

// fewTriggers is up to how many conditions are evaluated one by one: looking up all at once costs more.
const fewTriggers = 8

// List is the triggers of one relation, each in the order in which they act. It does not change.
type List struct {
	before, after phase
}

// phase is the triggers that act one after the other on the same rows.
type phase struct {
	all   []*Trigger
	index *rule.Index // of those whose conditions it can look up; nil: they are few
	ranks ranks       // of those that it has
	alone []uint32    // ranks of those that it does not have
	last  []uint32    // by column: the rank of the last condition that reads it
	asked *Asked
	memos *sync.Pool // of *rule.Matcher
}

// Asked is how often all conditions of an index were looked up, ever since there is one, and of how many triggers it is.
type Asked struct{ rows, micros, triggers atomic.Int64 }

// NewList makes a List. What was, nil for none, has already of the same triggers is taken over, so that a change takes time by
// its own size, and by the number of triggers only to count them.
func NewList(before, after []*Trigger, was *List) *List {
	if was == nil {
		was = &List{}
	}
	return &List{before: newPhase(before, &was.before), after: newPhase(after, &was.after)}
}

// Len is the number of triggers.
func (l *List) Len() int { return len(l.before.all) + len(l.after.all) }

// Changes says whether a trigger may hold back or change rows.
func (l *List) Changes() bool { return len(l.before.all) > 0 }

// Scanned says whether no index has a condition: it would be evaluated for every row, or each different text.
func Scanned(condition expr.Expr) bool {
	t := &Trigger{}
	t.On(condition)
	return !t.lookedUp() || len(rule.New([]rule.Rule{{ID: 1, When: t.conds}}).Scanned()) > 0
}

// Ways says how the condition of a trigger is reached; nil: it is asked by itself.
func (l *List) Ways(id uint32) []rule.Way {
	for _, p := range []*phase{&l.before, &l.after} {
		if p.index == nil {
			continue
		}
		if ways := p.index.Ways(id); ways != nil {
			return ways
		}
	}
	return nil
}

// Few says whether a trigger is one of so few that each is asked by itself.
func (l *List) Few(id uint32) bool {
	is := func(t *Trigger) bool { return t.ID == id }
	return l.before.index == nil && slices.ContainsFunc(l.before.all, is) || l.after.index == nil && slices.ContainsFunc(l.after.all, is)
}

func newPhase(all []*Trigger, was *phase) phase {
	p := phase{all: all, asked: was.asked, memos: was.memos}
	if len(all) <= fewTriggers {
		return p
	}
	if p.asked == nil {
		p.asked, p.memos = &Asked{}, &sync.Pool{New: func() any { return rule.NewMatcher() }}
	}
	known := was.index != nil
	if p.index = was.index; !known {
		p.index = rule.New(nil)
	}
	p.asked.triggers.Store(int64(len(all)))
	p.ranks = newRanks(all)
	var more []rule.Rule
	for i, t := range all {
		for _, c := range t.reads {
			if c >= len(p.last) {
				p.last = append(p.last, make([]uint32, c+1-len(p.last))...)
			}
			p.last[c] = uint32(i)
		}
		if !t.lookedUp() {
			p.alone = append(p.alone, uint32(i))
			continue
		}
		if at, is := was.ranks.of(t.ID); !known || !is || was.all[at] != t {
			more = append(more, rule.Rule{ID: t.ID, Name: t.Name, Priority: t.Priority, When: t.conds})
			t.Counts.join(p.asked)
		}
	}
	var gone []uint32
	for _, t := range was.all {
		if _, is := p.ranks.of(t.ID); known && t.lookedUp() && !is {
			gone = append(gone, t.ID)
		}
	}
	slices.Sort(gone)
	if len(more)+len(gone) > 0 {
		p.index = p.index.With(more, gone)
	}
	return p
}

// lookedUp says whether an index may have the condition: what gives another value each time is asked once for a row.
func (t *Trigger) lookedUp() bool { return t.conds != nil }

// On makes the trigger's condition, over the columns of the rows to come. With an Edge, which has to be there before, it is asked by itself:
// rows that it does not hold for count, too.
func (t *Trigger) On(condition expr.Expr) {
	t.When, t.reads = expr.NewPredicate(condition), expr.Columns(condition)
	if t.Edge == nil && expr.Volatility(condition) != expr.Volatile {
		t.conds = rule.Compile(condition)
	}
}

// lookUp finds which rows each trigger of a phase is for. The result is p's: trigger's rank and row in one number, ascending.
func (p *pass) lookUp(ph *phase, rows *batch.Batch, from uint32, place func(row uint32) uint32) {
	began := p.clock()
	m := ph.memos.Get().(*rule.Matcher)
	defer ph.memos.Put(m)
	m.Ctx.Now = p.eval.Now
	for at := 0; at < rows.N; {
		out, next := m.Match(ph.index, rows, at)
		for i, r := range out.Rows {
			if rank, _ := ph.ranks.of(out.Rules[i]); rank >= from {
				p.hits = append(p.hits, uint64(rank)<<32|uint64(place(r)))
			}
		}
		for _, f := range out.Failures {
			if rank, _ := ph.ranks.of(f.Rule); rank >= from {
				p.failed = append(p.failed, failed{rank, place(uint32(f.Row)), f.Err})
			}
		}
		at = next
	}
	slices.Sort(p.hits)
	slices.SortStableFunc(p.failed, func(a, b failed) int { return cmp.Compare(a.rank, b.rank) })
	ph.asked.rows.Add(int64(rows.N))
	ph.asked.micros.Add(int64(p.clock() - began))
}

func same(row uint32) uint32 { return row }

// failed is a row that the condition of the trigger of a rank could not be evaluated for.
type failed struct {
	rank, row uint32
	err       error
}

// indexed runs the triggers of a phase that has an index.
func (p *pass) indexed(ph *phase) error {
	p.hits, p.failed = p.hits[:0], p.failed[:0]
	p.lookUp(ph, p.rows, 0, same)
	hits, fails, alone := p.hits, p.failed, ph.alone
	defer func() { p.hits, p.failed = hits, fails }() // with their memory
	for {
		rank := uint32(math.MaxUint32)
		if len(p.hits) > 0 {
			rank = uint32(p.hits[0] >> 32)
		}
		if len(p.failed) > 0 {
			rank = min(rank, p.failed[0].rank)
		}
		if len(alone) > 0 {
			rank = min(rank, alone[0])
		}
		if rank == math.MaxUint32 {
			return nil
		}
		p.changed = p.changed[:0]
		var err error
		if len(alone) > 0 && alone[0] == rank {
			if alone = alone[1:]; p.concerns(ph.all[rank]) {
				err = p.run(ph.all[rank])
			}
		} else {
			err = p.found(ph.all[rank], rank)
		}
		if err != nil {
			return err
		}
		p.again(ph, rank)
	}
}

// found does what the trigger of a rank does with the rows that were found for it.
func (p *pass) found(t *Trigger, rank uint32) error {
	concerned := p.concerns(t)
	for ; len(p.failed) > 0 && p.failed[0].rank == rank; p.failed = p.failed[1:] {
		if f := &p.failed[0]; concerned && (p.live == nil || p.live.Get(int(f.row))) {
			p.fail(t, "when", int(f.row), f.err)
		}
	}
	p.sel = p.sel[:0]
	for ; len(p.hits) > 0 && uint32(p.hits[0]>>32) == rank; p.hits = p.hits[1:] {
		if row := uint32(p.hits[0]); concerned && (p.live == nil || p.live.Get(int(row))) {
			p.sel = append(p.sel, row)
		}
	}
	if len(p.sel) == 0 {
		return nil
	}
	return p.act(t, p.sel, p.clock())
}

// again looks the rows up again that a trigger has changed, if a later condition reads what it has set.
func (p *pass) again(ph *phase, rank uint32) {
	if len(p.changed) == 0 {
		return
	}
	read := false
	for i := range ph.all[rank].Steps {
		for _, set := range ph.all[rank].Steps[i].Set {
			read = read || set.Column < len(ph.last) && ph.last[set.Column] > rank
		}
	}
	if !read {
		return
	}
	slices.Sort(p.changed)
	rows := slices.Compact(p.changed)
	is := func(row uint32) bool {
		_, found := slices.BinarySearch(rows, row)
		return found
	}
	p.hits = slices.DeleteFunc(p.hits, func(hit uint64) bool { return is(uint32(hit)) })
	p.failed = slices.DeleteFunc(p.failed, func(f failed) bool { return is(f.row) })
	p.lookUp(ph, take(p.rows, rows), rank+1, func(row uint32) uint32 { return rows[row] })
}
