package plan

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// limit numbers the rows of each outer value in their order, and takes those whose number is in the limits.
func (d *dependent) limit(n *Limit) (Node, error) {
	if d.alone {
		in, err := d.push(n.Input)
		return n.With([]Node{in}), err
	}
	t := &TopN{Input: n.Input, Count: n.Count, Offset: n.Offset}
	if o, sorted := n.Input.(*Order); sorted {
		t.Input, t.Keys = o.Input, o.Keys
	}
	return d.top(t)
}

// top does the same for an order with its limit, whose groups are divided further by the outer columns.
func (d *dependent) top(n *TopN) (Node, error) {
	if d.alone {
		in, err := d.push(n.Input)
		return n.With([]Node{in}), err
	}
	from, ok := fixedCount(n.Offset, 0)
	count, fixed := fixedCount(n.Count, -1)
	if !ok || !fixed {
		return nil, sqlerr.NotSupported("a LIMIT that is no constant in a subquery that reads columns of the query around it")
	}
	in, err := d.push(n.Input)
	if err != nil {
		return nil, err
	}
	width := len(in.Schema())
	o := &Over{Input: in, Order: n.Keys[n.Prefix:], Calls: []OverCall{Numbering("row_number")}}
	for _, k := range n.Keys[:n.Prefix] {
		o.Partition = append(o.Partition, k.Column)
	}
	for k := range d.refs {
		o.Partition = append(o.Partition, width-len(d.refs)+k)
	}
	number := expr.Col(width, types.Int8, "row_number")
	last := number
	if n.Ties {
		o.Calls = append(o.Calls, Numbering("rank"))
		last = expr.Col(width+1, types.Int8, "rank")
	}
	cond, err := expr.Operator(">", []expr.Expr{number, bigint(from)})
	if err != nil {
		return nil, err
	}
	if count >= 0 {
		most, err := expr.Operator("<=", []expr.Expr{last, bigint(from + count)})
		if err != nil {
			return nil, err
		}
		cond = expr.And(cond, most)
	}
	return firstOf(&Filter{Input: o, Cond: cond}, width), nil
}

// over numbers, ranks and sums the rows of each outer value by themselves.
func (d *dependent) over(n *Over) (Node, error) {
	in, err := d.push(n.Input)
	if err != nil {
		return nil, err
	}
	o := n.With([]Node{in}).(*Over)
	width, refs := len(n.Input.Schema()), len(d.refs)
	o.Partition = append([]int(nil), n.Partition...)
	var order []int
	for i := range width + len(n.Calls) {
		if i >= width {
			i += refs
		}
		order = append(order, i)
	}
	for k := range refs {
		o.Partition = append(o.Partition, width+k)
		order = append(order, width+k)
	}
	return chosen(o, order), nil
}

func bigint(n int64) expr.Expr {
	b := batch.NewBuilder(types.Int8, 1)
	batch.Put(b, n)
	return expr.Const(b.Finish())
}

// fixedCount is the constant e of a LIMIT or OFFSET, or none where e is absent or null.
func fixedCount(e expr.Expr, none int64) (n int64, ok bool) {
	if e == nil {
		return none, true
	}
	c, ok := expr.IsConst(expr.Fold(e))
	if !ok || c.Type != types.Int8 {
		return 0, false
	}
	if c.Null(0) {
		return none, true
	}
	n = batch.Values[int64](&c)[0]
	return n, n >= 0 && n < 1<<40
}
