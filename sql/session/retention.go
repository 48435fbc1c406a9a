package session

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Retention is how long a stream keeps a row after it was committed; 0: as long as there is room.
func Retention(r *catalog.Relation) types.Micros {
	if r.Kind != catalog.Stream {
		return 0
	}
	return durationOption(r, "retention", 0)
}

// keptSince is the first epoch whose rows of a stream are not past its retention at now; 0: all are kept. A row's age
// counts from its commit, and not from its event time: what is loaded from last year stays as long as what is new, and
// epochs are forgotten in the order in which they came.
func (e *Engine) keptSince(ctx context.Context, r *catalog.Relation, now types.Micros) (uint64, error) {
	d := Retention(r)
	if d == 0 {
		return 0, nil
	}
	return e.Committer.Since(ctx, now.Sub(d))
}

// floors says from which epoch on a continuous query that begins now reads its streams: once it runs, its contents keep
// what it has read, and a new start from the log must give the same.
func (e *Engine) floors(ctx context.Context, snap *catalog.Snapshot, relations []uint32) (map[uint32]uint64, error) {
	var out map[uint32]uint64
	now := e.Committer.Now()
	for _, id := range relations {
		r := snap.ByID(id)
		if r == nil {
			continue
		}
		no, err := e.keptSince(ctx, r, now)
		if err != nil {
			return nil, err
		}
		if no > 0 {
			if out == nil {
				out = map[uint32]uint64{}
			}
			out[id] = no
		}
	}
	return out, nil
}

// lowest is the first epoch that a query of these relations has rows of, if all of them have a floor; else 0.
func lowest(floors map[uint32]uint64, relations []uint32) uint64 {
	least := uint64(0)
	for i, id := range relations {
		if floor := floors[id]; i == 0 || floor < least {
			least = floor
		}
	}
	return least
}

// aged is how far Trim has looked for epochs that nobody reads any more, and under which catalog: another one may keep
// other rows.
type aged struct {
	catalog uint64
	next    uint64 // the first epoch that may hold rows that are kept
}

// pastAge gives the first epoch, no later than limit, whose rows a stream keeps. Rows of streams that were dropped, and of
// tables, whose contents are in checkpoints, are kept by nobody.
func (e *Engine) pastAge(ctx context.Context, limit uint64) (uint64, error) {
	snap := e.Catalog()
	first, last := e.Committer.Log().Bounds()
	from := first
	if e.aged.catalog == snap.Version {
		from = max(first, e.aged.next)
	}
	now, since := e.Committer.Now(), map[uint32]uint64{}
	aging := false
	for _, r := range snap.Relations() {
		if r.Kind != catalog.Stream {
			continue
		}
		no, err := e.keptSince(ctx, r, now)
		if err != nil {
			return 0, err
		}
		since[r.ID] = no
		aging = aging || no > 0
	}
	if !aging || from >= min(limit, last) {
		return first, nil
	}
	kept := false
	keeps := func(b *epoch.Block) bool {
		no, is := since[b.Relation]
		kept = kept || is && from >= no
		return false
	}
	err := e.Committer.Log().Read(ctx, from, min(limit, last)-1, keeps, func(ep *epoch.Entry) error {
		if kept {
			return errKept
		}
		from = ep.Epoch.No + 1
		return nil
	})
	if err != nil && !errors.Is(err, errKept) {
		return 0, err
	}
	e.aged = aged{snap.Version, from}
	return from, nil
}
