package plan

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Note adds to what EXPLAIN shows of a node: counters of a running one.
type Note func(Node) []Detail

// Text is the plan as PostgreSQL's EXPLAIN indents it, a line per entry. note may be nil.
func Text(n Node, note Note) []string {
	var out []string
	text(n, note, 0, &out)
	return out
}

func text(n Node, note Note, depth int, out *[]string) {
	lead, below := "", "  "
	if depth > 0 {
		lead = strings.Repeat(" ", 6*depth-4) + "->  "
		below = strings.Repeat(" ", 6*depth+2)
	}
	d := describe(n, note)
	*out = append(*out, lead+d.Name)
	for _, x := range d.Details {
		*out = append(*out, below+x.Key+": "+x.Value)
	}
	for _, c := range n.Children() {
		text(c, note, depth+1, out)
	}
}

func describe(n Node, note Note) Description {
	d := n.Describe()
	if note != nil {
		d.Details = append(d.Details, note(n)...)
	}
	return d
}

// JSON is the plan as PostgreSQL's EXPLAIN (FORMAT json): one array with one object.
func JSON(n Node, note Note) (string, error) {
	raw, err := json.MarshalIndent([]any{map[string]any{"Plan": tree(n, note)}}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("plan: explain as json: %w", err)
	}
	return string(raw), nil
}

func tree(n Node, note Note) map[string]any {
	d := describe(n, note)
	out := map[string]any{"Node Type": d.Name}
	for _, x := range d.Details {
		if out[x.Key] = x.Value; x.Number != nil {
			out[x.Key] = x.Number
		}
	}
	var kids []any
	for _, c := range n.Children() {
		kids = append(kids, tree(c, note))
	}
	if kids != nil {
		out["Plans"] = kids
	}
	return out
}

// Dot is the plan as a graph for Graphviz, rows flowing along the arrows.
func Dot(n Node, note Note) string {
	var sb strings.Builder
	sb.WriteString("digraph plan {\n  rankdir=BT; node [shape=box];\n")
	last := 0
	dot(&sb, n, note, &last)
	sb.WriteString("}\n")
	return sb.String()
}

func dot(sb *strings.Builder, n Node, note Note, last *int) int {
	d := describe(n, note)
	label := d.Name
	for _, x := range d.Details {
		label += "\n" + x.Key + ": " + x.Value
	}
	*last++
	id := *last
	fmt.Fprintf(sb, "  n%d [label=%q];\n", id, label)
	for _, c := range n.Children() {
		fmt.Fprintf(sb, "  n%d -> n%d;\n", dot(sb, c, note, last), id)
	}
	return id
}
