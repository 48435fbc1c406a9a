package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// JoinKind says which rows a join gives.
type JoinKind uint8

// The kinds. Semi and Anti give the left columns only; Mark gives them and a boolean: whether a row of the right side
// matches, which is what EXISTS and IN are where a value is expected.
const (
	Inner JoinKind = iota
	Left
	Full
	Semi
	Anti
	Mark
)

// JoinSpec says how rows of a left and a right input meet. A RIGHT JOIN is a Left one with its sides exchanged.
type JoinSpec struct {
	Kind        JoinKind
	Left, Right batch.Schema
	// LeftKeys and RightKeys are columns that must be equal, pairwise of one type. Nulls are equal to nothing, or to
	// nulls where NullSafe says so.
	LeftKeys, RightKeys []int
	NullSafe            []bool
	// On is the rest of the condition, over the left columns and then the right ones; nil: none.
	On expr.Expr
	// Single makes a second match of one left row the error 21000: the right side is a subquery that is a value.
	Single bool
	// NullAware makes the mark of Mark null where no row matches but On, or the equality of the only key, is null for
	// some: the truth of IN.
	NullAware bool
	// AsOf, of an Inner or a Left join of a query that goes on, keeps the right side alone: a left row meets what is there
	// when its epoch has ended, and nothing that becomes of it later. Left rows are never taken back.
	AsOf bool
	// Ends says when rows of the left and of the right side go, in a join of a query that goes on whose inputs only add rows,
	// and that is an Inner one or has Once; nil: they stay.
	Ends [2]*JoinEnd
	// Once, of a Left, Full, Semi or Anti join of which both Ends are known, has a row that nothing matches given when no
	// later one can any more, so that the join only adds rows. Rows without a key or a time can be matched by none at all.
	Once bool
}

// JoinEnd says when rows of one side go: when Until is past their time, moved by Plus, and no row of the other side can meet
// them any more. A row of the other side whose time Partner is before Until, as it was after the epoch before, is late.
type JoinEnd struct {
	Column, Partner int // of their own sides; timestamps
	Plus            types.Micros
	Until           func(stream.Watermarks) types.Micros
	// Late hears of rows of the other side that were left out; nil: nobody does.
	Late func(ctx context.Context, b *batch.Batch, row int, until types.Micros) error
}

// Schema is the columns of the result.
func (s *JoinSpec) Schema() batch.Schema {
	out := append(batch.Schema(nil), s.Left...)
	switch s.Kind {
	case Semi, Anti:
		return out
	case Mark:
		return append(out, batch.Field{Name: "mark", Type: types.Bool})
	}
	return append(out, s.Right...)
}

// Join is a join on its way: two Sinks, one for each side, and what it keeps.
type Join interface {
	Left() stream.Sink
	Right() stream.Sink
	Bytes() int64
}

// NewJoin makes a join. In a bounded query the right side is kept, the left one passes by it once the right has ended;
// otherwise both are kept, and the result is a state.Keeper (DeltaJoin).
func NewJoin(spec JoinSpec, env *Env, next stream.Sink) (Join, error) {
	if env.Bounded {
		return newHashJoin(spec, env, next)
	}
	return newDeltaJoin(spec, env, next)
}

var _ state.Keeper = (*DeltaJoin)(nil)

// joinKeys gives the key columns of one side as words that are equal when the values are.
type joinKeys struct {
	cols  []int
	keys  *group.Keys
	safe  []bool
	plain batch.Batch
	at    []int
	words [group.MaxKeys + 1]uint64
}

func newJoinKeys(strings *group.Strings, in batch.Schema, cols []int, safe []bool) (*joinKeys, error) {
	k := &joinKeys{cols: cols, safe: safe}
	var ts []types.Type
	for i, c := range cols {
		t := in[c].Type
		if types.Respelled(t) {
			t = types.Bytea
		}
		ts, k.at = append(ts, t), append(k.at, i)
	}
	var err error
	k.keys, err = group.NewKeys(strings, ts)
	return k, err
}

// read takes in the keys of b.
func (k *joinKeys) read(b *batch.Batch) {
	k.plain.N = b.N
	k.plain.Cols = k.plain.Cols[:0]
	for _, c := range k.cols {
		col := b.Cols[c]
		if types.Respelled(col.Type) {
			col = spelled(&col)
		}
		k.plain.Cols = append(k.plain.Cols, col)
	}
	k.keys.Read(&k.plain, k.at)
}

// spelled gives the bytes whose equality is that of the values.
func spelled(c *batch.Column) batch.Column {
	out := batch.NewBuilder(types.Bytea, c.N)
	var key []byte
	for i := range c.N {
		if c.Null(i) {
			out.Null()
			continue
		}
		key = value.Key(key[:0], c, i)
		out.Bytes(key)
	}
	return out.Finish()
}

// key gives the words of row i, as group.Table finds them, borrowed; ok is false for a null that equals nothing.
func (k *joinKeys) key(i int) (key []uint64, ok bool) {
	n := len(k.cols)
	for j := range n {
		if (j >= len(k.safe) || !k.safe[j]) && k.plain.Cols[j].Null(i) {
			return nil, false
		}
		k.words[j] = k.keys.Words(j)[i]
	}
	if k.keys.Packed() {
		return k.words[:n], true
	}
	k.words[n] = k.keys.Nulls()[i]
	return k.words[:n+1], true
}

var errSecondRow = sqlerr.New(sqlerr.CardinalityViolation, "more than one row returned by a subquery used as an expression")

// nullColumns is n rows of nulls.
func nullColumns(s batch.Schema, n int) []batch.Column {
	out := make([]batch.Column, len(s))
	for i, f := range s {
		out[i] = batch.NullColumn(f.Type, n)
	}
	return out
}
