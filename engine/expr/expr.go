// Package expr is bound expressions: columns in, a column out.
//
// An expression is made once, when its query is bound; it then runs over batches. What it does to a batch is chosen at
// that time too: Eval calls plain functions on slices and decides nothing per row that could be decided before.
//
// # Which rows
//
// Eval gets the rows that matter as a Sel. Its result always has as many rows as the batch, so that a value keeps its
// position through the whole tree; what stands at a position outside the Sel is undefined and must not be read. An
// expression that cannot fail may well compute every row; one that can fail touches none but the rows of the Sel,
// because CASE, COALESCE, AND and OR narrow it to guard their later arms.
//
// # Rows that fail
//
// An overflow, a division by zero, text that is no number: Eval calls Ctx.Fail for that row and leaves its value
// undefined. What becomes of the row is for the caller to say: a client's query ends with the first one, a continuous
// query makes it a dead letter.
package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/types"
)

// Expr is a bound expression. It holds no state of a query, so several goroutines may evaluate the same one, each with
// its own Ctx.
type Expr interface {
	Type() types.Type
	// Eval gives a column of b.N rows. It is borrowed: it may share b's buffers, or scratch of c that the next
	// Reset reuses.
	Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column
	// String is the expression as SQL, for EXPLAIN.
	String() string
}

// Ctx is what an evaluation needs besides its rows. One goroutine uses a Ctx at a time.
type Ctx struct {
	// Now is the time of now() and its kin: the epoch's in a view, the statement's start in a client's query.
	Now types.Micros
	// Locale is the session's; in a view it is nil.
	Locale *types.Locale
	// Params are the values of $1, $2, ... as columns of one row.
	Params []batch.Column
	// Catalog answers the functions that ask the catalog and the session; nil in a continuous query.
	Catalog Catalog
	// Budget is what the values of an evaluation may take together; nil: no limit.
	Budget *mem.Budget
	// Splits says that the caller looks at Crowded, and then evaluates fewer rows at a time.
	Splits bool

	most      int   // the longest value; 0: types.MaxValueBytes
	paid      int64 // bytes reserved since the last Reset
	worked    int64 // those of them that rows need on their way
	exhausted error
	crowded   bool

	failed []Failure
	bad    batch.Bitmap
	arena  arena
	frames []*frame // free ones
	texts  [][]byte // buffers of text results; the first usedTexts are lent out
	lent   int
	done   []onceDone

	verdicts []*verdicts // outlive Reset
}

// Failure is a row that an expression could not be evaluated for.
type Failure struct {
	Row int
	Err error
}

// Fail records that row could not be evaluated. The first failure of a row counts.
func (c *Ctx) Fail(row int, err error) {
	for row>>6 >= len(c.bad) {
		c.bad = append(c.bad, 0)
	}
	if c.bad.Get(row) {
		return
	}
	c.bad.Set(row)
	c.failed = append(c.failed, Failure{Row: row, Err: err})
}

// Failures gives the rows that failed since the last Reset, in the order in which they did. It is nil when none did,
// which is what callers test first.
func (c *Ctx) Failures() []Failure { return c.failed }

// Failed says whether a row failed since the last Reset.
func (c *Ctx) Failed(row int) bool { return row>>6 < len(c.bad) && c.bad.Get(row) }

// Reset forgets failures and allows scratch to be reused: every column that Eval gave with this Ctx is gone.
func (c *Ctx) Reset() {
	c.failed = c.failed[:0]
	if len(c.failed) == 0 {
		c.failed = nil
	}
	clear(c.bad)
	clear(c.done)
	c.done = c.done[:0]
	c.arena.reset()
	c.resetTexts()
	if c.paid > 0 || c.exhausted != nil || c.crowded {
		c.Close()
		c.exhausted, c.crowded = nil, false
	}
}
