package plan

import (
	"strings"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// Agg is one aggregate of a group.
type Agg struct {
	Name     string // as PostgreSQL calls it
	Func     agg.Func
	Args     []expr.Expr // cast to what the aggregate takes, none for count(*); then the keys of Order
	Lead     int         // how many of Args are arguments
	Order    []SortKey   // inside the call, or WITHIN GROUP; a Column is a position in Args
	Within   bool
	Distinct bool
	Filter   expr.Expr  // nil: every row
	Type     types.Type // of the result
	Label    string     // the name of the column
}

// String is the aggregate as SQL.
func (a *Agg) String() string {
	args := make([]string, a.Lead)
	for i, x := range a.Args[:a.Lead] {
		args[i] = x.String()
	}
	s := strings.Join(args, ", ")
	if len(args) == 0 && !a.Within {
		s = "*"
	}
	if a.Distinct {
		s = "DISTINCT " + s
	}
	switch keys := a.keys(); {
	case a.Within:
		s = a.Name + "(" + s + ") WITHIN GROUP (ORDER BY " + keys + ")"
	case keys != "":
		s = a.Name + "(" + s + " ORDER BY " + keys + ")"
	default:
		s = a.Name + "(" + s + ")"
	}
	if a.Filter != nil {
		s += " FILTER (WHERE " + a.Filter.String() + ")"
	}
	return s
}

// keys is the ORDER BY.
func (a *Agg) keys() string {
	in := make(batch.Schema, len(a.Args))
	for i, x := range a.Args {
		in[i].Name = x.String()
	}
	return keyList(a.Order, in)
}

// Empty is the aggregate's value where it has no rows: "" for null.
func (a *Agg) Empty() string {
	switch a.Func.Kind {
	case agg.CountRows, agg.Count, agg.ApproxCount, agg.RegrCount, agg.PercentRank:
		return "0"
	case agg.Rank, agg.DenseRank, agg.CumeDist:
		return "1"
	}
	return ""
}

// Aggregate groups rows by Keys. It gives the keys, then the aggregates. Without keys there is always one group.
type Aggregate struct {
	Input    Node
	Keys     []expr.Expr
	KeyNames []string
	Aggs     []Agg
	Final    bool  // all rows of a group come in one epoch
	Idle     *Idle // nil: groups stay
}

// Schema is the keys and the aggregates.
func (a *Aggregate) Schema() batch.Schema {
	out := make(batch.Schema, 0, len(a.Keys)+len(a.Aggs))
	for i, k := range a.Keys {
		out = append(out, batch.Field{Name: a.KeyNames[i], Type: k.Type(), NotNull: notNull(k, a.Input)})
	}
	return append(out, aggFields(a.Aggs)...)
}

func aggFields(aggs []Agg) batch.Schema {
	out := make(batch.Schema, len(aggs))
	for i := range aggs {
		out[i] = batch.Field{Name: aggs[i].Label, Type: aggs[i].Type, NotNull: aggs[i].neverNull()}
	}
	return out
}

func (a *Agg) neverNull() bool { return a.Name == "count" }

// Children is the input.
func (a *Aggregate) Children() []Node { return []Node{a.Input} }

// Times are those of the keys.
func (a *Aggregate) Times() []Times {
	in := a.Input.Times()
	out := make([]Times, len(a.Keys)+len(a.Aggs))
	for i, k := range a.Keys {
		out[i] = timesOf(k, in)
	}
	return out
}

// AppendOnly is false: a group changes with every row. Groups without aggregates over append-only input never do, nor do
// those whose rows come at once.
func (a *Aggregate) AppendOnly() bool {
	return (len(a.Aggs) == 0 || a.Final) && a.Idle == nil && len(a.Keys) > 0 && a.Input.AppendOnly()
}

// With aggregates another input.
func (a *Aggregate) With(c []Node) Node {
	d := *a
	d.Input = c[0]
	return &d
}

// Describe shows keys and aggregates.
func (a *Aggregate) Describe() Description {
	d := Description{Name: "Aggregate"}
	d.add("Group Key", exprList(a.Keys))
	d.add("Aggregates", aggList(a.Aggs))
	if a.Idle != nil {
		d.add("State TTL", duration(a.Idle.After)+" after the newest "+a.Input.Schema()[a.Idle.Time].Name)
	}
	d.once(append(aggExprs(a.Aggs), a.Keys...))
	return d
}

func exprList(es []expr.Expr) string {
	s := make([]string, len(es))
	for i, e := range es {
		s[i] = e.String()
	}
	return strings.Join(s, ", ")
}

func aggList(aggs []Agg) string {
	s := make([]string, len(aggs))
	for i := range aggs {
		s[i] = aggs[i].String()
	}
	return strings.Join(s, ", ")
}
