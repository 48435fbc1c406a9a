package oracle

import (
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// node is a piece of a random expression: text with a hole for each kid.
type node struct {
	t    types.Type
	text string // "\x00" is a hole
	kids []*node

	optional bool // a clause that can be left out
	unsorted bool // a query whose order leaves ties

	loose   bool // PostgreSQL leaves open in which order, and whether, the kids are evaluated
	inexact bool // the last digits are not the same everywhere
}

func (n *node) String() string {
	var sb strings.Builder
	n.write(&sb)
	return sb.String()
}

func (n *node) write(sb *strings.Builder) {
	parts := strings.Split(n.text, "\x00")
	sb.WriteString(parts[0])
	for i, k := range n.kids {
		k.write(sb)
		sb.WriteString(parts[i+1])
	}
}

// any says whether is holds for n or a node below it.
func (n *node) any(is func(*node) bool) bool {
	if is(n) {
		return true
	}
	for _, k := range n.kids {
		if k.any(is) {
			return true
		}
	}
	return false
}

func (n *node) size() int {
	s := 1
	for _, k := range n.kids {
		s += k.size()
	}
	return s
}

// What pieces of a query have for a type.
var (
	clause   = types.Type{OID: 1}
	fromItem = types.Type{OID: 2}
	whole    = types.Type{OID: 3} // a query
)

func isClause(t types.Type) bool { return t.OID < 4 }

// smaller gives expressions that are n with something left out: a node below instead of n, or a kid made smaller, or a
// kid replaced by one of columns, a constant or a null.
func (n *node) smaller(columns []column) []*node {
	var out []*node
	for _, k := range n.kids {
		if k.t == n.t && k.t != clause || !isClause(k.t) && !isClause(n.t) {
			out = append(out, k)
		}
	}
	for i, k := range n.kids {
		with := func(x *node) {
			c := *n
			c.kids = append([]*node(nil), n.kids...)
			c.kids[i] = x
			out = append(out, &c)
		}
		if k.optional && k.text != "" {
			with(&node{t: k.t})
		}
		for _, g := range k.kids {
			if g.t == k.t && g.text != "" && g.text[0] != ',' {
				with(g)
			}
		}
		if len(k.kids) > 0 && !isClause(k.t) {
			for _, c := range columns {
				if c.t == k.t {
					with(&node{t: k.t, text: c.name})
				}
			}
			for _, text := range calmPools[k.t.OID] {
				with(&node{t: k.t, text: text})
			}
			if name := typeText(k.t); name != "" {
				with(&node{t: k.t, text: "NULL::" + name})
			}
		}
		for _, s := range k.smaller(columns) {
			if s.t == k.t {
				with(s)
			}
		}
	}
	return out
}

// shrink makes n as small as it gets while wrong still holds, in at most so many tries.
func shrink(n *node, columns []column, tries int, wrong func(*node) bool) *node {
	for again := true; again; {
		again = false
		for _, s := range n.smaller(columns) {
			if tries--; tries < 0 {
				return n
			}
			if s.size() < n.size() && wrong(s) {
				n, again = s, true
				break
			}
		}
	}
	return n
}

// typeText is how a cast names t, "" if it cannot.
func typeText(t types.Type) string {
	switch {
	case t == types.BPChar:
		return "bpchar"
	case isClause(t) || t.Category() == 'P' || t.Category() == 'X':
		return ""
	}
	return types.FormatType(t)
}
