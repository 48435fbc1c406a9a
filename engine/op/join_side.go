package op

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
)

// deltaSide is the rows of one side of a DeltaJoin: groups whose keys are all columns, so a row is there once with its
// weight, and chains of those that have the same join key.
//
//	key table ─ key 0 ─ heads[0] ─ row 4 ─ after[4] ─ row 9 ─ 0
//	            key 1 ─ heads[1] ─ row 2 ─ 0
type deltaSide struct {
	schema batch.Schema
	plain  batch.Schema // as the rows are held
	shape  *Shape
	groups *Groups
	keys   *joinKeys
	lone   bool // rows are given for themselves, too: met counts

	table   *group.Table
	heads   []uint32 // by join key: its first row plus 1
	after   []uint32 // by row: the next one of its key, plus 1
	before  []uint32 // by row: the one before, plus 1
	key     []uint32 // by row: its join key plus 1; 0: in no chain
	met     []int64  // by row: the weight of its matches
	ends    *joinEnds
	touched []uint32
	held    batch.Batch
	cols    []*batch.Builder
}

func newDeltaSide(strings *group.Strings, schema batch.Schema, keys []int, safe []bool) (*deltaSide, error) {
	s := &deltaSide{schema: schema, plain: Plain(schema)}
	all := make([]int, len(schema))
	for i := range all {
		all[i] = i
	}
	var err error
	if s.shape, err = NewShape(s.plain, all, nil, false, ExactSpelling); err != nil {
		return nil, err
	}
	if s.keys, err = newJoinKeys(strings, schema, keys, safe); err != nil {
		return nil, err
	}
	s.groups, s.table = NewGroups(s.shape), group.NewTable(s.keys.keys)
	s.groups.Track = true
	for _, f := range s.plain {
		s.cols = append(s.cols, batch.NewBuilder(f.Type, 64))
	}
	return s, nil
}

func (s *deltaSide) weight(r uint32) int64 { return int64(s.groups.Pages.Row(r)[0]) }

// first gives the first row, plus 1, whose key is that of row i which keys has read; 0: none.
func (s *deltaSide) first(keys *joinKeys, i int) uint32 {
	id, ok := uint32(0), true
	if len(keys.cols) > 0 {
		key, matches := keys.key(i)
		if !matches {
			return 0
		}
		id, ok = s.table.Find(key)
	}
	if !ok || int(id) >= len(s.heads) {
		return 0
	}
	return s.heads[id]
}

// keep adds a batch whose keys have been read; met is the weight of each row's matches.
func (s *deltaSide) keep(b *batch.Batch, met []int64) {
	s.held = *b
	s.held.Cols = append([]batch.Column(nil), b.Cols...)
	for i := range s.held.Cols {
		s.held.Cols[i].Type = s.plain[i].Type
	}
	s.shape.Keys.Read(&s.held, s.shape.KeyCols)
	s.groups.Fold(&s.held, 0, b.N)
	s.grow()
	for i, r := range s.shape.out[:b.N] {
		s.met[r] = met[i]
		if s.key[r] == 0 {
			s.link(r, i)
			s.ends.add(b, i, r)
		}
	}
}

func (s *deltaSide) grow() {
	for n := s.groups.Pages.Len(); len(s.key) < n; {
		s.key, s.after, s.before, s.met = append(s.key, 0), append(s.after, 0), append(s.before, 0), append(s.met, 0)
	}
}

// link puts row r into the chain of the key that keys has read as row i. A null that equals nothing is in no chain.
func (s *deltaSide) link(r uint32, i int) {
	id := uint32(0)
	if len(s.keys.cols) > 0 {
		key, ok := s.keys.key(i)
		if !ok {
			return
		}
		if id, ok = s.table.Find(key); !ok {
			id = uint32(len(s.heads))
			s.table.Insert(id, key)
		}
	}
	for int(id) >= len(s.heads) {
		s.heads = append(s.heads, 0)
	}
	s.key[r], s.after[r], s.before[r] = id+1, s.heads[id], 0
	if h := s.heads[id]; h != 0 {
		s.before[h-1] = r + 1
	}
	s.heads[id] = r + 1
}

// settle ends an epoch: rows that weigh nothing go.
func (s *deltaSide) settle() {
	s.touched = s.groups.TakeTouched(s.touched)
	for _, r := range s.touched {
		if s.weight(r) != 0 || s.key[r] == 0 {
			continue
		}
		s.unlink(r)
	}
	s.groups.Release(s.touched)
}

// unlink takes row r out of its chain.
func (s *deltaSide) unlink(r uint32) {
	if a := s.after[r]; a != 0 {
		s.before[a-1] = s.before[r]
	}
	if b := s.before[r]; b != 0 {
		s.after[b-1] = s.after[r]
	} else {
		s.heads[s.key[r]-1] = s.after[r]
	}
	s.key[r], s.after[r], s.before[r] = 0, 0, 0
}

// columns gives kept rows under their real types, borrowed until the next call.
func (s *deltaSide) columns(rows []uint32, strings group.Frozen) []batch.Column {
	for _, b := range s.cols {
		b.Reset()
	}
	for _, r := range rows {
		s.shape.AppendKeys(s.cols, s.groups.Pages.Row(r), strings)
	}
	out := make([]batch.Column, len(s.cols))
	for i, b := range s.cols {
		out[i] = b.Finish()
		out[i].Type = s.schema[i].Type
	}
	return out
}

// relink makes the chains anew, from the rows that are there.
func (s *deltaSide) relink() {
	s.table, s.heads = group.NewTable(s.keys.keys), nil
	s.key, s.after, s.before, s.met = nil, nil, nil, nil
	s.ends.clear()
	s.grow()
	strings := s.shape.Strings.Freeze()
	var rows []uint32
	flush := func() {
		b := &batch.Batch{N: len(rows), Cols: s.columns(rows, strings)}
		s.keys.read(b)
		for i, r := range rows {
			s.link(r, i)
			s.ends.add(b, i, r)
		}
		rows = rows[:0]
	}
	for r := range uint32(s.groups.Pages.Len()) {
		if s.weight(r) == 0 {
			continue
		}
		if rows = append(rows, r); len(rows) == batch.MaxRows {
			flush()
		}
	}
	flush()
}
