package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/vexfs/vexstream/storage/segment"
)

// mergeEvery is how often the log is looked at for segments to merge.
const mergeEvery = 200 * time.Millisecond

// merging merges old segments of the log, at a pace that leaves the disk and the cores to others.
type merging struct {
	log     *segment.Log
	keep    int
	rate    int64 // bytes a second
	journal *slog.Logger
}

// run merges until ctx is done. What fails is tried again with the next look, and told once until something succeeds.
func (m *merging) run(ctx context.Context) {
	look := time.NewTicker(mergeEvery)
	defer look.Stop()
	told := false
	for {
		for {
			done, err := m.log.Merge(ctx, m.keep, m.pace)
			if ctx.Err() != nil {
				return
			}
			if err != nil && !told {
				m.journal.Warn("an old part of the log could not be merged; it stays as it is", "segment", done.Segment, "err", oneLine(err))
			}
			told = err != nil
			if err != nil || done.Segment == 0 {
				break
			}
			m.journal.Debug("log: merged", "segment", done.Segment, "bytes", done.Was, "now", done.Became)
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// pace waits as long as reading n bytes may take.
func (m *merging) pace(ctx context.Context, n int64) error {
	wait := time.NewTimer(time.Duration(float64(n) / float64(m.rate) * float64(time.Second)))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}
