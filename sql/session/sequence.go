package session

import (
	"encoding/binary"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// sequenceStep is how many numbers of a sequence are made durable at a time: what a crash may skip.
const sequenceStep = 32

// sequences gives the numbers of sequences. A number that was given is never given again: before any is, the store holds
// one that is as far or farther.
type sequences struct {
	store state.Store
	mu    sync.Mutex // guards by
	by    map[uint32]*standing
}

// standing is where a sequence stands. What is ahead of it in the store is so many steps.
type standing struct {
	last   int64
	called bool // last was given
	ahead  int
}

func newSequences(store state.Store) *sequences {
	return &sequences{store: store, by: map[uint32]*standing{}}
}

// sequencePrefix is that of the sequences in the catalog's store, beside those of package session's other objects.
const sequencePrefix = "sequence/"

func sequenceKey(id uint32) []byte { return binary.BigEndian.AppendUint32([]byte(sequencePrefix), id) }

// of gives where a sequence stands. mu is held.
func (s *sequences) of(r *catalog.Relation) (*standing, error) {
	if q := s.by[r.ID]; q != nil {
		return q, nil
	}
	q := &standing{last: r.Seq.Start}
	err := s.store.View(func(rd state.Reader) error {
		v, ok, err := rd.Get(sequenceKey(r.ID))
		if ok && len(v) == 9 {
			q.last, q.called = int64(binary.BigEndian.Uint64(v)), v[8] != 0
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.by[r.ID] = q
	return q, nil
}

func (s *sequences) keep(id uint32, last int64, called bool) error {
	v := binary.BigEndian.AppendUint64(nil, uint64(last))
	if v = append(v, 0); called {
		v[8] = 1
	}
	return s.store.Update(func(w state.Writer) error { return w.Set(sequenceKey(id), v) })
}

// next gives the next number of a sequence.
func (s *sequences) next(r *catalog.Relation) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.of(r)
	if err != nil {
		return 0, err
	}
	n, ok := q.last, true
	if q.called {
		n, ok = r.Seq.Step(q.last)
	}
	if !ok {
		what, limit := "maximum", r.Seq.Max
		if r.Seq.Increment < 0 {
			what, limit = "minimum", r.Seq.Min
		}
		return 0, sqlerr.New(sqlerr.SequenceLimit, "nextval: reached %s value of sequence %q (%d)", what, r.Name, limit)
	}
	if q.ahead == 0 {
		far, steps := n, 0
		for steps < sequenceStep {
			next := far + r.Seq.Increment
			if next > r.Seq.Max || next < r.Seq.Min || (next > far) != (r.Seq.Increment > 0) {
				break
			}
			far = next
			steps++
		}
		if err := s.keep(r.ID, far, true); err != nil {
			return 0, err
		}
		q.ahead = steps + 1
	}
	q.last, q.called = n, true
	q.ahead--
	return n, nil
}

// set has a sequence stand at a number, which was given or is to be.
func (s *sequences) set(r *catalog.Relation, n int64, called bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.keep(r.ID, n, called); err != nil {
		return err
	}
	s.by[r.ID] = &standing{last: n, called: called}
	return nil
}

// stands gives the number where a sequence stands, and whether it was given.
func (s *sequences) stands(r *catalog.Relation) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.of(r)
	if err != nil {
		return 0, false, err
	}
	return q.last, q.called, nil
}

// flush makes durable where the sequences stand, so that a stop skips nothing.
func (s *sequences) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, q := range s.by {
		if q.ahead == 0 {
			continue
		}
		if err := s.keep(id, q.last, q.called); err != nil {
			return err
		}
		q.ahead = 0
	}
	return nil
}

// forget drops a sequence that nobody has any more. Its number is not used again: what the store keeps of it in spite of
// that does no harm.
func (s *sequences) forget(id uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, id)
	_ = s.store.Update(func(w state.Writer) error { return w.Delete(sequenceKey(id)) })
}

// given is the numbers that a session was given: the newest of each sequence, and the newest of all.
type given struct {
	by   map[uint32]int64
	last uint32
}

func (g *given) note(id uint32, n int64) {
	if g.by == nil {
		g.by = map[uint32]int64{}
	}
	g.by[id], g.last = n, id
}

// nextNumber gives the session the next number of a sequence.
func (s *Session) nextNumber(r *catalog.Relation) (int64, error) {
	n, err := s.e.sequences.next(r)
	if err == nil {
		s.given.note(r.ID, n)
	}
	return n, err
}

// nextValue is an expression that gives another number of a sequence for each row.
type nextValue struct {
	s      *Session
	r      *catalog.Relation
	t      types.Type
	serial bool // it is a default like any other, and who runs it must have the right to: not so an identity column's
}

// numbers gives what ColumnDefault asks for the columns that count by sequences of snap.
func (s *Session) numbers(snap *catalog.Snapshot) func(id uint32, t types.Type) expr.Expr {
	return func(id uint32, t types.Type) expr.Expr {
		of, column, counts := snap.SequenceOwner(id)
		return &nextValue{s, snap.ByID(id), t, counts && of.Columns[column].Identity == "serial"}
	}
}

// Type is that of the column.
func (n *nextValue) Type() types.Type { return n.t }

func (n *nextValue) String() string { return "nextval" }

// Moves says that a number is taken.
func (n *nextValue) Moves() {}

func (n *nextValue) next() (int64, error) {
	if rights := n.s.rights(n.s.e.Catalog()); n.serial && !rights.Relation(n.r, "U") && !rights.Relation(n.r, "w") {
		return 0, denied(n.r)
	}
	return n.s.nextNumber(n.r)
}

// Eval takes as many numbers as there are rows.
func (n *nextValue) Eval(c *expr.Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	out := batch.NewBuilder(n.t, b.N)
	r := n.r
	for i := range b.N {
		var v int64
		err := error(nil)
		if r == nil || r.Seq == nil {
			err = sqlerr.New(sqlerr.UndefinedTable, "the sequence of an identity column is not there")
		} else {
			v, err = n.next()
		}
		if err != nil {
			c.Fail(i, err)
			out.Null()
			continue
		}
		switch n.t.OID {
		case types.OIDInt2:
			batch.Put(out, int16(v))
		case types.OIDInt4:
			batch.Put(out, int32(v))
		default:
			batch.Put(out, v)
		}
	}
	return out.Finish()
}
