package plan

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// JoinKind says which rows a Join gives.
type JoinKind uint8

// The kinds. A RIGHT JOIN is a LeftJoin with its sides exchanged. SemiJoin and AntiJoin give the left columns; MarkJoin
// gives them and a boolean: whether a right row matches.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	FullJoin
	SemiJoin
	AntiJoin
	MarkJoin
)

// Join is rows of two inputs that match: On is true over the left columns and then the right ones.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	On          expr.Expr // nil: every pair matches
	Single      bool      // a second match of a left row is an error: Right is a subquery that is a value
	Value       bool      // of LeftJoin: Right is a subquery that is a value, and has one row at most for each left row
	NullAware   bool      // of MarkJoin: the mark is null where On is null and never true
	Keys        []JoinKey // the equalities taken out of On, by a rule
	Lookup      *JoinLookup
	AsOf        bool // a left row meets what the right side has in the row's epoch, and nothing that becomes of that later
	Once        bool // rows that nothing matches wait until nothing can any more, by Ends, and nothing is taken back
	Judge       bool // leave out and report rows that come too late: see Ends
	Lateness    types.Micros
}

// JoinLookup says that one side of a join is a table of which only the rows matter that the other side has the keys of.
// The other side, which is guessed to be small, is read first.
type JoinLookup struct {
	Left    bool  // the left side is the table
	Columns []int // of the relation: those of a key
	Keys    []int // the join's keys that they are in, by position
}

// JoinKey is an equality between the sides of a join: each expression is over its own side's columns.
type JoinKey struct {
	Left, Right expr.Expr
	NullSafe    bool // IS NOT DISTINCT FROM
}

// Schema is the columns of both sides, as far as the kind gives them.
func (j *Join) Schema() batch.Schema {
	l := j.Left.Schema()
	switch j.Kind {
	case SemiJoin, AntiJoin:
		return slices.Clone(l)
	case MarkJoin:
		return append(slices.Clip(l), batch.Field{Name: "mark", Type: types.Bool, NotNull: !j.NullAware})
	}
	out := slices.Concat(l, j.Right.Schema())
	for i := range out {
		if i < len(l) && j.Kind == FullJoin || i >= len(l) && j.Kind != InnerJoin {
			out[i].NotNull = false
		}
	}
	return out
}

// Children are the two sides.
func (j *Join) Children() []Node { return []Node{j.Left, j.Right} }

// AppendOnly is true of an inner join, and of one that gives rows once, of inputs that are. Whatever the right side is, pairs as of a time stay.
func (j *Join) AppendOnly() bool {
	if j.AsOf {
		return j.Left.AppendOnly()
	}
	return (j.Kind == InnerJoin || j.Once) && j.Left.AppendOnly() && j.Right.AppendOnly()
}

// With joins other inputs.
func (j *Join) With(c []Node) Node {
	d := *j
	d.Left, d.Right = c[0], c[1]
	return &d
}

// Describe shows the condition.
func (j *Join) Describe() Description {
	d := Description{Name: map[JoinKind]string{
		InnerJoin: "Join", LeftJoin: "Left Join", FullJoin: "Full Join", SemiJoin: "Semi Join", AntiJoin: "Anti Join", MarkJoin: "Mark Join",
	}[j.Kind]}
	if j.Single {
		d.Name = "Single " + d.Name
	}
	if j.AsOf {
		d.Name = "Lookup " + d.Name
	}
	keys := make([]string, len(j.Keys))
	for i, k := range j.Keys {
		op := " = "
		if k.NullSafe {
			op = " IS NOT DISTINCT FROM "
		}
		keys[i] = k.Left.String() + op + k.Right.String()
	}
	d.add("Keys", strings.Join(keys, " AND "))
	if j.On != nil {
		d.add("On", j.On.String())
	}
	for side, e := range j.Ends() {
		if e != nil {
			until := []Node{j.Left, j.Right}[side].Schema()[e.Column].Name
			if e.Plus != 0 {
				until += " + " + duration(e.Plus)
			}
			d.add([]string{"Left Until", "Right Until"}[side], until)
		}
	}
	if j.Once {
		d.add("Emit", map[bool]string{true: "at the first match", false: "when nothing can match any more"}[j.Kind == SemiJoin])
	}
	if j.Judge && j.Lateness != 0 {
		d.add("Lateness", duration(j.Lateness))
	}
	if j.Lookup != nil {
		found := make([]string, len(j.Lookup.Keys))
		for i, k := range j.Lookup.Keys {
			if found[i] = j.Keys[k].Right.String(); j.Lookup.Left {
				found[i] = j.Keys[k].Left.String()
			}
		}
		d.add("Key Lookup", strings.Join(found, ", "))
	}
	return d
}
