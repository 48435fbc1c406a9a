package action

import (
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/rule"
)

// Kind says what a step does.
type Kind uint8

// The kinds of steps.
const (
	Set    Kind = iota // gives columns of the row other values
	Block              // takes the row out, and ends the trigger's steps for it
	Sample             // takes the row out but for a share of the rows, which go on
	Route              // adds a row to each destination
	Any                // adds a row to one of the destinations
	Note               // is Route of what the trigger keeps for itself
	Deny               // ends the trigger's steps for the row: what it tells of was refused, or was done before it could be
)

// Op is what becomes of a row. Several are joined by |.
type Op uint8

// What becomes of rows.
const (
	Insert Op = 1 << iota
	Update
	Delete
)

// Change says what becomes of the rows of a batch. The zero Change is an Insert into a relation that only grows.
type Change struct {
	Op Op
	// Width is how many columns a row has. Behind those of the row as it becomes, a batch has those of the row as it was; either are
	// null where there is no such row. 0: a batch has the first of the two only.
	Width int
	Set   []int  // columns that an Update gives values, the same or others
	Net   bool   // nobody says which these are: an Update is of the columns whose values differ
	Epoch uint64 // that the change is of; 0: of one to come
}

// Trigger is a condition and what is done with the rows that it holds for. It is immutable but for its Counts.
type Trigger struct {
	ID       uint32 // no two triggers of a List have the same
	Name     string
	Priority int32
	Ops      Op              // what it acts on; 0: Insert
	Of       []int           // of Update: those that give one of these columns a value; nil: all
	Since    uint64          // the epoch from which on it is there: it acts on what later ones change
	When     *expr.Predicate // nil: it holds for every row; see On
	Steps    []Step
	Edge     *Edge   // nil: it acts whenever its condition holds
	Limit    *Limit  // nil: it acts as often as that
	Counts   *Counts // shared by all versions of the trigger

	conds []rule.Cond // of When; nil: no index looks it up
	reads []int       // columns, by When
}

// Step is one action of a trigger.
type Step struct {
	Kind  Kind
	Name  string   // of the action, as users call it
	Set   []Assign // of Set
	Share expr.Expr
	To    []Destination // of Route and Any
	By    expr.Expr     // of Any: rows of the same value go to the same one; nil: they go round
	next  atomic.Uint64 // of Any without By
}

// Assign gives a column of the row a value, which is computed over the row as it was before the step.
type Assign struct {
	Column int
	Value  expr.Expr
}

// Destination is where a step adds rows.
type Destination struct {
	epoch.Target
	Columns []expr.Expr // of each stored column: its value, over the row
	NotNull []int       // columns that may not be null; a row that has one is an error
	Name    func(column int) (relation, name string)
	Flow    *Flow // nil: nobody counts
	Keeps   bool  // the rows are still the events that they were
}
