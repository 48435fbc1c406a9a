package session

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// publish commits a transaction in one epoch. release gives the locks of its tables back, which the caller holds; nil:
// it holds none.
func (s *Session) publish(ctx context.Context, tx *transaction, release func(), out Output) error {
	if len(tx.changes) == 0 && len(tx.ddl) == 0 {
		return nil
	}
	order := tx.ordered()
	if release == nil {
		release = lock(order)
	}
	defer func() { release() }()
	for _, ed := range order {
		if err := ed.fits(s.e); err != nil {
			return err
		}
	}
	for _, ed := range order {
		if err := tx.heldTo(s.e.Catalog(), ed, true); err != nil {
			return err
		}
	}
	to := s.e.Committer.Begin()
	defer to.Abort()
	var into []uint32
	for _, ed := range order {
		if err := ed.write(to); err != nil {
			return err
		}
		if ed.t == nil {
			into = append(into, ed.r.ID)
		}
	}
	if err := s.e.gate.changed(to, tx.changes); err != nil {
		return err
	}
	if to.Empty() && len(tx.ddl) == 0 {
		return nil
	}
	judges := s.e.judges(to, into)
	ep, err := s.commitTo(ctx, tx, order, to, release)
	if err != nil {
		return err
	}
	s.wrote = ep
	tellDropped(to, out)
	s.tellLate(ctx, judges, ep.No, out)
	return nil
}

// commitTo makes the rows of a transaction durable, and then known. A commit that is cancelled half-way would leave open
// whether the rows are there, and with it the keys: it goes on to its end.
func (s *Session) commitTo(ctx context.Context, tx *transaction, order []*edits, to *epoch.Statement, release func()) (ep batch.Epoch, err error) {
	ctx = context.WithoutCancel(ctx)
	takesOut := slices.ContainsFunc(order, func(ed *edits) bool { return len(ed.old) > 0 })
	switch {
	case len(tx.ddl) > 0 && to.Empty(): // the change is all there is, and need not fit into the record of an epoch
		err = s.e.change(ctx, nil, together(tx.ddl))
		return s.e.Committer.Last(), err
	case len(tx.ddl) > 0:
		err = s.e.change(ctx, to, together(tx.ddl))
	case takesOut:
		_, err = to.Commit(ctx)
	default:
		return s.commitOn(ctx, order, to, release)
	}
	if err != nil {
		return ep, err
	}
	if ep, err = to.Wait(ctx); err != nil { // it is there
		return ep, err
	}
	for _, ed := range order {
		ed.committed()
	}
	return ep, nil
}

// commitOn commits rows that come to others, and lets the next writer go on before they are durable: their places in the
// log are theirs, and several statements share one write of it.
func (s *Session) commitOn(ctx context.Context, order []*edits, to *epoch.Statement, release func()) (batch.Epoch, error) {
	if err := to.Submit(ctx); err != nil {
		return batch.Epoch{}, err
	}
	for _, ed := range order {
		if ed.committed(); ed.t != nil {
			ed.t.on = append(ed.t.on, &onWay{to, ed})
		}
	}
	release()
	ep, err := to.Wait(ctx)
	release = lock(order)
	defer release()
	for _, ed := range order {
		switch {
		case ed.t == nil:
		case err != nil:
			ed.t.settle()
		default:
			ed.t.on = slices.DeleteFunc(ed.t.on, func(w *onWay) bool { return w.st == to })
		}
	}
	return ep, err
}

// lock takes the locks of the edits' tables.
func lock(order []*edits) (release func()) {
	for _, ed := range order {
		if ed.t != nil {
			ed.t.mu.Lock()
		}
	}
	return func() {
		for _, ed := range order {
			if ed.t != nil {
				ed.t.mu.Unlock()
			}
		}
		order = nil
	}
}

// fits says whether the edits may be committed, where rows on their way to the log may stand against them once these
// are there. The table's lock is held.
func (ed *edits) fits(e *Engine) error {
	if ed.t != nil && len(ed.old) > 0 {
		ed.t.settle()
	}
	err := ed.check(e.Catalog())
	if sqlerr.CodeOf(err) == sqlerr.UniqueViolation && len(ed.t.on) > 0 {
		ed.t.settle()
		err = ed.check(e.Catalog())
	}
	return err
}
