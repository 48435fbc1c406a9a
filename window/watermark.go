package window

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Policy is how a relation's watermark follows its rows.
type Policy struct {
	// Delay is the disorder that is waited for: the watermark is this much behind the newest row.
	Delay types.Micros
	// IdleAfter is how long a lane may give nothing before it is left out of the minimum; 0: for ever.
	IdleAfter types.Micros
	// IdleClock: when no lane is active the watermark follows the clock less Delay. Else it stands still.
	IdleClock bool
	// MaxSkew is how far ahead of the clock a row may be and still move the watermark; 0: DefaultMaxSkew.
	MaxSkew types.Micros
}

// DefaultMaxSkew is the MaxSkew of a Policy that names none.
const DefaultMaxSkew = types.Hour

// MaxLanes is how many lanes of one relation are kept apart. Past it the lanes that were idle longest are forgotten,
// and when none is idle further writers share the lane Others.
const (
	MaxLanes        = 4096
	Others   uint32 = 1<<32 - 1
)

// Limit is the greatest event time that moves the watermark at now.
func (p Policy) Limit(now types.Micros) types.Micros {
	skew := p.MaxSkew
	if skew == 0 {
		skew = DefaultMaxSkew
	}
	if skew > types.MaxTime-max(now, 0) {
		return types.MaxTime - 1
	}
	return now + skew
}

// Tracker computes the watermarks of all relations of a node: of each the least over its lanes (a connector's
// partition, a file, a named producer; 0 for statements). Only the committer uses it, because what it says is recorded
// with each epoch: a replay does not ask again.
//
//	lane 0   ──●──●───●──────●  12:00:09     idle lanes are left out
//	lane 7   ──●───●            12:00:04  ◀─ holds the watermark: 12:00:04 - delay
type Tracker struct {
	relations []*tracked // ascending by id
}

type tracked struct {
	id     uint32
	policy Policy
	known  bool // has a policy
	lanes  []lane
	mark   types.Micros
	idle   bool
	held   uint32       // the lane with the least time
	holds  bool         // held means something
	since  types.Micros // when that lane became the one that holds it
	moved  types.Micros // when the watermark last moved
}

type lane struct {
	id   uint32
	at   types.Micros // newest event time that counted
	next types.Micros // newest since the last Marks, MinTime for none
	seen types.Micros // the clock when rows last came
	idle bool
}

// NewTracker makes a Tracker without relations.
func NewTracker() *Tracker { return &Tracker{} }

// Register gives a relation its policy, or a new one.
func (t *Tracker) Register(relation uint32, p Policy) {
	r := t.relation(relation)
	r.policy, r.known = p, true
}

// Drop forgets a relation.
func (t *Tracker) Drop(relation uint32) {
	if i, ok := t.find(relation); ok {
		t.relations = slices.Delete(t.relations, i, i+1)
	}
}

// Observe takes in the greatest event time of rows that a lane gave. It counts at the next Marks, unless it is further
// ahead of that clock than MaxSkew; GreatestTime gives one that is not. A relation without a policy is not observed.
func (t *Tracker) Observe(relation, laneID uint32, at types.Micros) {
	i, ok := t.find(relation)
	if !ok || !t.relations[i].known {
		return
	}
	l := t.relations[i].lane(laneID)
	l.next = max(l.next, at)
}

// Marks moves the watermarks to where they are at now and gives those of all relations that have a policy, ascending by
// relation. now must not go back. The result is the caller's.
func (t *Tracker) Marks(now types.Micros) stream.Watermarks {
	marks := make(stream.Watermarks, 0, len(t.relations))
	for _, r := range t.relations {
		if !r.known {
			continue
		}
		r.update(now)
		marks = append(marks, stream.Mark{Relation: r.id, At: r.mark, Idle: r.idle})
	}
	return marks
}

// Advance moves a relation's watermark to at by hand, never back, and gives where it then stands. false: the relation
// has none.
func (t *Tracker) Advance(relation uint32, at types.Micros) (types.Micros, bool) {
	i, ok := t.find(relation)
	if !ok || !t.relations[i].known {
		return types.MinTime, false
	}
	r := t.relations[i]
	r.mark = max(r.mark, at)
	return r.mark, true
}

// update is one relation's share of Marks.
func (r *tracked) update(now types.Micros) {
	limit := r.policy.Limit(now)
	least, held, active := types.MaxTime, uint32(0), false
	for i := range r.lanes {
		l := &r.lanes[i]
		if l.next != types.MinTime && l.next <= limit {
			l.at, l.seen = max(l.at, l.next), now
		}
		l.next = types.MinTime
		l.idle = l.at == types.MinTime || r.policy.IdleAfter > 0 && now-l.seen >= r.policy.IdleAfter
		if !l.idle && (l.at < least || !active) {
			least, held, active = l.at, l.id, true
		}
	}
	if active != r.holds || held != r.held {
		r.holds, r.held, r.since = active, held, now
	}
	r.idle = !active
	to := r.mark
	switch {
	case active:
		to = least.Sub(r.policy.Delay)
	case r.policy.IdleClock:
		to = now.Sub(r.policy.Delay)
	}
	if to > r.mark {
		r.mark, r.moved = to, now
	}
}

func (t *Tracker) find(relation uint32) (int, bool) {
	return slices.BinarySearchFunc(t.relations, relation, func(r *tracked, id uint32) int {
		return int(int64(r.id) - int64(id))
	})
}

func (t *Tracker) relation(id uint32) *tracked {
	i, ok := t.find(id)
	if !ok {
		t.relations = slices.Insert(t.relations, i, &tracked{id: id, mark: types.MinTime, idle: true, since: types.MinTime, moved: types.MinTime})
	}
	return t.relations[i]
}

func (r *tracked) lane(id uint32) *lane {
	i, ok := r.findLane(id)
	if ok {
		return &r.lanes[i]
	}
	if len(r.lanes) >= MaxLanes {
		r.forgetIdle()
	}
	if len(r.lanes) >= MaxLanes {
		id = Others
	}
	if i, ok = r.findLane(id); !ok {
		r.lanes = slices.Insert(r.lanes, i, lane{id: id, at: types.MinTime, next: types.MinTime, seen: types.MinTime, idle: true})
	}
	return &r.lanes[i]
}

func (r *tracked) findLane(id uint32) (int, bool) {
	return slices.BinarySearchFunc(r.lanes, id, func(l lane, id uint32) int { return int(int64(l.id) - int64(id)) })
}

// forgetIdle drops the lanes that hold nothing: they are made again when their writer comes back.
func (r *tracked) forgetIdle() {
	r.lanes = slices.DeleteFunc(r.lanes, func(l lane) bool { return l.idle && l.next == types.MinTime })
}

// GreatestTime is the greatest value of a timestamp column that is not beyond limit, MinTime if there is none.
func GreatestTime(c *batch.Column, limit types.Micros) types.Micros {
	at := types.MinTime
	ts := batch.Values[types.Micros](c)
	if c.Valid == nil {
		for _, t := range ts {
			if t <= limit {
				at = max(at, t)
			}
		}
		return at
	}
	for i, t := range ts {
		if t <= limit && c.Valid.Get(i) {
			at = max(at, t)
		}
	}
	return at
}
