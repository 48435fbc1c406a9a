package session

import (
	"encoding/binary"
	"math"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// sequenceStep is how many numbers of a sequence are made durable at a time: what a crash may skip.
const sequenceStep = 32

// sequences gives the numbers of identity columns. A number that was given is never given again: before any is, the
// store holds one that is higher.
type sequences struct {
	store state.Store
	mu    sync.Mutex // guards by
	by    map[uint32]*sequence
}

type sequence struct{ next, limit int64 } // limit and above are not durable yet

func newSequences(store state.Store) *sequences {
	return &sequences{store: store, by: map[uint32]*sequence{}}
}

// sequencePrefix is that of the sequences in the catalog's store, beside those of package session's other objects.
const sequencePrefix = "sequence/"

func sequenceKey(id uint32) []byte { return binary.BigEndian.AppendUint32([]byte(sequencePrefix), id) }

// take gives the first of n numbers in a row.
func (s *sequences) take(id uint32, n int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.by[id]
	if q == nil {
		q = &sequence{next: 1, limit: 1}
		err := s.store.View(func(r state.Reader) error {
			v, ok, err := r.Get(sequenceKey(id))
			if ok && len(v) == 8 {
				q.next = int64(binary.BigEndian.Uint64(v))
				q.limit = q.next
			}
			return err
		})
		if err != nil {
			return 0, err
		}
		s.by[id] = q
	}
	if q.next+n > q.limit {
		limit := q.next + n + sequenceStep
		err := s.store.Update(func(w state.Writer) error {
			return w.Set(sequenceKey(id), binary.BigEndian.AppendUint64(nil, uint64(limit)))
		})
		if err != nil {
			return 0, err
		}
		q.limit = limit
	}
	first := q.next
	q.next += n
	return first, nil
}

// restart makes a sequence begin at 1 again.
func (s *sequences) restart(id uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, id)
	return s.store.Update(func(w state.Writer) error { return w.Delete(sequenceKey(id)) })
}

// nextValue is an expression that gives another number of a sequence for each row.
type nextValue struct {
	s  *sequences
	id uint32
	t  types.Type
}

func (s *sequences) expr(id uint32, t types.Type) expr.Expr { return &nextValue{s, id, t} }

// Type is that of the column.
func (n *nextValue) Type() types.Type { return n.t }

func (n *nextValue) String() string { return "nextval" }

// Eval takes as many numbers as there are rows.
func (n *nextValue) Eval(c *expr.Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	out := batch.NewBuilder(n.t, b.N)
	first, err := n.s.take(n.id, int64(b.N))
	most := int64(math.MaxInt64)
	switch n.t.OID {
	case types.OIDInt2:
		most = math.MaxInt16
	case types.OIDInt4:
		most = math.MaxInt32
	}
	for i := range int64(b.N) {
		v := first + i
		if err == nil && v > most {
			err = sqlerr.New(sqlerr.SequenceLimit, "nextval: reached maximum value of sequence (%d)", most)
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
	if err != nil {
		c.Fail(0, err)
	}
	return out.Finish()
}
