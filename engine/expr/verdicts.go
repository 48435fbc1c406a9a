package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/kernel"
)

// verdicts remembers, per entry of a dictionary, whether a constant pattern matches it: an entry is matched once, not
// once per row and batch. A dictionary that is large beside the rows seen so far is left to the rows, so no more
// entries are matched than verdictShare times the rows.
//
// An entry never changes, and a dictionary that grew keeps its ID, so what is known stays true.
type verdicts struct {
	of   Expr   // whose verdicts these are
	id   uint64 // the dictionary's
	rows int    // seen without knowing the entries
	n    int    // entries that are known
	hits batch.Bitmap
}

const (
	// verdictShare is how many entries may be matched for each row that was seen.
	verdictShare = 4
	// maxVerdicts is how many pairs of expression and dictionary a Ctx remembers; the one made first goes first.
	maxVerdicts = 16
)

// verdictsOf finds or begins what is known about e and d.
func (c *Ctx) verdictsOf(e Expr, d *batch.Dict) *verdicts {
	for _, v := range c.verdicts {
		if v.id == d.ID && v.of == e {
			return v
		}
	}
	if len(c.verdicts) == maxVerdicts {
		c.verdicts = append(c.verdicts[:0], c.verdicts[1:]...)
	}
	v := &verdicts{of: e, id: d.ID}
	c.verdicts = append(c.verdicts, v)
	return v
}

// lookup sets the bits of the rows of x, a dictionary-coded column, whose entries match, or says that the rows had
// better be matched themselves. match sets bit i for entry from+i, for all entries from from on.
func (v *verdicts) lookup(out batch.Bitmap, x *batch.Column, match func(hits batch.Bitmap, from int)) bool {
	if n := x.Dict.Len(); v.n < n {
		v.rows += x.N
		if n-v.n > verdictShare*v.rows {
			return false
		}
		from := v.n &^ 63
		for len(v.hits) < (n+63)/64 {
			v.hits = append(v.hits, 0)
		}
		match(v.hits[from/64:(n+63)/64], from)
		v.n, v.rows = n, 0
	}
	kernel.Lookup(out, x.Codes, v.hits)
	return true
}
