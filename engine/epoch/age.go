package epoch

import (
	"context"
	"errors"
	"sort"

	"github.com/vexfs/vexstream/engine/types"
)

// Since gives the number of the first epoch that the log holds and that is not older than at; one more than the last if
// all are older. Epochs' times only grow, so what is asked for is found by halves; who asks again a little later, as
// every scan of a stream with a retention does, is answered from memory.
func (c *Committer) Since(ctx context.Context, at types.Micros) (uint64, error) {
	for {
		no, err := c.since(ctx, at)
		if !errors.Is(err, ErrTruncated) { // else the log forgot an epoch that was just being looked at
			return no, err
		}
	}
}

func (c *Committer) since(ctx context.Context, at types.Micros) (uint64, error) {
	first, last := c.log.Bounds()
	c.mu.Lock()
	known := c.age
	c.mu.Unlock()
	if known.no >= first && known.before < at && at <= known.time {
		return known.no, nil
	}
	lo, end := first, last+1 // the answer is among lo..end
	found := age{no: end, before: types.MinTime, time: types.MaxTime}
	if known.no >= first && known.no <= last && known.time < at {
		lo, found.before = known.no+1, known.time
	}
	older := func(no uint64) (bool, error) {
		t, err := c.timeOf(ctx, no)
		if err != nil {
			return false, err
		}
		if t < at {
			found.before = max(found.before, t)
			return true, nil
		}
		if no < found.no {
			found.no, found.time = no, t
		}
		return false, nil
	}
	for step := uint64(1); lo < end; step *= 2 { // what is asked for is mostly near
		at := min(lo+step-1, end-1)
		is, err := older(at)
		if err != nil {
			return 0, err
		}
		if !is {
			end = at
			break
		}
		lo = at + 1
	}
	var err error
	i := sort.Search(int(end-lo), func(i int) bool {
		var is bool
		if err == nil {
			is, err = older(lo + uint64(i))
		}
		return !is
	})
	if err != nil {
		return 0, err
	}
	no := lo + uint64(i)
	if found.no == no && no <= last {
		c.mu.Lock()
		c.age = found
		c.mu.Unlock()
	}
	return no, nil
}

// age says that epoch no is of that time, and that the one before it, if the log holds it, is not newer than before.
type age struct {
	no           uint64
	before, time types.Micros
}

// timeOf is when an epoch was sealed.
func (c *Committer) timeOf(ctx context.Context, no uint64) (at types.Micros, err error) {
	none := func(*Block) bool { return false }
	err = c.log.Read(ctx, no, no, none, func(e *Entry) error {
		at = e.Epoch.Time
		return nil
	})
	return at, err
}
