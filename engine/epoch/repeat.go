package epoch

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Dropped is how many of the rows that were given to Add were not stored because they repeat others (SetDedup), as far as that is known:
// after Commit it is. Of a statement that repeats another one nothing was stored, and nothing dropped.
func (s *Statement) Dropped() int64 {
	if s.end.repeated {
		return 0
	}
	n := int64(0)
	for _, d := range s.dropped {
		n += d
	}
	return n - s.aside
}

// DroppedOf is how many rows of a relation were left out so far because they repeat others.
func (s *Statement) DroppedOf(relation uint32) int64 { return s.dropped[relation] }

// first leaves out the rows that repeat one that is committed, or an earlier one of the statement. Most repetitions are
// found here, by the writer itself; what a statement beside this one commits meanwhile is met in dedupe.
func (s *Statement) first(p *part, b *batch.Batch) *batch.Batch {
	d := s.c.seenOf(p.target.Relation)
	if d == nil {
		return b
	}
	if s.fresh[d] == nil {
		if s.fresh == nil {
			s.fresh, s.dropped = map[*seen]map[key]struct{}{}, map[uint32]int64{}
		}
		s.fresh[d] = map[key]struct{}{}
	}
	p.seen, p.keys = d, d.hash(b, d.Columns)
	d.expire(s.c.Now())
	sel := d.fresh(p.keys, s.fresh[d])
	if len(sel) == b.N {
		return b
	}
	s.dropped[p.target.Relation] += int64(b.N - len(sel))
	p.keys = chosen(p.keys, sel)
	return b.Take(sel)
}

func chosen(keys []key, sel batch.Sel) []key {
	out := make([]key, len(sel))
	for i, r := range sel {
		out[i] = keys[r]
	}
	return out
}

// dedupe leaves out the rows of a statement that repeat what was committed since they were added, and remembers the
// others as committed. Blocks that are in the log already cannot be changed: such a statement fails whole.
func (c *Committer) dedupe(s *Statement, ep *batch.Epoch) error {
	c.mu.Lock()
	none := len(c.seen) == 0
	c.mu.Unlock()
	if none {
		return nil
	}
	parts, keys := make([]part, 0, len(s.parts)), 0
	anew := map[*seen]map[key]struct{}{}
	for i := range s.parts {
		p := s.parts[i]
		if err := c.dedupePart(s, &p, anew); err != nil {
			return err
		}
		if p.block.Rows > 0 {
			parts = append(parts, p)
			keys += len(p.keys)
		}
	}
	if keys > 0 && c.dedupKeys()+keys > MaxDedupKeys {
		return tooManyKeys()
	}
	s.parts = parts
	for i := range parts {
		if p := &parts[i]; p.keys != nil {
			p.seen.add(ep, p.keys)
			p.keys = nil
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for relation, n := range s.dropped {
		if c.seen[relation] != nil {
			c.dropped[relation] += n
		}
	}
	return nil
}

// dedupePart leaves out rows of one batch. anew is the keys of the statement's rows that were added before the relation had
// this Dedup, so that first did not know them.
func (c *Committer) dedupePart(s *Statement, p *part, anew map[*seen]map[key]struct{}) error {
	d := c.seenOf(p.target.Relation)
	switch {
	case d == nil:
		p.keys = nil
		return nil
	case p.seen != d && p.staged:
		return metMeanwhile(p)
	case p.seen != d:
		p.seen, p.keys = d, d.hash(p.rows, d.Columns)
		if anew[d] == nil {
			anew[d] = map[key]struct{}{}
		}
	}
	sel := d.fresh(p.keys, anew[d])
	switch n := len(p.keys) - len(sel); {
	case n == 0:
		return nil
	case p.staged:
		return metMeanwhile(p)
	case s.dropped == nil:
		s.dropped = map[uint32]int64{}
		fallthrough
	default:
		s.dropped[p.target.Relation] += int64(n)
		s.rows -= int64(n)
	}
	p.rows, p.keys = p.rows.Take(sel), chosen(p.keys, sel)
	p.rows.Seq = nil // places are given when the epoch is sealed
	return p.encode(p.rows, c.clock())
}

func metMeanwhile(p *part) error {
	return sqlerr.New(sqlerr.SerializationFailure, "another statement wrote rows with the same keys meanwhile").
		WithDetail("This one is too long to be stored without them (relation %d).", p.target.Relation).
		WithHint("Send it again: the rows that are there are left out then.")
}

// forget takes back the keys of an epoch that could not be written.
func (c *Committer) forget(no uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.seen {
		s.forget(no)
	}
}

// droppedMark begins a record of the committer's state in which rows were dropped: no other begins so.
const droppedMark = producersMark + 2

func (c *Committer) saveDropped(dst []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.dropped) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, droppedMark)
	dst = binary.AppendUvarint(dst, uint64(len(c.dropped)))
	for _, rel := range slices.Sorted(maps.Keys(c.dropped)) {
		dst = binary.AppendUvarint(dst, uint64(rel))
		dst = binary.AppendUvarint(dst, uint64(c.dropped[rel]))
	}
	return dst
}

// loadDropped reads what saveDropped wrote, and gives what follows.
func (c *Committer) loadDropped(data []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.dropped)
	mark, rest, err := uvarint(data)
	if err != nil || mark != droppedMark {
		return data, err
	}
	n, rest, err := uvarint(rest)
	for ; err == nil && n > 0; n-- {
		var rel, rows uint64
		if rel, rest, err = uvarint(rest); err == nil {
			rows, rest, err = uvarint(rest)
			c.dropped[uint32(rel)] = int64(rows)
		}
	}
	return rest, err
}
