package epoch

import (
	"slices"

	"github.com/vexfs/vexstream/engine/stream"
)

// idleLen is after how many epochs at most a follower that leaves them out gets one all the same, so that what a restart has
// to read again of the log stays short.
const idleLen = 256

// idle is what a feed leaves out. The committer's lock guards it.
type idle struct {
	only  []uint32 // relations that its follower cares for; nil: nothing is left out
	rests bool     // it is among the quiet, else among the feeds that get every epoch
	turn  uint64   // of the quiet: the remainder of the epochs by idleLen that it gets in any case
	given uint64   // of the quiet: the epoch that was queued last
	asked uint64   // nothing is left out up to this epoch
}

// quiet is the attached feeds that leave out epochs. What an epoch costs depends on those that it concerns alone. The
// committer's lock guards it.
type quiet struct {
	by    map[uint32]map[*Feed]struct{} // by relation that they care for
	turns [idleLen]map[*Feed]struct{}
	next  uint64  // the turn of the feed that rests next
	last  *Commit // the newest epoch, without its rows; nil: there was none yet
}

// Idle lets the feed leave out epochs that have no rows of the given relations and in which their watermarks stand still, until
// one comes that does, or the follower asks for them. Of those that were left out the follower then gets the newest. So
// a thousand followers of quiet streams cost no wake-up each per epoch. Without relations nothing is left out any more, and
// what was is read from the log: a follower whose interest changes has missed nothing. Any goroutine may call it.
func (f *Feed) Idle(only []uint32) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if slices.Equal(f.idle.only, only) {
		return
	}
	missed := f.idle.rests && f.idle.given < f.c.quiet.last.Epoch.No
	f.rouse()
	f.idle.only = slices.Clone(only)
	if missed {
		f.cutOff()
	}
}

// Ask has the feed give what it left out up to an epoch, and leave out nothing up to there. Any goroutine may call it.
func (f *Feed) Ask(no uint64) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	f.idle.asked = max(f.idle.asked, no)
	if !f.idle.rests {
		return
	}
	f.giveMissed()
	if f.idle.rests && f.c.quiet.last.Epoch.No < no {
		f.rouse()
	}
}

// rest puts an attached feed that has just been given an epoch among the quiet, if its follower wants that.
func (f *Feed) rest(no uint64) {
	q := &f.c.quiet
	if len(f.idle.only) == 0 || no < f.idle.asked {
		return
	}
	delete(f.c.feeds, f)
	f.idle.rests, f.idle.given, f.idle.turn = true, no, q.next%idleLen
	q.next++
	for _, relation := range f.idle.only {
		if q.by[relation] == nil {
			if q.by == nil {
				q.by = map[uint32]map[*Feed]struct{}{}
			}
			q.by[relation] = map[*Feed]struct{}{}
		}
		q.by[relation][f] = struct{}{}
	}
	if q.turns[f.idle.turn] == nil {
		q.turns[f.idle.turn] = map[*Feed]struct{}{}
	}
	q.turns[f.idle.turn][f] = struct{}{}
}

// rouse takes a feed from the quiet, if it is there: it gets every epoch from the next one on.
func (f *Feed) rouse() {
	if !f.idle.rests {
		return
	}
	q := &f.c.quiet
	for _, relation := range f.idle.only {
		if delete(q.by[relation], f); len(q.by[relation]) == 0 {
			delete(q.by, relation)
		}
	}
	delete(q.turns[f.idle.turn], f)
	f.idle.rests = false
	f.c.feeds[f] = struct{}{}
}

// giveMissed gives a quiet feed the newest epoch, which stands for those that it left out.
func (f *Feed) giveMissed() {
	if last := f.c.quiet.last; f.idle.given < last.Epoch.No {
		f.queue(last)
	}
}

// queue gives the follower of an attached feed a commit, unless too much waits for it already: then it reads the log.
func (f *Feed) queue(commit *Commit) {
	if len(f.ch) == cap(f.ch) || f.queued.Load() > feedBytes {
		f.cutOff()
		return
	}
	f.idle.given = commit.Epoch.No
	f.queued.Add(int64(commit.bytes))
	f.ch <- commit
}

// cutOff has an attached feed read the log from where its follower stands.
func (f *Feed) cutOff() {
	f.rouse()
	delete(f.c.feeds, f)
	close(f.ch)
}

// handOn gives a commit to every attached feed that does not leave it out.
func (c *Committer) handOn(commit *Commit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	no, marks := commit.Epoch.No, stream.Watermarks(nil)
	if c.quiet.last != nil {
		marks = c.quiet.last.Marks
	}
	for _, relation := range commit.written {
		c.concerns(relation, commit)
	}
	moved(marks, commit.Marks, func(relation uint32) { c.concerns(relation, commit) })
	ep := *commit.Epoch // a pointer into the entry would keep its rows in memory
	c.quiet.last = &Commit{Epoch: &ep, Marks: commit.Marks, Bare: true}
	for f := range c.quiet.turns[no%idleLen] {
		f.giveMissed()
	}
	for f := range c.feeds {
		if f.queue(commit); f.attached() {
			f.rest(no)
		}
	}
}

// concerns gives a commit to the quiet feeds whose followers care for a relation, behind what they left out.
func (c *Committer) concerns(relation uint32, commit *Commit) {
	for f := range c.quiet.by[relation] {
		if f.idle.given == commit.Epoch.No {
			continue
		}
		if f.giveMissed(); f.idle.rests { // else it was cut off
			f.queue(commit)
		}
	}
}

// Rests says whether the feed leaves out epochs now. Any goroutine may call it.
func (f *Feed) Rests() bool {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	return f.idle.rests
}

// attached says whether a feed gets epochs from memory.
func (f *Feed) attached() bool {
	_, awake := f.c.feeds[f]
	return awake || f.idle.rests
}

// moved visits the relations whose watermarks differ. Both lists are ascending by relation.
func moved(old, now stream.Watermarks, visit func(relation uint32)) {
	for len(old) > 0 || len(now) > 0 {
		switch {
		case len(old) == 0 || len(now) > 0 && now[0].Relation < old[0].Relation:
			visit(now[0].Relation)
			now = now[1:]
		case len(now) == 0 || old[0].Relation < now[0].Relation:
			visit(old[0].Relation)
			old = old[1:]
		default:
			if old[0].At != now[0].At {
				visit(now[0].Relation)
			}
			old, now = old[1:], now[1:]
		}
	}
}
