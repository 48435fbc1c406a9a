package session

import (
	"context"
	"errors"
)

// trimStep is the share of the log's epochs that is forgotten at a time: the log drops whole files, so asking for a
// little more each time ends near the limit.
const trimStep = 16

// errKept ends the search for rows that are too old.
var errKept = errors.New("session: an epoch whose rows are kept")

// Trim forgets the epochs whose rows are all past their streams' retention, and then the oldest ones until the log is
// below maxBytes. It keeps what views need to be restored, and what triggers asked for that
// is not taken in yet. Rows that the log forgets are gone for queries over their
// stream and for views that are made later; views that have taken them in are as they were. While the catalog is being
// changed nothing is forgotten: a view that is made then may be reading it.
func (e *Engine) Trim(ctx context.Context, maxBytes int64) error {
	if !e.ddl.TryLock() {
		return nil
	}
	defer e.ddl.Unlock()
	log := e.Committer.Log()
	limit := min(e.Live.Stored(), e.errandsFrom.Load())
	before, err := e.pastAge(ctx, limit)
	if err != nil {
		return err
	}
	if first, _ := log.Bounds(); before > first {
		if err := log.Truncate(before); err != nil {
			return err
		}
	}
	for range trimStep {
		first, last := log.Bounds()
		if log.Size() <= maxBytes || last <= first {
			return nil
		}
		before := min(first+(last-first)/trimStep+1, limit)
		if before <= first {
			return nil
		}
		if err := log.Truncate(before); err != nil {
			return err
		}
	}
	return nil
}
