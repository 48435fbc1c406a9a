package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// SetCall is a bound call of a set-returning function: for each input row any number of output rows (manual, 9.25). It
// is not an Expr, whose result has one value per row. It holds no state, so several goroutines may open it at once.
type SetCall struct {
	fn   *function
	args []Expr
	cols []SetColumn
	once bool // a scalar expression
}

// SetColumn is a column that a set-returning function gives.
type SetColumn struct {
	Name string // of the OUT parameter, or of the function where there is none
	Type types.Type
}

// SetRows is some output rows. It belongs to the caller.
type SetRows struct {
	From []uint32       // the input row that each output row comes from, ascending
	Ord  []int64        // its number among those of that input row, from 1: WITH ORDINALITY
	Cols []batch.Column // one for each of Columns
}

// Len is how many rows there are.
func (s *SetRows) Len() int { return len(s.From) }

// IsSetReturning says whether a set-returning function is called name, with any arguments.
func IsSetReturning(name string) bool { _, ok := sets[name]; return ok }

// SetNames are the columns' names of the set-returning function called name, if it has names of its own.
func SetNames(name string) []string {
	fs := sets[name]
	if len(fs) == 0 || fs[0].set.cols == "" {
		return nil
	}
	var out []string
	for i := range strings.Split(fs[0].set.cols, ",") {
		out = append(out, fs[0].set.name(fs[0], i))
	}
	return out
}

// CallSet resolves the set-returning function called name by the rules of Call. No such function is 42883, more than
// one as good as another 42725.
func CallSet(name string, args []Expr) (*SetCall, error) {
	if fs := sets[name]; len(fs) > 0 && fs[0].set.rows != nil {
		if NeedsColumns(name, args) {
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "could not determine row type for result of %s", name)
		}
		return CallRecords(name, args, nil)
	}
	f, err := choose(sets[name], typesOf(args))
	if err != nil {
		return nil, ambiguous(name, args)
	}
	if f == nil {
		return nil, noFunction(name, args)
	}
	cast, elem, err := castArgs(f, args)
	if err != nil {
		return nil, err
	}
	s := &SetCall{fn: f, args: cast}
	for i, t := range f.set.out(f) {
		s.cols = append(s.cols, SetColumn{Name: f.set.name(f, i), Type: polymorph(t, elem)})
	}
	if f.set.each { // unnest of several arrays: a column for each
		s.cols = s.cols[:0]
		for _, a := range cast {
			if a.Type().Elem() == (types.Type{}) {
				return nil, noFunction(name, args)
			}
			s.cols = append(s.cols, SetColumn{Name: f.name, Type: a.Type().Elem()})
		}
	}
	return s, nil
}

// Name is the function's name.
func (s *SetCall) Name() string { return s.fn.name }

// Columns is what the output rows have. It is shared.
func (s *SetCall) Columns() []SetColumn { return s.cols }

// Named says whether the columns have names of their own, from OUT parameters. Those of a function that has none take
// the alias of the function in FROM.
func (s *SetCall) Named() bool { return s.fn.set.cols != "" }

// Args is the arguments, cast to what the function takes. It is shared.
func (s *SetCall) Args() []Expr { return s.args }

// With gives the call over other arguments of the same types.
func (s *SetCall) With(args []Expr) *SetCall {
	d := *s
	d.args = args
	return &d
}

// Volatility is that of the function or of its most volatile argument.
func (s *SetCall) Volatility() Vol {
	v := s.fn.vol()
	for _, a := range s.args {
		v = max(v, Volatility(a))
	}
	return v
}

// String is the call as SQL, for EXPLAIN.
func (s *SetCall) String() string {
	if s.once {
		return s.args[0].String()
	}
	return s.fn.name + "(" + list(s.args) + ")"
}

// Open evaluates the arguments for rows of b. The cursor lives until c.Reset: a caller that keeps it longer than a
// batch gives it a Ctx of its own.
func (s *SetCall) Open(c *Ctx, b *batch.Batch, rows batch.Sel) *SetCursor {
	cur := &SetCursor{call: s, c: c, set: s.fn.set.make(), f: &frame{c: c, n: b.N, sel: rows, args: make([]operand, len(s.args))}}
	for i, a := range s.args {
		cur.f.args[i] = eval(a, c, b, rows)
	}
	if s.fn.flags&lenient != 0 || cur.f.strict() {
		cur.rows = cur.f.rows()
	}
	return cur
}

// SetCursor is an opened SetCall. One goroutine uses it.
type SetCursor struct {
	call *SetCall
	c    *Ctx
	f    *frame
	set  rowSet
	rows []uint32 // those not begun
	row  uint32
	ord  int64 // rows given of row; -1: not begun
	live bool
}

// rowSet is what a set-returning function does with one input row after the other.
type rowSet interface {
	// open begins row r of f, whose arguments it may borrow until the next open.
	open(f *frame, r uint32) error
	// fill appends up to limit rows, and gives how many: fewer than limit says that there are no more.
	fill(out []*batch.Builder, limit int) (int, error)
}

// Next gives up to limit rows; false says that there are no more. An input row that cannot be computed is recorded with
// Ctx.Fail and gives no further rows.
func (cur *SetCursor) Next(limit int) (SetRows, bool) {
	var out SetRows
	builders := make([]*batch.Builder, len(cur.call.cols))
	for i, col := range cur.call.cols {
		builders[i] = batch.NewBuilder(col.Type, min(limit, batch.MaxRows))
	}
	for len(out.From) < limit && cur.begin() {
		want := limit - len(out.From)
		n, err := cur.set.fill(builders, want)
		if err != nil {
			cur.c.Fail(int(cur.row), err)
		}
		cur.live = err == nil && n == want
		if n < want && sizeOf(builders) > maxChunk {
			limit = 0 // one input row more may have as many bytes again
		}
		for range n {
			cur.ord++
			out.From, out.Ord = append(out.From, cur.row), append(out.Ord, cur.ord)
		}
	}
	if len(out.From) == 0 {
		return out, false
	}
	for _, b := range builders {
		b.Truncate(len(out.From))
		out.Cols = append(out.Cols, b.Finish())
	}
	return out, true
}

// maxChunk is how many bytes rows have from which on Next gives no further input row's. Those of one input row are about as long as
// its arguments.
const maxChunk = 16 << 20

func sizeOf(bs []*batch.Builder) (n int) {
	for _, b := range bs {
		n += b.Size()
	}
	return n
}

// begin goes on to the next input row if the last one is done; false: there is none.
func (cur *SetCursor) begin() bool {
	for !cur.live && len(cur.rows) > 0 {
		cur.row, cur.rows, cur.ord = cur.rows[0], cur.rows[1:], 0
		if cur.c.Failed(int(cur.row)) {
			continue
		}
		if err := cur.set.open(cur.f, cur.row); err != nil {
			cur.c.Fail(int(cur.row), err)
			continue
		}
		cur.live = true
	}
	return cur.live
}
