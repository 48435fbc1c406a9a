package epoch

import (
	"slices"

	"github.com/vexfs/vexstream/engine/stream"
)

// idleLen is after how many epochs a follower that leaves them out gets one all the same, so that what a restart has to read
// again of the log stays short.
const idleLen = 64

// idle is what a feed leaves out. The committer's lock guards it.
type idle struct {
	only  []uint32          // relations that its follower cares for; nil: nothing is left out
	last  stream.Watermarks // of the commit that was queued last
	known bool              // last is set
	held  *Commit           // the newest one that was left out, without rows; nil: none since the last that was queued
	count int               // how many were left out since
	asked uint64            // nothing is left out up to this epoch
}

// Idle lets the feed leave out epochs that have no rows of the given relations and in which their watermarks stand still, until one
// comes that does, or the follower asks for them. Of those that were left out the follower then gets the newest. So a
// thousand followers of quiet streams cost no wake-up each per epoch. Without relations nothing is left out any more, and
// what was is read from the log: a follower whose interest changes has missed nothing. Any goroutine may call it.
func (f *Feed) Idle(only []uint32) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if len(only) > 0 && slices.Equal(f.idle.only, only) {
		return
	}
	held := f.idle.held != nil
	f.idle.only, f.idle.held, f.idle.count, f.idle.known = slices.Clone(only), nil, 0, false
	if held {
		f.cutOff()
	}
}

// Ask has the feed give what it left out up to an epoch, and leave out nothing up to there. Any goroutine may call it.
func (f *Feed) Ask(no uint64) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	f.idle.asked = max(f.idle.asked, no)
	if f.idle.held != nil {
		f.giveHeld()
	}
}

// leavesOut says whether a commit need not be queued now.
func (f *Feed) leavesOut(commit *Commit) bool {
	i := &f.idle
	if len(i.only) == 0 || !i.known || commit.Epoch.No <= i.asked || i.count >= idleLen {
		return false
	}
	for _, relation := range i.only {
		if slices.Contains(commit.written, relation) || commit.Marks.Of(relation) != i.last.Of(relation) {
			return false
		}
	}
	return true
}

// giveHeld queues the newest epoch that was left out.
func (f *Feed) giveHeld() {
	held := f.idle.held
	f.idle.held, f.idle.count = nil, 0
	f.queue(held)
}

// queue gives the follower a commit, unless too much waits for it already: then it reads the log.
func (f *Feed) queue(commit *Commit) {
	if _, attached := f.c.feeds[f]; !attached {
		return
	}
	if len(f.ch) == cap(f.ch) || f.queued.Load() > feedBytes {
		f.cutOff()
		return
	}
	f.idle.last, f.idle.known = commit.Marks, true
	f.queued.Add(int64(commit.bytes))
	f.ch <- commit
}

// cutOff has an attached feed read the log from where its follower stands.
func (f *Feed) cutOff() {
	if _, attached := f.c.feeds[f]; attached {
		delete(f.c.feeds, f)
		close(f.ch)
	}
}

// handOn gives a commit to every attached feed that does not leave it out.
func (c *Committer) handOn(commit *Commit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var bare *Commit // without rows: who leaves it out does not keep them in memory
	for f := range c.feeds {
		if f.leavesOut(commit) {
			if bare == nil {
				bare = &Commit{Epoch: commit.Epoch, Marks: commit.Marks, Bare: true}
			}
			f.idle.held = bare
			f.idle.count++
			continue
		}
		if f.idle.held != nil {
			f.giveHeld()
		}
		f.queue(commit)
	}
}
