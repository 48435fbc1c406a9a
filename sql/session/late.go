package session

import (
	"context"
	"slices"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/plan"
)

// lateWait is how long a statement whose rows may be late waits for the views that judge them, after its rows are
// stored. Past it the client is told nothing; vex.late_rows is complete all the same.
const lateWait = 2 * time.Second

// commitRows commits a statement and tells the client of its rows that came too late for views. into are the relations
// that it wrote to.
func (s *Session) commitRows(ctx context.Context, to *epoch.Statement, into []uint32, out Output) error {
	judges := s.e.judges(to, into)
	ep, err := to.Commit(ctx)
	if err == nil {
		s.wrote = ep
		tellDropped(to, out)
		s.tellLate(ctx, judges, ep.No, out)
	}
	return err
}

// tellLate tells the client of rows of an epoch that came too late for the judges.
func (s *Session) tellLate(ctx context.Context, judges []*catalog.Relation, epoch uint64, out Output) {
	if len(judges) == 0 || out == nil {
		return
	}
	var ids []uint32
	for _, v := range judges {
		if done, _ := s.e.Live.Filled(v.ID); done { // one that is not will judge them when it comes so far
			ids = append(ids, v.ID)
		}
	}
	if !s.e.Live.Await(ctx, ids, epoch, lateWait) {
		return
	}
	for _, v := range judges {
		if n, mark := s.e.taps.lateIn(v.ID, epoch); n > 0 {
			out.Notice("NOTICE", s.lateNotice(v, n, mark))
		}
	}
}

// judges gives the views that may find rows of a statement late: those over streams for which it has rows from before
// the watermark. Only such a statement has to wait for its views.
func (e *Engine) judges(to *epoch.Statement, into []uint32) []*catalog.Relation {
	snap, marks := e.Catalog(), e.Committer.Marks()
	late := slices.DeleteFunc(slices.Clone(into), func(id uint32) bool { return to.Least(id) >= marks.Of(id) })
	if len(late) == 0 {
		return nil
	}
	readers := map[uint32][]*catalog.Relation{} // of each relation: asking the catalog for those of a thousand views takes long
	for _, r := range snap.Relations() {
		if r.Kind == catalog.MaterializedView {
			for _, id := range r.DependsOn {
				readers[id] = append(readers[id], r)
			}
		}
	}
	var out []*catalog.Relation
	seen := map[uint32]bool{}
	var collect func(id uint32)
	collect = func(id uint32) {
		for _, v := range readers[id] {
			if !seen[v.ID] {
				seen[v.ID] = true
				out = append(out, v)
				collect(v.ID)
			}
		}
	}
	for _, id := range late {
		collect(id)
	}
	return out
}

func (s *Session) lateNotice(v *catalog.Relation, n int64, mark types.Micros) *sqlerr.Error {
	what := "rows came too late for materialized view %q: their windows were closed"
	if n == 1 {
		what = "row came too late for materialized view %q: its window was closed"
	}
	e := sqlerr.New(sqlerr.Success, "%d "+what, n, v.Name)
	e = e.WithDetail("The watermark stood at %s.", s.locale.AppendTimestamptz(nil, mark))
	return e.WithHint("SELECT * FROM vex.late_rows shows some of them. A longer delay in WATERMARK FOR, or allowed_lateness on the view, lets such rows in.")
}

// tellFilling tells the client that its query waits for views which are still being filled.
func (s *Session) tellFilling(p plan.Node, out Output) {
	snap := s.catalog()
	for _, id := range plan.Relations(p) {
		if v := snap.ByID(id); v != nil && v.Kind == catalog.MaterializedView {
			if done, share := s.e.Live.Filled(id); !done {
				e := live.StillFilled(v.QualifiedName()).WithHint("")
				e.Code = sqlerr.Success
				out.Notice("NOTICE", e.WithDetail("It has read %.0f %% of what there was when it was made; the query waits for the rest.", 100*share))
			}
		}
	}
}

// tellClosing tells the client why a view that shows windows when they close is empty.
func (s *Session) tellClosing(p plan.Node, out Output) {
	snap := s.catalog()
	for _, id := range plan.Relations(p) {
		v := snap.ByID(id)
		if v == nil || v.Kind != catalog.MaterializedView {
			continue
		}
		c, ok := s.e.Live.Closing(id)
		if !ok {
			continue
		}
		holder, at := uint32(0), types.MaxTime
		marks := s.e.Committer.Marks()
		for _, m := range c.Marks {
			if w := marks.Of(m.Relation).Sub(m.Minus); w < at {
				holder, at = m.Relation, w
			}
		}
		e := sqlerr.New(sqlerr.Success, "materialized view %q is empty: it shows windows once they close, and none has", v.Name)
		input := snap.ByID(holder)
		switch {
		case input == nil:
		case c.Closes == types.MaxTime:
			e = e.WithDetail("No row of %q lies in a window yet.", input.Name)
		case at <= types.MinTime:
			e = e.WithDetail("The first window closes at %s; %q has no watermark yet.", s.locale.AppendTimestamptz(nil, c.Closes), input.Name)
		default:
			e = e.WithDetail("The first window closes when the watermark reaches %s; %q holds it at %s.",
				s.locale.AppendTimestamptz(nil, c.Closes), input.Name, s.locale.AppendTimestamptz(nil, at))
			e = e.WithHint("Newer rows in %q move it on; SELECT * FROM vex.watermarks shows what holds it.", input.Name)
		}
		out.Notice("NOTICE", e)
	}
}

// maxLateEpochs is how many epochs' counts of late rows are kept for the statements that wait for them.
const maxLateEpochs = 64

// lateEpoch counts what one epoch brought too late.
type lateEpoch struct {
	no   uint64
	rows int64
	mark types.Micros
}

// count adds rows that an epoch brought too late.
func (a *Aside) count(ep *batch.Epoch, rows int64, mark types.Micros) {
	if ep == nil {
		return
	}
	if n := len(a.recent); n > 0 && a.recent[n-1].no == ep.No {
		a.recent[n-1].rows += rows
		return
	}
	if len(a.recent) == maxLateEpochs {
		a.recent = append(a.recent[:0], a.recent[1:]...)
	}
	a.recent = append(a.recent, lateEpoch{ep.No, rows, mark})
}

// lateIn gives how many rows of an epoch came too late for a view, and the watermark that judged them.
func (t *taps) lateIn(view uint32, epoch uint64) (rows int64, mark types.Micros) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.by[view]; a != nil {
		for _, l := range a.recent {
			if l.no == epoch {
				return l.rows, l.mark
			}
		}
	}
	return 0, types.MinTime
}
