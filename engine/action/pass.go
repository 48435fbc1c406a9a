package action

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Beside takes the rows that triggers add to other relations; b is borrowed. An error of its own ends the statement, but
// epoch.ErrHops only loses the copies.
type Beside interface {
	Beside(t epoch.Target, b *batch.Batch) error
}

// pass is the work on one batch. It keeps its memory for the next one.
type pass struct {
	eval  expr.Ctx
	clock func() types.Micros
	to    Beside
	as    Change
	rows  *batch.Batch
	live  batch.Bitmap // rows that are still there; nil: all
	sel   []uint32
	part  []uint32
	key   []byte

	hits    []uint64  // see lookUp
	failed  []failed  // by trigger
	changed []uint32  // rows that a trigger has set columns of
	noted   *decision // nil: what triggers do is done
	began   types.Micros
}

var passes = sync.Pool{New: func() any { return new(pass) }}

// Pass gives what is to be stored of b, which is borrowed and stays as it is, and adds beside it what the triggers send
// elsewhere. now is the time of now(); clock is read to measure. The rows given share b's memory, or are the caller's.
func (l *List) Pass(now types.Micros, clock func() types.Micros, b *batch.Batch, to Beside) (*batch.Batch, error) {
	p := passes.Get().(*pass)
	defer passes.Put(p)
	defer p.begin(now, clock, Change{}, b, to)()
	if err := p.phase(&l.before); err != nil {
		return nil, err
	}
	if p.live != nil {
		p.rows, p.live = take(p.rows, p.alive()), nil
	}
	if p.rows.N == 0 {
		return p.rows, nil
	}
	return p.rows, p.phase(&l.after)
}

// After has the AFTER triggers act on rows of a relation whose rows change: they are to be stored as they are. b is borrowed.
func (l *List) After(now types.Micros, clock func() types.Micros, as Change, b *batch.Batch, to Beside) error {
	p := passes.Get().(*pass)
	defer passes.Put(p)
	defer p.begin(now, clock, as, b, to)()
	return p.phase(&l.after)
}

// Before has the BEFORE triggers act on rows of a relation whose rows change. b, which is borrowed and stays as it is, has both rows, as
// Change says. It gives the rows that are left, and which of b's these are; nil: all. They share b's memory, or are the caller's.
func (l *List) Before(now types.Micros, clock func() types.Micros, as Change, b *batch.Batch, to Beside) (*batch.Batch, batch.Sel, error) {
	p := passes.Get().(*pass)
	defer passes.Put(p)
	defer p.begin(now, clock, as, b, to)()
	if err := p.phase(&l.before); err != nil || p.live == nil {
		return p.rows, nil, err
	}
	sel := append(batch.Sel{}, p.alive()...)
	return take(p.rows, sel), sel, nil
}

// begin takes up the work on a batch, and gives what lets it go.
func (p *pass) begin(now types.Micros, clock func() types.Micros, as Change, b *batch.Batch, to Beside) (end func()) {
	p.eval.Now, p.clock, p.as, p.to, p.rows, p.live, p.began = now, clock, as, to, b, nil, clock()
	return func() { p.rows, p.to, p.as.Set = nil, nil, nil }
}

// concerns says whether a trigger is about what becomes of the rows.
func (p *pass) concerns(t *Trigger) bool {
	switch {
	case p.as.Epoch > 0 && p.as.Epoch <= t.Since:
		return false
	case p.as.Op == 0 || p.as.Op == Insert:
		return t.Ops == 0 || t.Ops&Insert != 0
	case p.as.Op == Delete && t.Edge != nil: // it arms the row's key
		return true
	case t.Ops&p.as.Op == 0:
		return false
	}
	return p.as.Op != Update || t.Of == nil || p.as.Net || slices.ContainsFunc(t.Of, func(c int) bool { return slices.Contains(p.as.Set, c) })
}

// fail counts an error of a trigger for a row.
func (p *pass) fail(t *Trigger, action string, row int, err error) {
	b := *p.rows
	switch {
	case p.as.Width > 0 && p.as.Op == Delete:
		b.Cols = b.Cols[p.as.Width:]
	case p.as.Width > 0:
		b.Cols = b.Cols[:p.as.Width]
	}
	t.Counts.fail(p.eval.Now, action, &b, row, err)
	if p.noted != nil {
		p.noted.fail(t, action, err)
	}
}

// phase runs triggers one after the other.
func (p *pass) phase(ph *phase) error {
	if ph.index != nil {
		return p.indexed(ph)
	}
	for _, t := range ph.all {
		if !p.concerns(t) {
			continue
		}
		if err := p.run(t); err != nil {
			return err
		}
	}
	return nil
}

