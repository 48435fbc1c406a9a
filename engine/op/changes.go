package op

import (
	"encoding/binary"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
)

// changes gathers rows with weights into batches.
type changes struct {
	weighted bool
	Outgoing // the columns: keys, then results
}

func newChanges(s batch.Schema, weighted bool) *changes {
	c := &changes{weighted: weighted, Outgoing: NewOutgoing(s)}
	return c
}

// add appends row r of f with weight w, or with its own if the relation is held weighted. When a result fails, nothing
// is appended.
func (c *changes) add(f Frozen, r uint32, w int64) error {
	row := f.View.Row(r)
	n := len(f.Shape.KeyCols)
	at := len(c.Diff)
	f.Shape.AppendKeys(c.Cols[:n], row, f.Strings)
	if err := f.Shape.AppendResults(c.Cols[n:], row, f.Sets(r), f.Strings); err != nil {
		for _, b := range c.Cols {
			b.Truncate(at)
		}
		return err
	}
	if c.weighted {
		w *= int64(row[0])
	}
	c.Diff = append(c.Diff, w)
	return nil
}

// group appends what became of group r between old and now: nothing if its row is what it was.
func (c *changes) group(old, now Frozen, r uint32, always bool) {
	was := old.Live(r) || always && int(r) < old.View.Len()
	is := now.Live(r) || always
	if was && is && slices.Equal(old.View.Row(r), now.View.Row(r)) && sameSets(old, now, r) {
		return
	}
	if c.weighted {
		c.reweigh(old, now, r, was, is)
		return
	}
	// A result that fails makes its group absent, so there is nothing to take back or to add for it.
	first := len(c.Diff)
	if was {
		_ = c.add(old, r, -1)
	}
	if is {
		_ = c.add(now, r, 1)
	}
	if len(c.Diff) == first+2 && c.Same(first) {
		c.Truncate(first)
	}
}

// reweigh appends one row whose weight is the difference.
func (c *changes) reweigh(old, now Frozen, r uint32, was, is bool) {
	f, d := now, int64(0)
	if was {
		d -= int64(old.View.Row(r)[0])
	}
	if is {
		d += int64(now.View.Row(r)[0])
	} else {
		f = old
	}
	if d == 0 {
		return
	}
	f.Shape.AppendKeys(c.Cols, f.View.Row(r), f.Strings)
	c.Diff = append(c.Diff, d)
}

func sameSets(old, now Frozen, r uint32) bool {
	for i := range now.Shape.Layout.Sets {
		if old.View.Box(r, i, now.Shape.Layout.Sets) != now.View.Box(r, i, now.Shape.Layout.Sets) {
			return false
		}
	}
	return true
}

// Pages visits the pages of f for a checkpoint; their keys begin with prefix.
func (f Frozen) Pages(prefix []byte, visit func(state.Page) error) error {
	for no := range f.View.Pages() {
		err := visit(state.Page{
			Key:    binary.BigEndian.AppendUint32(slices.Clip(prefix), uint32(no)),
			Stamp:  f.View.Stamp(no),
			Encode: func(dst []byte) ([]byte, error) { return f.EncodePage(dst, no), nil },
		})
		if err != nil {
			return err
		}
	}
	return nil
}
