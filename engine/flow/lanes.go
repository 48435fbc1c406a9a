package flow

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/stream"
)

// Limits of what Lanes do.
const (
	// LaneRows is how many rows there must be of an epoch for lanes to take them: waking somebody costs as much as folding
	// thousands of rows.
	LaneRows = 32 << 10
	// roundBatches is how many batches lanes take before what they have is added up.
	roundBatches = 64
	// asideLimit is how many rows a lane leaves aside before it takes no more batches.
	asideLimit = 4096
	// restRounds is how many rounds one goroutine does alone after one in which lanes did not pay.
	restRounds = 64
	// keepBytes is what a lane may keep from round to round. What is larger would not fit in a core's cache anyway.
	keepBytes = 8 << 20
)

// Asides is what the operators of a lane have to tell of rows that they leave aside: late ones, and those that failed. It is
// told in the order of the rows' batches, when nobody works.
type Asides struct {
	batch int
	told  []aside
}

type aside struct {
	batch int
	tell  func(ctx context.Context) error
}

// Later has tell called when the round has ended. Rows that it speaks of must have been copied.
func (a *Asides) Later(tell func(ctx context.Context) error) {
	a.told = append(a.told, aside{a.batch, tell})
}

// Lane is a way for rows to an operator's lane: through operators without state that are the lane's own.
type Lane struct {
	In     stream.Sink
	Root   op.Divided
	Asides *Asides
}

// Lanes folds the rows of an epoch on several cores. Each lane takes the next batch that nobody has taken, and folds it into
// groups of its own, which the operator adds to its own when these are asked for:
//
//	batches 0 1 2 3 4 5 ─┬─ filter ─ project ─ groups ─┐
//	                     └─ filter ─ project ─ groups ─┴─ operator
//
// Nobody can tell from what comes of it which lane had which batch.
type Lanes struct {
	name    string
	crew    *Crew
	one     stream.Sink // the way to the operator itself
	root    op.Divided
	make    func() (*Lane, error)
	workers int
	least   int // rows of an epoch
	lanes   []*Lane
	turn    int // of the lanes when one is enough
	rest    int // rounds until lanes are tried again
	failed  error
}

// NewLanes makes the Lanes of an operator, root, which one leads to. make makes a lane; name is what a panic is reported under.
func NewLanes(name string, crew *Crew, one stream.Sink, root op.Divided, lane func() (*Lane, error)) *Lanes {
	return &Lanes{name: name, crew: crew, one: one, root: root, make: lane, workers: 1, least: LaneRows}
}

// Use says how many lanes there may be, between two epochs. With one worker there is none.
func (l *Lanes) Use(workers int) {
	if workers = min(max(workers, 1), MaxWorkers); workers == l.workers {
		return
	}
	if err := l.root.Collect(); err != nil {
		l.failed = err
	}
	l.drop()
	l.workers = workers
}

// From says how many rows an epoch must have for lanes to take them; 0: LaneRows.
func (l *Lanes) From(rows int) {
	if l.least = rows; rows == 0 {
		l.least = LaneRows
	}
}

// Bytes is the memory of the lanes.
func (l *Lanes) Bytes() (n int64) {
	for _, a := range l.lanes {
		n += a.Root.Bytes()
	}
	return n
}

// Pays says whether lanes would take so many rows of one epoch.
func (l *Lanes) Pays(rows int) bool { return l.workers > 1 && rows >= l.least }

// Push folds batches of one epoch, in their order as far as anybody can tell. of is told which batch the rows are of that are
// left aside from then on.
func (l *Lanes) Push(ctx context.Context, rows []*batch.Batch, of func(i int)) error {
	if l.failed != nil {
		return l.failed
	}
	for done := 0; done < len(rows); {
		round := rows[done:min(done+roundBatches, len(rows))]
		shift := func(i int) { of(done + i) }
		workers := 1
		if l.tries(count(round)) {
			workers = min(l.workers, len(round)) // nobody is woken for one batch
		}
		if workers == 1 && !l.root.Owes() {
			if err := l.alone(ctx, round, shift); err != nil {
				return err
			}
			done += len(round)
			continue
		}
		n, err := l.round(ctx, workers, round, shift)
		if err != nil {
			return err
		}
		done += n
	}
	return nil
}

// tries says whether lanes are to take so many rows. Where they were not worth it the last time, they rest a while.
func (l *Lanes) tries(rows int) bool {
	switch {
	case l.rest > 0:
		l.rest--
		return false
	case !l.Pays(rows):
		return false
	case len(l.lanes) > 0 && !l.root.Owes() && !l.root.Pays():
		l.rest = restRounds
		l.drop()
		return false
	}
	return true
}

// alone gives rows to the operator itself.
func (l *Lanes) alone(ctx context.Context, rows []*batch.Batch, of func(i int)) error {
	for i, b := range rows {
		of(i)
		if err := l.one.Push(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func count(rows []*batch.Batch) (n int) {
	for _, b := range rows {
		n += b.N
	}
	return n
}

// round has lanes fold the first batches, and gives how many.
func (l *Lanes) round(ctx context.Context, workers int, rows []*batch.Batch, of func(i int)) (done int, err error) {
	if err := l.begin(); err != nil {
		return 0, err
	}
	first := 0
	if workers == 1 { // nobody minds which lane it is
		l.turn++
		first = l.turn % len(l.lanes)
	}
	var next atomic.Int64
	err = l.crew.Share(l.name, workers, func(share int) error {
		lane := l.lanes[first+share]
		for len(lane.Asides.told) < asideLimit {
			i := int(next.Add(1)) - 1
			if i >= len(rows) {
				return nil
			}
			lane.Asides.batch = i
			if err := lane.In.Push(ctx, rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	done = min(int(next.Load()), len(rows))
	if err := l.tell(ctx, of); err != nil {
		return 0, err
	}
	if err := l.root.Owe(count(rows[:done])); err != nil {
		return 0, err
	}
	return done, l.relieve()
}

// begin makes lanes that are not there yet.
func (l *Lanes) begin() error {
	for len(l.lanes) < l.workers {
		a, err := l.make()
		if err != nil {
			return err
		}
		l.lanes = append(l.lanes, a)
	}
	roots := make([]op.Divided, len(l.lanes))
	for i, a := range l.lanes {
		roots[i] = a.Root
	}
	l.root.Begin(roots)
	return nil
}

// relieve takes from lanes what has become large.
func (l *Lanes) relieve() error {
	for _, a := range l.lanes {
		if a.Root.Bytes() <= keepBytes {
			continue
		}
		if err := l.root.Collect(); err != nil {
			return err
		}
		if err := a.Root.Forget(); err != nil {
			return err
		}
	}
	return nil
}

// tell tells what lanes have left aside.
func (l *Lanes) tell(ctx context.Context, of func(i int)) error {
	var all []aside
	for _, a := range l.lanes {
		all = append(all, a.Asides.told...)
		clear(a.Asides.told)
		a.Asides.told = a.Asides.told[:0]
	}
	slices.SortStableFunc(all, func(a, b aside) int { return cmp.Compare(a.batch, b.batch) })
	for i := range all {
		of(all[i].batch)
		if err := all[i].tell(ctx); err != nil {
			return err
		}
	}
	return nil
}

// drop gives up the lanes. What they have folded has been collected, or nobody asks for it any more.
func (l *Lanes) drop() {
	l.root.Begin(nil)
	for _, a := range l.lanes {
		_ = a.In.Close() // operators hold memory only
	}
	l.lanes = nil
}

// Close gives the lanes' memory back. It does not close the operator.
func (l *Lanes) Close() { l.drop() }