// take copies rows of b, which get their places when they are sealed.
func take(b *batch.Batch, sel batch.Sel) *batch.Batch {
	out := b.Take(sel)
	out.Seq = nil
	return out
}

// alive picks the rows that are still there.
func (p *pass) alive() []uint32 {
	p.sel = p.sel[:0]
	for r := range p.rows.N {
		if p.live == nil || p.live.Get(r) {
			p.sel = append(p.sel, uint32(r))
		}
	}
	return p.sel
}

// run asks a trigger by itself about the rows.
func (p *pass) run(t *Trigger) error {
	if t.Edge != nil {
		return p.edge(t)
	}
	began := p.clock()
	sel := p.matches(t)
	t.Counts.rows.Add(int64(p.rows.N))
	return p.act(t, sel, began)
}

// act does what a trigger does with rows.
func (p *pass) act(t *Trigger, sel []uint32, began types.Micros) (err error) {
	if t.Edge == nil {
		sel = p.differing(t, sel)
	}
	t.Counts.Matches.Add(int64(len(sel)))
	p.changed = p.changed[:0]
	if t.Limit != nil && len(sel) > 0 {
		sel = p.spare(t, sel)
	}
	for i := range t.Steps {
		if len(sel) == 0 || err != nil {
			break
		}
		sel, err = p.step(t, &t.Steps[i], sel)
	}
	t.Counts.micros.Add(int64(p.clock() - began))
	return err
}

// differing leaves out of net changes the rows in which the columns of UPDATE OF are what they were.
func (p *pass) differing(t *Trigger, sel []uint32) []uint32 {
	if !p.as.Net || t.Of == nil || p.as.Op != Update {
		return sel
	}
	kept := sel[:0]
	for _, r := range sel {
		if slices.ContainsFunc(t.Of, func(c int) bool { return p.differs(c, int(r)) }) {
			kept = append(kept, r)
		}
	}
	return kept
}

// differs says whether a column of a row is distinct from what it was.
func (p *pass) differs(c, row int) bool {
	now, old := &p.rows.Cols[c], &p.rows.Cols[c+p.as.Width]
	if now.Null(row) || old.Null(row) {
		return now.Null(row) != old.Null(row)
	}
	p.key = value.Key(p.key[:0], now, row)
	n := len(p.key)
	p.key = value.Key(p.key, old, row)
	return !bytes.Equal(p.key[:n], p.key[n:])
}

// matches picks the rows that a trigger acts on. The result is p's.
func (p *pass) matches(t *Trigger) []uint32 {
	if t.When == nil {
		return p.alive()
	}
	p.eval.Reset()
	p.sel = t.When.Select(&p.eval, p.rows, p.sel[:0])
	p.failures(t, "when", p.sel[:0])
	if p.live == nil {
		return p.sel
	}
	kept := p.sel[:0]
	for _, r := range p.sel {
		if p.live.Get(int(r)) {
			kept = append(kept, r)
		}
	}
	p.sel = kept
	return kept
}

// failures counts what the evaluation could not do, and leaves the rows out of sel.
func (p *pass) failures(t *Trigger, action string, sel []uint32) []uint32 {
	if p.eval.Failures() == nil {
		return sel
	}
	for _, f := range p.eval.Failures() {
		if p.live == nil || p.live.Get(f.Row) {
			p.fail(t, action, f.Row, f.Err)
		}
	}
	kept := sel[:0]
	for _, r := range sel {
		if !p.eval.Failed(int(r)) {
			kept = append(kept, r)
		}
	}
	return kept
}

// step does one action for rows, and gives those that the next ones are for.
func (p *pass) step(t *Trigger, s *Step, sel []uint32) ([]uint32, error) {
	p.eval.Reset()
	if p.noted != nil {
		p.noted.note(t, s)
	}
	switch s.Kind {
	case Block:
		t.Counts.Actions.Add(int64(len(sel)))
		p.drop(sel)
		return nil, nil
	case Deny:
		return nil, nil
	case Sample:
		return p.sample(t, s, sel), nil
	case Set:
		p.set(t, s, sel)
		return sel, nil
	case Any:
		return sel, p.any(t, s, sel)
	}
	for i := range s.To {
		p.eval.Reset()
		if err := p.route(t, s, &s.To[i], sel); err != nil {
			return nil, err
		}
	}
	return sel, nil
}

func (p *pass) drop(sel []uint32) {
	if p.live == nil {
		p.live = batch.NewBitmap(p.rows.N)
		for r := range p.rows.N {
			p.live.Set(r)
		}
	}
	for _, r := range sel {
		p.live.Clear(int(r))
	}
}

