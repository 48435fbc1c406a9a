package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
)

// recursive goes through the rounds for every outer value at once: the rows of a round have the outer columns that
// they belong to, and so those of the next.
func (d *dependent) recursive(n *Recursive) (Node, error) {
	start, err := d.push(n.Start)
	if err != nil {
		return nil, err
	}
	within := *d
	within.rounds = append(slices.Clip(d.rounds), n.ID)
	step, err := within.push(n.Step)
	if err != nil {
		return nil, err
	}
	return &Recursive{ID: n.ID, Name: n.Name, All: n.All, Columns: d.wider(n.Columns), Start: start, Step: step}, nil
}

// wider adds the outer columns to others.
func (d *dependent) wider(to batch.Schema) batch.Schema {
	schema := d.outer.Schema()
	out := slices.Clip(to)
	for _, c := range d.refs {
		out = append(out, schema[c])
	}
	return out
}

// works says whether n reads rows of a round that has the outer columns.
func (d *dependent) works(n Node) bool {
	found := false
	Walk(n, func(n Node) {
		if w, ok := n.(*Working); ok {
			found = found || slices.Contains(d.rounds, w.ID)
		}
	})
	return found
}
