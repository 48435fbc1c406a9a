package plan

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// SortKey is one column to sort by.
type SortKey struct {
	Column     int
	Desc       bool
	NullsFirst bool
}

func keyList(keys []SortKey, in batch.Schema) string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = in[k.Column].Name
		if k.Desc {
			s[i] += " DESC"
		}
		if k.NullsFirst != k.Desc {
			s[i] += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[k.NullsFirst]
		}
	}
	return strings.Join(s, ", ")
}

// Order sorts all rows. It is for bounded queries only.
type Order struct {
	Input Node
	Keys  []SortKey
}

// Schema is the input's.
func (o *Order) Schema() batch.Schema { return o.Input.Schema() }

// Children is the input.
func (o *Order) Children() []Node { return []Node{o.Input} }

// Times are the input's.
func (o *Order) Times() []Times { return o.Input.Times() }

// AppendOnly is the input's.
func (o *Order) AppendOnly() bool { return o.Input.AppendOnly() }

// With sorts another input.
func (o *Order) With(c []Node) Node { return &Order{Input: c[0], Keys: o.Keys} }

// Describe shows the keys.
func (o *Order) Describe() Description {
	d := Description{Name: "Sort"}
	d.add("Sort Key", keyList(o.Keys, o.Input.Schema()))
	return d
}

// Limit passes over Offset rows and then gives at most Count. It is for bounded queries only.
type Limit struct {
	Input         Node
	Count, Offset expr.Expr // bigint over no columns; nil: none
}

// Schema is the input's.
func (l *Limit) Schema() batch.Schema { return l.Input.Schema() }

// Children is the input.
func (l *Limit) Children() []Node { return []Node{l.Input} }

// Times are the input's.
func (l *Limit) Times() []Times { return l.Input.Times() }

// AppendOnly is the input's.
func (l *Limit) AppendOnly() bool { return l.Input.AppendOnly() }

// With limits another input.
func (l *Limit) With(c []Node) Node { return &Limit{Input: c[0], Count: l.Count, Offset: l.Offset} }

// Describe shows both numbers.
func (l *Limit) Describe() Description {
	d := Description{Name: "Limit"}
	limits(&d, l.Count, l.Offset)
	return d
}

func limits(d *Description, count, offset expr.Expr) {
	if count != nil {
		d.add("Count", count.String())
	}
	if offset != nil {
		d.add("Offset", offset.String())
	}
}

// TopN is the first rows of an order: Order and Limit in one, and the form of them that can be kept current.
type TopN struct {
	Input         Node
	Keys          []SortKey
	Prefix        int       // the first rows of each group that agrees in so many keys; 0: of all
	Count, Offset expr.Expr // bigint over no columns; Offset nil: 0
	Ties          bool      // and those equal to the last of them
	Final         bool      // all rows of a group come in one epoch
}

// Schema is the input's.
func (t *TopN) Schema() batch.Schema { return t.Input.Schema() }

// Children is the input.
func (t *TopN) Children() []Node { return []Node{t.Input} }

// Times are the input's.
func (t *TopN) Times() []Times { return t.Input.Times() }

// AppendOnly is false where a later row may push out another.
func (t *TopN) AppendOnly() bool { return t.Final && t.Input.AppendOnly() }

// With takes the first rows of another input.
func (t *TopN) With(c []Node) Node {
	d := *t
	d.Input = c[0]
	return &d
}

// Describe shows keys and numbers.
func (t *TopN) Describe() Description {
	d := Description{Name: "Top-N"}
	d.add("Group Key", keyList(t.Keys[:t.Prefix], t.Input.Schema()))
	d.add("Sort Key", keyList(t.Keys[t.Prefix:], t.Input.Schema()))
	limits(&d, t.Count, t.Offset)
	if t.Ties {
		d.add("With Ties", "yes")
	}
	if t.Final {
		d.add("Emit", "on window close")
	}
	return d
}
