package rule

import (
	"math"

	"github.com/vexfs/vexstream/engine/expr"
)

// Rule is a named condition.
type Rule struct {
	ID       uint32 // the caller's; no two rules of an Index have the same
	Priority int32  // rules of one row come by it, the highest first
	Name     string // and then by this
	When     []Cond // it holds where any of them does
}

// Cond is a conjunction: true where all of its predicates are, and its rest.
type Cond struct {
	Preds []Pred
	Rest  expr.Expr // nil: nothing
}

// Kind is the kinds of predicates.
type Kind uint8

// What a predicate asks of its column. None is true of a null but Null.
const (
	Null    Kind = iota // it is null
	NotNull             // it is not
	Keys                // its bytes are one of Keys
	Text                // Text matches it
	Numbers             // its ordinal is one of Numbers
	Range               // its ordinal is between Lo and Hi, both included
)

// Pred is a condition on one column, or on an expression of the same types. The columns of Keys and Text are of type text or varchar; those of Numbers and Range have an
// ordinal: integers, floats, booleans, dates and times.
type Pred struct {
	Kind    Kind
	Col     int
	Keys    []string
	Text    *expr.TextTest
	Numbers []int64
	Lo, Hi  int64

	Of   expr.Expr // nil: Col; otherwise it is asked of this, which is computed over the row
	term expr.Expr // the condition that it was, with Of
}

// least and most are the bounds of a Range that has none.
const (
	least = math.MinInt64
	most  = math.MaxInt64
)

// Limits.
const (
	// MaxConds is how many conjunctions Compile makes of one condition; what would need more stays an expression.
	MaxConds = 64
	// MaxMatches is how many matches and candidates a call of Match collects before it stops behind the rows it is at.
	MaxMatches = 1 << 20
	// MaxCached is how many bytes a Matcher spends on what it knows of the values of dictionaries, for each segment.
	MaxCached = 64 << 20
	// MaxDicts is how many dictionaries of one column a Matcher knows at a time; the one used longest ago goes first.
	MaxDicts = 4
	// MaxDerived is how many different expressions over columns an Index looks up; others are evaluated for each row.
	MaxDerived = 64
	// MaxSegments is how many segments an Index has: With merges the smallest when there would be more.
	MaxSegments = 5
)
