package epoch

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Target is what the committer must know of a relation to take rows for it.
type Target struct {
	Relation  uint32
	Lane      uint32
	EventTime int          // column of the event time, -1 for none
	MaxSkew   types.Micros // a row further than this ahead of the clock does not move the watermark
}

// Limits of one statement.
const (
	// AtomicRows is the most rows that one statement may commit as a whole.
	AtomicRows = 1 << 20
	// keepBytes is how much of a statement stays in memory beside its encoded form; beyond it the blocks are staged
	// in the log and read back by whoever follows.
	keepBytes = 16 << 20
	// MaxEpochBytes seals an epoch: what comes after waits for the next one.
	MaxEpochBytes = 8 << 20
)

// part is one batch of a statement: its block for the log and, while memory allows, its rows for the followers.
type part struct {
	block    Block
	rows     *batch.Batch // nil: spilled
	ref      Ref
	staged   bool
	observed types.Micros // greatest event time that may move the watermark; MinTime for none
	target   Target
	seen     *seen // whose keys are those of the rows; nil: none
	keys     []key
}

// Statement gathers the rows of one statement until Commit admits all of them in one epoch, or Abort none. A Statement
// whose Commit failed is over; one that is given up without Commit is to be aborted. One goroutine uses it, but for Wait.
type Statement struct {
	c     *Committer
	parts []part
	rows  int64 // that Add took in
	more  int64 // that Beside did
	held  int64 // of the rows given to Add: the gate held them back
	aside int64 // of the rows given to Beside: they repeat others
	hops  int   // calls of Beside under way
	bytes int
	spill bool
	sent  bool // the committer has it
	end   result

	producer producerKey // with sequence, which is 0 for none
	sequence uint64
	carries  []byte                     // see Carry
	fresh    map[*seen]map[key]struct{} // keys of the rows, so that they do not repeat each other
	dropped  map[uint32]int64           // rows that repeat others, by relation

	done chan struct{}       // closed when end is there
	told []func(stored bool) // see OnEnd
}

type result struct {
	epoch    batch.Epoch
	err      error
	repeated bool
}

// Begin starts a statement.
func (c *Committer) Begin() *Statement { return &Statement{c: c, done: make(chan struct{})} }

// Rows is the number of rows that Add took in so far.
func (s *Statement) Rows() int64 { return s.rows }

// Least is the least event time of the statement's rows of a relation, MaxTime if there are none with one.
func (s *Statement) Least(relation uint32) types.Micros {
	least := types.MaxTime
	for i := range s.parts {
		if b := &s.parts[i].block; b.Relation == relation {
			least = min(least, b.MinTime)
		}
	}
	return least
}

// Bytes is the size of the rows added so far, encoded.
func (s *Statement) Bytes() int { return s.bytes }

// Add takes in rows of one relation, as the gate lets them through. b is borrowed. It fails with 54000 past AtomicRows, and
// with the log's error when there is no room on the disk.
func (s *Statement) Add(t Target, b *batch.Batch) error {
	if b.N == 0 {
		return nil
	}
	if s.rows+int64(b.N) > AtomicRows {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a statement may write at most %d rows at once", AtomicRows).
			WithHint("Write in smaller statements, or COPY into a stream, which commits in chunks.")
	}
	n, err := s.admit(t, b)
	s.rows += int64(n)
	return err
}

// admit takes in rows that repeat none, as the gate lets them through, and gives their number.
func (s *Statement) admit(t Target, b *batch.Batch) (int, error) {
	p, came := part{target: t}, b.N
	if b = s.first(&p, b); s.hops > 0 {
		s.aside += int64(came - b.N)
	}
	if b.N == 0 {
		return 0, nil
	}
	if s.c.gate != nil {
		through, err := s.c.gate.Pass(s, t, b)
		if err != nil {
			return 0, err
		}
		if s.hops == 0 {
			s.held += int64(b.N - through.N)
		}
		if through.N == 0 {
			return 0, nil
		}
		if through != b && p.seen != nil {
			p.keys = p.seen.hash(through, p.seen.Columns)
		}
		b = through
	}
	return b.N, s.take(&p, b)
}

