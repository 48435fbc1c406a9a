package epoch

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/stream"
)

// Commit is a durable epoch on its way to those who follow. It is shared by all followers and must not be written to.
type Commit struct {
	Epoch   *batch.Epoch
	Marks   stream.Watermarks
	Parts   []Part
	bytes   int
	written []uint32 // the relation of each part, spilled ones too
	spilled bool     // some rows are in the log only
	Bare    bool     // it stands for epochs before it, too, that the feed left out, and has no rows of its own; see Feed.Idle
}

// Part is rows of one relation in a commit.
type Part struct {
	Relation uint32
	Offset0  int64 // the first row's _offset
	Rows     *batch.Batch
	Shared   *Shared // what followers have worked out about the rows; nil: these are one follower's alone
}

// Shared is a place for what the first follower that asks works out about rows, for all of them.
type Shared struct {
	once sync.Once
	is   any
}

// Get gives what work gave whoever called Get first. Any goroutine may call it.
func (s *Shared) Get(work func() any) any {
	s.once.Do(func() { s.is = work() })
	return s.is
}

// feedLen is how many commits wait in memory for one follower. One that is further behind reads the log instead, at
// its own pace, and no longer holds up the committer or its memory.
const (
	feedLen   = 256
	feedBytes = 64 << 20
)

// Feed gives the epochs in order to one follower, from memory when it keeps up and from the log when it does not.
type Feed struct {
	c      *Committer
	want   func(relation uint32) bool
	next   uint64 // follower's goroutine only
	ch     chan *Commit
	queued atomic.Int64 // bytes in ch
	behind atomic.Bool  // reads the log
	idle   idle
}

// Follow makes a feed that begins with epoch from. want picks the relations whose rows matter (nil: all); epochs
// without such rows come too.
func (c *Committer) Follow(from uint64, want func(relation uint32) bool) *Feed {
	return &Feed{c: c, want: want, next: max(from, 1)}
}

// Behind says whether the feed reads the log because it is too far behind, or has not caught up yet.
func (f *Feed) Behind() bool { return f.behind.Load() }

// Run calls visit with each epoch in order, until ctx is done, the committer closes (both give nil), or visit fails.
// A commit is borrowed until visit returns.
func (f *Feed) Run(ctx context.Context, visit func(*Commit) error) error {
	defer f.detach()
	for ctx.Err() == nil {
		if err := f.catchUp(ctx, visit); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		ended, err := f.live(ctx, visit)
		if ended || err != nil {
			return err
		}
	}
	return nil
}

// CatchUp visits every epoch up to the newest one at the time it returns, and nothing after.
func (f *Feed) CatchUp(ctx context.Context, visit func(*Commit) error) error {
	for f.next <= f.c.Last().No {
		if err := f.readLog(ctx, f.c.Last().No, visit); err != nil {
			return err
		}
	}
	return nil
}

// UpTo visits every epoch that the log still holds up to the given one, and nothing after.
func (f *Feed) UpTo(ctx context.Context, to uint64, visit func(*Commit) error) error {
	if first, _ := f.c.log.Bounds(); f.next < first {
		f.next = first
	}
	if f.next > to {
		return nil
	}
	return f.readLog(ctx, to, visit)
}

// catchUp reads the log until the follower stands where the committer does, and attaches there.
func (f *Feed) catchUp(ctx context.Context, visit func(*Commit) error) error {
	f.behind.Store(true)
	for {
		f.c.mu.Lock()
		last := f.c.last.No
		if f.next > last {
			f.ch = make(chan *Commit, feedLen)
			f.queued.Store(0)
			f.c.feeds[f] = struct{}{}
			f.c.mu.Unlock()
			f.behind.Store(false)
			return nil
		}
		f.c.mu.Unlock()
		if err := f.readLog(ctx, last, visit); err != nil {
			return err
		}
	}
}

// live visits commits from memory until the feed falls behind (nil, false) or ends (true).
func (f *Feed) live(ctx context.Context, visit func(*Commit) error) (ended bool, err error) {
	for {
		select {
		case <-ctx.Done():
			return true, nil
		case commit, ok := <-f.ch:
			if !ok {
				select {
				case <-f.c.stop:
					return true, nil
				default:
					return false, nil // cut off: read the log from f.next
				}
			}
			f.queued.Add(-int64(commit.bytes))
			if commit.Epoch.No < f.next {
				continue
			}
			if commit.spilled {
				err = f.readLog(ctx, commit.Epoch.No, visit)
			} else {
				err = visit(commit)
			}
			if err != nil {
				return true, err
			}
			f.next = commit.Epoch.No + 1
		}
	}
}

// readLog visits the epochs f.next..to from the log.
func (f *Feed) readLog(ctx context.Context, to uint64, visit func(*Commit) error) error {
	want := func(b *Block) bool { return f.want == nil || f.want(b.Relation) }
	return f.c.log.Read(ctx, f.next, to, want, func(e *Entry) error {
		ep := e.Epoch
		commit := &Commit{Epoch: &ep, Marks: e.Marks}
		for i := range e.Blocks {
			b := &e.Blocks[i]
			if !want(b) {
				continue
			}
			rows, err := codec.DecodeBlock(b.Data, nil)
			if err != nil {
				return err
			}
			rows.Epoch, rows.Seq0 = &ep, b.Seq0
			commit.Parts = append(commit.Parts, Part{Relation: b.Relation, Offset0: b.Offset0, Rows: rows})
		}
		if err := visit(commit); err != nil {
			return err
		}
		f.next = ep.No + 1
		return nil
	})
}

func (f *Feed) detach() {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	f.rouse()
	delete(f.c.feeds, f)
}

func (c *Committer) endFeeds() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, turn := range c.quiet.turns {
		for f := range turn {
			f.cutOff()
		}
	}
	for f := range c.feeds {
		f.cutOff()
	}
}
