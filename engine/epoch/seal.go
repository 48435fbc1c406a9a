package epoch

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// commit seals the statements into one epoch, appends it, answers the writers and hands the epoch on.
func (c *Committer) commit(group []*Statement) {
	e, out := c.seal(group)
	early := invariant.Planted(invariant.EarlyAnswer)
	if early {
		answer(group, e.Epoch, nil)
	}
	err := c.log.Append(c.fence, e)
	if err != nil {
		c.undo(group, err)
	} else {
		c.meta = e.Meta
		c.mu.Lock()
		c.last, c.marks = e.Epoch, e.Marks
		for i := range out.written {
			c.rows[out.written[i]] = c.offsets[out.written[i]]
		}
		c.mu.Unlock()
	}
	if !early {
		answer(group, e.Epoch, err)
	}
	if err == nil {
		c.handOn(out)
	}
}

// answer tells the writers of an epoch what became of it.
func answer(group []*Statement, ep batch.Epoch, err error) {
	for _, s := range group {
		switch s.end.epoch = ep; {
		case err != nil:
			if s.end.err == nil && !s.end.repeated { // else its blocks were given up before
				s.unstage()
			}
			s.end = result{err: err}
		case s.end.err != nil:
			s.end.epoch = batch.Epoch{}
		}
		s.tell(s.end.err == nil && !s.end.repeated)
		close(s.done)
	}
}

// seal fixes everything that a replay must not ask for again.
func (c *Committer) seal(group []*Statement) (*Entry, *Commit) {
	c.mu.Lock()
	ep := batch.Epoch{Origin: c.origin, No: c.last.No + 1, Time: max(c.clock(), c.last.Time+1), Catalog: c.catalog}
	c.mu.Unlock()
	group = c.admit(group, &ep)
	e := &Entry{Epoch: ep}
	out := &Commit{Epoch: &e.Epoch}
	var seq uint32
	place := func(p *part) {
		out.written = append(out.written, p.block.Relation)
		p.block.Seq0, p.block.Offset0 = seq, c.offsets[p.block.Relation]
		seq += p.block.Rows
		c.offsets[p.block.Relation] += int64(p.block.Rows)
		if p.observed != types.MinTime {
			c.time.Observe(p.block.Relation, p.block.Lane, p.observed)
		}
	}
	// Blocks come before staged ones in the log, so they do in the numbering.
	for _, s := range group {
		if s.carries != nil {
			c.carry(ep.No, s.carries)
		}
		for i := range s.parts {
			if p := &s.parts[i]; !p.staged {
				place(p)
				e.Blocks = append(e.Blocks, p.block)
				p.rows.Epoch, p.rows.Seq0 = &e.Epoch, p.block.Seq0
				out.Parts = append(out.Parts, Part{Relation: p.block.Relation, Offset0: p.block.Offset0, Rows: p.rows, Shared: &Shared{}})
				out.bytes += p.rows.Bytes()
			}
		}
	}
	for _, s := range group {
		for i := range s.parts {
			if p := &s.parts[i]; p.staged {
				place(p)
				e.Staged = append(e.Staged, Staged{Header: p.block, Ref: p.ref})
				out.spilled = true
			}
		}
	}
	e.Marks = c.time.Marks(ep.Time)
	e.Meta = c.saveMeta(nil)
	out.Marks = e.Marks
	return e, out
}

// undo puts the committer back to where the log ends, after an epoch that could not be written.
func (c *Committer) undo(group []*Statement, err error) {
	if loadErr := c.loadMeta(c.meta); loadErr != nil {
		err = errors.Join(err, loadErr)
	}
	c.forget(c.Last().No + 1)
	if code := sqlerr.CodeOf(err); code == sqlerr.DiskFull || code == sqlerr.ConfigurationLimit {
		return // the log goes on once there is room again
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = sqlerr.Wrap(sqlerr.IOError, err, "the log cannot be written any more").
			WithHint("Look into the journal for the cause, then restart the node; nothing acknowledged is lost.")
	}
}

// saveMeta appends the state after the epoch: what is carried, the rows that were dropped, the producers, the next offset of each relation, then the
// timekeeper's.
func (c *Committer) saveMeta(dst []byte) []byte {
	dst = c.saveCarried(dst)
	dst = c.saveDropped(dst)
	dst = c.saveProducers(dst)
	dst = binary.AppendUvarint(dst, uint64(len(c.offsets)))
	for _, rel := range slices.Sorted(maps.Keys(c.offsets)) {
		dst = binary.AppendUvarint(dst, uint64(rel))
		dst = binary.AppendUvarint(dst, uint64(c.offsets[rel]))
	}
	return c.time.Save(dst)
}

func (c *Committer) loadMeta(data []byte) error {
	clear(c.offsets)
	data, err := c.loadCarried(data)
	if err == nil {
		data, err = c.loadDropped(data)
	}
	if err == nil {
		data, err = c.loadProducers(data)
	}
	if err != nil {
		return err
	}
	n, data, err := uvarint(data)
	for i := uint64(0); err == nil && i < n; i++ {
		var rel, next uint64
		if rel, data, err = uvarint(data); err == nil {
			next, data, err = uvarint(data)
			c.offsets[uint32(rel)] = int64(next)
		}
	}
	if err != nil {
		return err
	}
	return c.time.Load(data)
}

var errMeta = sqlerr.New(sqlerr.DataCorrupted, "the log's record of the committer's state is damaged")

func uvarint(data []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(data)
	if n <= 0 {
		return 0, nil, errMeta
	}
	return v, data[n:], nil
}