// take makes rows a part of the statement.
func (s *Statement) take(p *part, b *batch.Batch) error {
	if err := p.encode(b, s.c.clock()); err != nil {
		return err
	}
	size := len(p.block.Data)
	if !s.spill && s.bytes+b.Bytes() > keepBytes {
		if err := s.spillAll(); err != nil {
			return err
		}
	}
	if s.spill {
		ref, err := s.c.log.Stage(&p.block)
		if err != nil {
			return err
		}
		p.ref = ref
		p.staged, p.block.Data = true, nil
	} else {
		p.rows = b.Clone()
	}
	s.parts = append(s.parts, *p)
	s.c.poured.Add(int64(b.N))
	s.bytes += max(size, b.Bytes())
	return nil
}

// encode makes the block of rows. now is the clock.
func (p *part) encode(b *batch.Batch, now types.Micros) error {
	data, err := codec.EncodeBlock(nil, b)
	if err != nil {
		return err
	}
	p.block = Block{Relation: p.target.Relation, Lane: p.target.Lane, Rows: uint32(b.N), Data: data, Stats: appendStats(nil, b, data)}
	p.block.MinTime, p.block.MaxTime, p.observed = eventTimes(b, p.target.EventTime, now+p.target.MaxSkew)
	return nil
}

// spillAll stages what was kept in memory so far.
func (s *Statement) spillAll() error {
	for i := range s.parts {
		p := &s.parts[i]
		ref, err := s.c.log.Stage(&p.block)
		if err != nil {
			return err
		}
		p.ref, p.staged, p.rows, p.block.Data = ref, true, nil, nil
	}
	s.spill = true
	return nil
}

// Commit admits the statement and waits until it is durable. A statement without rows commits an epoch all the same:
// that is how a change of the catalog gets its version. When ctx ends first, the statement may or may not have been
// admitted, and Commit says so with 08006.
func (s *Statement) Commit(ctx context.Context) (batch.Epoch, error) {
	if err := s.Submit(ctx); err != nil {
		return batch.Epoch{}, err
	}
	return s.Wait(ctx)
}

// Submit hands the statement over to the committer: it comes behind all that were handed over before, in the same epoch
// or a later one. Nothing can be added then. A statement that could not be handed over is aborted.
func (s *Statement) Submit(ctx context.Context) error {
	if err := s.c.submit(ctx, s); err != nil {
		s.Abort()
		return err
	}
	s.sent = true
	return nil
}

// Wait waits until a statement that was handed over is durable. Anybody may wait, and more than once.
func (s *Statement) Wait(ctx context.Context) (batch.Epoch, error) {
	var why error
	select {
	case <-s.done:
		return s.end.epoch, s.end.err
	case <-s.c.ended: // the committer may have ended without having seen it
		why = sqlerr.Wrap(sqlerr.AdminShutdown, ErrClosed, "the node is shutting down")
	case <-ctx.Done():
		why = sqlerr.Wrap(sqlerr.ConnectionFailure, ctx.Err(), "the statement was cancelled while it was being committed: it may have been stored")
	}
	select {
	case <-s.done: // what is known counts
		return s.end.epoch, s.end.err
	default:
		return batch.Epoch{}, why
	}
}

// OnEnd has f called once it is known whether the statement's rows are stored: by whoever aborts it, or by the committer, which it must
// not hold up. It is not called when the node ends before that is known.
func (s *Statement) OnEnd(f func(stored bool)) { s.told = append(s.told, f) }

func (s *Statement) tell(stored bool) {
	for _, f := range s.told {
		f(stored)
	}
	s.told = nil
}

// Abort gives up a Statement, and the room that it takes in the log. After Commit it does nothing.
func (s *Statement) Abort() {
	if s.sent {
		return
	}
	s.unstage()
	s.tell(false)
	s.parts, s.rows, s.more, s.bytes = nil, 0, 0, 0
}

func (s *Statement) unstage() {
	for i := range s.parts {
		if p := &s.parts[i]; p.staged {
			s.c.log.Unstage(p.ref)
		}
	}
}

// eventTimes gives the least and greatest value of the event-time column, and the greatest that is not beyond limit.
func eventTimes(b *batch.Batch, col int, limit types.Micros) (least, greatest, observed types.Micros) {
	least, greatest, observed = types.MaxTime, types.MinTime, types.MinTime
	if col < 0 {
		return
	}
	ts := batch.Values[types.Micros](&b.Cols[col])
	for i, t := range ts {
		if b.Cols[col].Null(i) {
			continue
		}
		least, greatest = min(least, t), max(greatest, t)
		if t <= limit && t > observed {
			observed = t
		}
	}
	return
}
