package action

import (
	"maps"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/types"
)

// Decided is a step that a trigger would take with a row, and what it would add to other relations; or what cannot be
// evaluated for it.
type Decided struct {
	Trigger *Trigger
	Before  bool
	Action  string // as users call it; "when" for the condition
	Rows    []Added
	Err     error // nil: it can be evaluated
}

// Added is rows for a relation.
type Added struct {
	Target epoch.Target
	Rows   *batch.Batch
}

// decision notes what triggers would do with the one row of a pass, and keeps what they add.
type decision struct {
	before bool
	list   []Decided
}

// note says that a trigger takes a step.
func (d *decision) note(t *Trigger, s *Step) {
	d.list = append(d.list, Decided{Trigger: t, Before: d.before, Action: s.Name})
}

// fail says that an action of a trigger, or its condition, cannot be evaluated.
func (d *decision) fail(t *Trigger, action string, err error) {
	if n := len(d.list); n == 0 || d.list[n-1].Trigger != t || d.list[n-1].Action != action {
		d.list = append(d.list, Decided{Trigger: t, Before: d.before, Action: action})
	}
	d.list[len(d.list)-1].Err = err
}

// Beside keeps rows that a trigger adds.
func (d *decision) Beside(t epoch.Target, b *batch.Batch) error {
	last := &d.list[len(d.list)-1]
	last.Rows = append(last.Rows, Added{t, b.Clone()})
	return nil
}

// Decide says what the triggers would do with the one row of b, and what would be stored of it. It counts nothing, and
// leaves keys, limits and turns as they are; what sample() does may be another thing the next time. between gives the row as it is stored of
// what BEFORE triggers have left.
func (l *List) Decide(now types.Micros, as Change, b *batch.Batch, between func(*batch.Batch) (*batch.Batch, error)) (*batch.Batch, []Decided, error) {
	p := &pass{}
	d := &decision{before: true}
	clock := func() types.Micros { return now }
	defer p.begin(now, clock, as, b, d)()
	p.noted = d
	before, after := l.before.copied(), l.after.copied()
	if err := p.phase(&before); err != nil {
		return nil, nil, err
	}
	if p.live != nil {
		p.rows, p.live = take(p.rows, p.alive()), nil
	}
	if p.rows.N == 0 {
		return p.rows, d.list, nil
	}
	d.before = false
	var err error
	if p.rows, err = between(p.rows); err == nil {
		err = p.phase(&after)
	}
	return p.rows, d.list, err
}

// copied is the phase with counts of its own.
func (ph *phase) copied() phase {
	c := *ph
	c.all, c.asked = make([]*Trigger, len(ph.all)), &Asked{}
	for i, t := range ph.all {
		c.all[i] = &Trigger{
			ID: t.ID, Name: t.Name, Priority: t.Priority, Ops: t.Ops, Of: t.Of, When: t.When, Steps: t.Steps, Edge: t.Edge, Limit: t.Limit,
			Counts: t.Counts.copied(t), conds: t.conds, reads: t.reads,
		}
	}
	return c
}

// copied are counts that have what the trigger goes by, and nothing else.
func (c *Counts) copied(t *Trigger) *Counts {
	out := &Counts{}
	if t.Edge != nil {
		out.Keys.seen = &c.Keys
	}
	if t.Limit != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		out.spent = maps.Clone(c.spent)
	}
	return out
}