// sample takes rows out, each with the chance that is left beside the share.
func (p *pass) sample(t *Trigger, s *Step, sel []uint32) []uint32 {
	share := s.Share.Eval(&p.eval, p.rows, sel)
	out := p.part[:0]
	kept := make([]uint32, 0, len(sel))
	vs := batch.Values[float64](&share)
	for _, r := range sel {
		if p.eval.Failed(int(r)) || share.Null(int(r)) || rand.Float64() < vs[r] {
			kept = append(kept, r)
		} else {
			out = append(out, r)
		}
	}
	p.failures(t, s.Name, nil)
	t.Counts.Actions.Add(int64(len(out)))
	p.part = out
	p.drop(out)
	return kept
}

// set gives columns of the rows other values. A row that one of them cannot be computed for stays as it is.
func (p *pass) set(t *Trigger, s *Step, sel []uint32) {
	values := make([]batch.Column, len(s.Set))
	for i := range s.Set {
		values[i] = s.Set[i].Value.Eval(&p.eval, p.rows, sel)
	}
	p.part = append(p.part[:0], sel...)
	ok := p.failures(t, s.Name, p.part)
	t.Counts.Actions.Add(int64(len(ok)))
	p.changed = append(p.changed, ok...)
	next := *p.rows
	next.Cols = append([]batch.Column(nil), p.rows.Cols...)
	for i := range s.Set {
		next.Cols[s.Set[i].Column] = overlay(&p.rows.Cols[s.Set[i].Column], &values[i], ok)
	}
	p.rows = &next
}

// overlay is a column with the values of another one in the rows of sel.
func overlay(old, by *batch.Column, sel []uint32) batch.Column {
	out := batch.NewBuilder(old.Type, old.N)
	at := 0
	for r := range old.N {
		if at < len(sel) && int(sel[at]) == r {
			out.Append(by, r)
			at++
			continue
		}
		out.Append(old, r)
	}
	return out.Finish()
}

// any adds each row to one of the destinations.
func (p *pass) any(t *Trigger, s *Step, sel []uint32) error {
	parts := make([][]uint32, len(s.To))
	n := uint64(len(s.To))
	if s.By == nil {
		first := s.next.Load()
		if p.noted == nil {
			first = s.next.Add(uint64(len(sel))) - uint64(len(sel))
		}
		for i, r := range sel {
			to := (first + uint64(i)) % n
			parts[to] = append(parts[to], r)
		}
	} else {
		by := s.By.Eval(&p.eval, p.rows, sel)
		p.part = append(p.part[:0], sel...)
		for _, r := range p.failures(t, s.Name, p.part) {
			p.key = p.key[:0]
			if !by.Null(int(r)) {
				p.key = value.Key(p.key, &by, int(r))
			}
			to := xxh3.Hash(p.key) % n
			parts[to] = append(parts[to], r)
		}
	}
	for i := range s.To {
		if len(parts[i]) == 0 {
			continue
		}
		p.eval.Reset()
		if err := p.route(t, s, &s.To[i], parts[i]); err != nil {
			return err
		}
	}
	return nil
}

// route adds the rows of sel to a destination.
func (p *pass) route(t *Trigger, s *Step, to *Destination, sel []uint32) error {
	cols := make([]batch.Column, len(to.Columns))
	for i, x := range to.Columns {
		cols[i] = x.Eval(&p.eval, p.rows, sel)
	}
	for _, c := range to.NotNull {
		if cols[c].Valid == nil {
			continue
		}
		for _, r := range sel {
			if cols[c].Null(int(r)) {
				relation, name := to.Name(c)
				p.eval.Fail(int(r), sqlerr.New(sqlerr.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", name, relation))
			}
		}
	}
	p.part = append(p.part[:0], sel...)
	if sel = p.failures(t, s.Name, p.part); len(sel) == 0 {
		return nil
	}
	out := &batch.Batch{N: len(sel), Cols: cols}
	for i := range cols {
		cols[i] = cols[i].Take(sel)
	}
	known, _ := p.to.(repeating)
	repeated := int64(0)
	if known != nil && to.Flow != nil {
		repeated = -known.DroppedOf(to.Relation)
	}
	switch err := p.to.Beside(to.Target, out); {
	case err == epoch.ErrHops:
		for _, r := range sel {
			p.fail(t, s.Name, int(r), err)
		}
	case err != nil:
		return err
	case s.Kind != Note:
		t.Counts.Actions.Add(int64(len(sel)))
		if to.Flow != nil && p.noted == nil {
			if known != nil {
				repeated += known.DroppedOf(to.Relation)
			}
			to.Flow.note(int64(len(sel)), repeated, cols, to.Keeps, int64(p.clock()-p.began))
		}
	}
	return nil
}
