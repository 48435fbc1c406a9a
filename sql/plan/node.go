package plan

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// Node is one step of a plan.
type Node interface {
	// Schema is the columns the node gives.
	Schema() batch.Schema
	// Children are the nodes it reads, in order.
	Children() []Node
	// Times says for each column which watermarks bound its values from below: no later row has a smaller one than
	// the least of them. An empty list: none does.
	Times() []Times
	// AppendOnly says that over append-only relations the node never takes a row back.
	AppendOnly() bool
	// Describe is what EXPLAIN shows of the node itself.
	Describe() Description
	// With is the same node over other children, as many and with the same columns as it has.
	With(children []Node) Node
}

// Bound says that values are at least a relation's watermark minus a distance.
type Bound struct {
	Relation uint32
	Minus    types.Micros
}

// Times is the bounds of one column: the least of them holds. Empty: the column is not bounded.
type Times []Bound

// later gives the bounds moved d further back.
func (t Times) later(d types.Micros) Times {
	if len(t) == 0 {
		return nil
	}
	out := make(Times, len(t))
	for i, b := range t {
		out[i] = Bound{Relation: b.Relation, Minus: b.Minus + d}
	}
	return out
}

// Description is a node's line in EXPLAIN and what stands below it.
type Description struct {
	Name    string // "Aggregate", "Scan on events"
	Details []Detail
}

// Detail is one "Key: value" of a Description.
type Detail struct {
	Key, Value string
	Number     any // what JSON has in place of the text; nil: the text
}

// Count is a Detail that is a number.
func Count(key string, n int64) Detail {
	return Detail{Key: key, Value: strconv.FormatInt(n, 10), Number: n}
}

func (d *Description) add(key, value string) {
	if value != "" {
		d.Details = append(d.Details, Detail{Key: key, Value: value})
	}
}

// once shows which parts of expressions are computed for several places.
func (d *Description) once(es []expr.Expr) {
	var parts []string
	for _, x := range expr.Repeated(es) {
		parts = append(parts, x.String())
	}
	d.add("Once", strings.Join(parts, ", "))
}

// input is the child of the nodes that have one, nil for some others: it spares making a list of it.
func input(n Node) Node {
	switch n := n.(type) {
	case *Filter:
		return n.Input
	case *Project:
		return n.Input
	case *Aggregate:
		return n.Input
	case *Order:
		return n.Input
	case *Limit:
		return n.Input
	case *TopN:
		return n.Input
	case *Over:
		return n.Input
	case *Distinct:
		return n.Input
	case *Hop:
		return n.Input
	case *Window:
		return n.Input
	}
	return nil
}

// over is n, one of those that input knows, over another input. It spares making a list of it, too.
func over(n, in Node) Node {
	switch n := n.(type) {
	case *Filter:
		return &Filter{Input: in, Cond: n.Cond}
	case *Project:
		return &Project{Input: in, Exprs: n.Exprs, Names: n.Names}
	case *Aggregate:
		d := *n
		d.Input = in
		return &d
	case *Order:
		return &Order{Input: in, Keys: n.Keys}
	case *Over:
		d := *n
		d.Input = in
		return &d
	}
	return n.With([]Node{in})
}

// Walk visits n and everything below it, parents first.
func Walk(n Node, visit func(Node)) {
	visit(n)
	if in := input(n); in != nil {
		Walk(in, visit)
		return
	}
	if j, ok := n.(*Join); ok {
		Walk(j.Left, visit)
		Walk(j.Right, visit)
		return
	}
	if _, leaf := n.(*Scan); leaf {
		return
	}
	for _, c := range n.Children() {
		Walk(c, visit)
	}
}

// Relations gives the relations that a plan reads, each once, in the order of its scans.
func Relations(n Node) []uint32 {
	var ids []uint32
	seen := map[uint32]bool{}
	Walk(n, func(n Node) {
		if s, ok := n.(*Scan); ok && !seen[s.Relation.ID] {
			seen[s.Relation.ID] = true
			ids = append(ids, s.Relation.ID)
		}
	})
	return ids
}

// timesOf is the bounds of an expression over columns with the given ones: a bare column has its own, all else none.
func timesOf(e expr.Expr, in []Times) Times {
	if i, ok := expr.IsCol(e); ok && i < len(in) {
		return in[i]
	}
	return nil
}
