package op

import (
	"math"
	"sort"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/value"
)

// partition is rows lo..hi of the sorted rows. starts are where groups of equal rows begin, and hi; group says for
// each row, counted from lo, which one it is in. Rows from..to get results.
//
// Where only some rows get results, the others may be those alone that these look at. If there is a tally then, row lo is
// the partition's first, and stands for all rows that the tally counts.
type partition struct {
	o        *over
	lo, hi   int
	from, to int
	tally    *overTally
	starts   []int
	group    []int
	pace     pace
}

// absent are how many rows, and groups of equal ones, are missing between the first row and the next.
func (p *partition) absent() (rows, groups int) {
	if p.tally == nil {
		return 0, 0
	}
	return p.tally.rows - 1, p.tally.groups - 1
}

func (p *partition) peers() {
	for i := p.lo; i < p.hi; i++ {
		if i == p.lo || !p.o.samePeers(i-1, i) {
			p.starts = append(p.starts, i)
		}
		p.group = append(p.group, len(p.starts)-1)
	}
	p.starts = append(p.starts, p.hi)
}

// call appends the function's result for every row of the partition.
func (p *partition) call(c *OverCall, b *batch.Builder) error {
	if c.Agg != nil {
		return p.aggregate(c, b)
	}
	switch c.Name {
	case "lag", "lead":
		return p.offset(c, b)
	case "first_value", "last_value", "nth_value":
		return p.value(c, b)
	case "ntile":
		return p.ntile(c, b)
	}
	n := float64(p.hi - p.lo)
	rows, groups := p.absent()
	for i := p.from; i < p.to; i++ {
		if err := p.pace.step(1); err != nil {
			return err
		}
		g := p.group[i-p.lo]
		switch c.Name {
		case "row_number":
			batch.Put(b, int64(rows+i-p.lo+1))
		case "rank":
			batch.Put(b, int64(rows+p.starts[g]-p.lo+1))
		case "dense_rank":
			batch.Put(b, int64(groups+g+1))
		case "percent_rank":
			v := 0.0
			if n > 1 {
				v = float64(p.starts[g]-p.lo) / (n - 1)
			}
			batch.Put(b, v)
		case "cume_dist":
			batch.Put(b, float64(p.starts[g+1]-p.lo)/n)
		default:
			return sqlerr.New(sqlerr.InternalError, "no window function %s", c.Name)
		}
	}
	return nil
}

// integer reads a bigint or integer argument; ok is false for null.
func (p *partition) integer(col, row int) (v int64, ok bool) {
	c := &p.o.rows.Cols[col]
	if c.Null(row) {
		return 0, false
	}
	if c.Type.Layout().Width() == 4 {
		return int64(batch.Values[int32](c)[row]), true
	}
	return batch.Values[int64](c)[row], true
}

// ntile divides the partition into n parts that differ by at most one row, the larger ones first.
func (p *partition) ntile(c *OverCall, b *batch.Builder) error {
	n, ok := p.integer(c.Args[0], p.lo)
	if ok && n <= 0 {
		return sqlerr.New(sqlerr.InvalidArgumentForNtile, "argument of ntile must be greater than zero")
	}
	total := int64(p.hi - p.lo)
	for i := range total {
		if !ok {
			b.Null()
			continue
		}
		small, large := total/n, total%n
		v := i/(small+1) + 1
		if i >= large*(small+1) {
			v = large + 1 // small is above 0 here: else all rows are among the large parts
			v += (i - large*(small+1)) / max(small, 1)
		}
		batch.Put(b, int32(v))
	}
	return nil
}

// offset is lag and lead: the value so many rows before or after, or the default.
func (p *partition) offset(c *OverCall, b *batch.Builder) error {
	from := &p.o.rows.Cols[c.Args[0]]
	for i := p.from; i < p.to; i++ {
		if err := p.pace.step(1); err != nil {
			return err
		}
		n, ok := int64(1), true
		if len(c.Args) > 1 {
			n, ok = p.integer(c.Args[1], i)
		}
		if !ok {
			b.Null()
			continue
		}
		if c.Name == "lag" {
			n = -n
		}
		at := int64(i) + n
		switch {
		case at >= int64(p.lo) && at < int64(p.hi):
			b.Append(from, int(at))
		case len(c.Args) > 2:
			b.Append(&p.o.rows.Cols[c.Args[2]], i)
		default:
			b.Null()
		}
	}
	return nil
}

// value is first_value, last_value and nth_value of the frame.
func (p *partition) value(c *OverCall, b *batch.Builder) error {
	from := &p.o.rows.Cols[c.Args[0]]
	for i := p.from; i < p.to; i++ {
		n, known := int64(1), true
		if c.Name == "nth_value" {
			if n, known = p.integer(c.Args[1], i); known && n <= 0 {
				return sqlerr.New(sqlerr.InvalidArgumentForNthValue, "argument of nth_value must be greater than zero")
			}
		}
		lo, hi, err := p.frame(&c.Frame, i)
		if err != nil {
			return err
		}
		at := -1
		for k := range hi - lo {
			if err := p.pace.step(1); err != nil {
				return err
			}
			r := lo + k
			if c.Name == "last_value" {
				r = hi - 1 - k
			}
			if p.excluded(&c.Frame, i, r) {
				continue
			}
			if n--; n == 0 {
				at = r
				break
			}
		}
		if at < 0 || !known {
			b.Null()
			continue
		}
		b.Append(from, at)
	}
	return nil
}

// excluded says whether row r is left out of row i's frame.
func (p *partition) excluded(f *OverFrame, i, r int) bool {
	switch f.Exclude {
	case ExcludeRow:
		return r == i
	case ExcludeGroup:
		return p.group[r-p.lo] == p.group[i-p.lo]
	case ExcludeTies:
		return r != i && p.group[r-p.lo] == p.group[i-p.lo]
	}
	return false
}

// frame gives the rows of row i's frame, before anything is left out.
func (p *partition) frame(f *OverFrame, i int) (lo, hi int, err error) {
	if lo, err = p.bound(f, f.Start, i, false); err != nil {
		return 0, 0, err
	}
	if hi, err = p.bound(f, f.End, i, true); err != nil {
		return 0, 0, err
	}
	lo = max(lo, p.lo)
	return lo, max(min(hi, p.hi), lo), nil
}

// bound gives the first row of a frame that begins with b, or the row after the last of one that ends with it.
func (p *partition) bound(f *OverFrame, b FrameBound, i int, end bool) (int, error) {
	g := p.group[i-p.lo]
	switch b.Kind {
	case UnboundedPreceding:
		return p.lo, nil
	case UnboundedFollowing:
		return p.hi, nil
	case CurrentRow:
		switch {
		case f.Unit == FrameRows && end:
			return i + 1, nil
		case f.Unit == FrameRows:
			return i, nil
		case end:
			return p.starts[g+1], nil
		}
		return p.starts[g], nil
	}
	if f.Unit == FrameRange {
		return p.near(b, i, end), nil
	}
	n, ok := p.integer(b.Column, i)
	word := map[bool]string{true: "ending", false: "starting"}[end]
	switch {
	case !ok:
		return 0, sqlerr.New(sqlerr.NullValueNotAllowed, "frame %s offset must not be null", word)
	case n < 0:
		return 0, sqlerr.New(sqlerr.InvalidPrecedingOrFollowing, "frame %s offset must not be negative", word)
	}
	if n = min(n, math.MaxInt32); b.Kind == OffsetPreceding {
		n = -n
	}
	if f.Unit == FrameRows {
		if end {
			n++
		}
		return max(p.lo, min(p.hi, i+int(n))), nil
	}
	at := g + int(n)
	if end {
		at++
	}
	return p.starts[max(0, min(at, len(p.starts)-1))], nil
}

// near finds the bound of a RANGE frame: the first row whose key is not before the bound's value in the order, or the
// first that is after it. A null is near nulls only.
func (p *partition) near(b FrameBound, i int, end bool) int {
	k := p.o.spec.Order[0]
	keys, at := &p.o.rows.Cols[k.Col], &p.o.rows.Cols[b.Column]
	g := p.group[i-p.lo]
	if keys.Null(i) || at.Null(i) {
		if end {
			return p.starts[g+1]
		}
		return p.starts[g]
	}
	return p.lo + sort.Search(p.hi-p.lo, func(n int) bool {
		r := p.lo + n
		if keys.Null(r) {
			return !k.NullsFirst
		}
		c := value.Compare(keys, r, at, i)
		if k.Desc {
			c = -c
		}
		return c > 0 || c == 0 && !end
	})
}

// aggregate folds the frame of each row: what enters since the row before is added, what leaves is taken back.
func (p *partition) aggregate(c *OverCall, b *batch.Builder) error {
	f, err := p.folding(c)
	if err != nil {
		return err
	}
	f.back = p.o.rows
	f.back.Diff = make([]int64, p.hi)
	for i := range f.back.Diff {
		f.back.Diff[i] = -1
	}
	shape := f.groups.shape
	for i := p.from; i < p.to; i++ {
		lo, hi, err := p.frame(&c.Frame, i)
		if err != nil {
			return err
		}
		folds := f.move(lo, hi)
		folds += f.except(&c.Frame, i, &f.back)
		if err := p.pace.step(1 + folds); err != nil {
			return err
		}
		strings := shape.Strings.Freeze()
		sets := func(n int) *agg.Set {
			s, _ := f.groups.Pages.Box(0, n, shape.Layout.Sets).(*agg.Set)
			return s
		}
		if err := shape.AppendResults([]*batch.Builder{b}, f.groups.Pages.Row(0), sets, strings); err != nil {
			return err
		}
		f.except(&c.Frame, i, &p.o.rows)
	}
	return nil
}

// folding is rows lo..hi of a partition, folded into one group.
type folding struct {
	p      *partition
	groups *Groups
	back   batch.Batch // the rows with weight -1
	lo, hi int
}

// folding makes the folding of no rows, or of those that the tally counts.
func (p *partition) folding(c *OverCall) (*folding, error) {
	grows := c.growing() && c.Frame.Exclude == ExcludeNone && (c.Agg.Kind == agg.Min || c.Agg.Kind == agg.Max)
	shape, err := NewShape(p.o.spec.Input, nil, []agg.Call{*c.Agg}, grows, ExactSpelling)
	if err != nil {
		return nil, err
	}
	shape.Layout.Arrival = new(uint64) // the rows are one batch, whose positions tell them apart
	f := &folding{p: p, groups: NewGroups(shape), lo: p.lo, hi: p.lo}
	f.groups.single()
	if p.tally != nil && c.growing() {
		copy(f.groups.Pages.Row(0), p.tally.words[p.o.number(c)])
		f.hi++
	}
	return f, nil
}

func (f *folding) fold(b *batch.Batch, lo, hi int) {
	if lo < hi {
		f.groups.Fold(b, lo, hi)
	}
}

// move makes it rows lo..hi, and says how many rows it folded for that.
func (f *folding) move(lo, hi int) int {
	rows := &f.p.o.rows
	was := [2]int{f.lo, f.hi}
	f.lo, f.hi = lo, hi
	if lo >= was[1] || hi <= was[0] { // nothing in common
		f.fold(&f.back, was[0], was[1])
		f.fold(rows, lo, hi)
		return was[1] - was[0] + hi - lo
	}
	f.fold(rows, lo, was[0])
	f.fold(rows, was[1], hi)
	f.fold(&f.back, was[0], lo)
	f.fold(&f.back, hi, was[1])
	return max(lo-was[0], was[0]-lo) + max(hi-was[1], was[1]-hi)
}

// except folds the rows that row i's frame leaves out: with weight -1, and afterwards again with +1. It says how many these may be.
func (f *folding) except(frame *OverFrame, i int, b *batch.Batch) int {
	if frame.Exclude == ExcludeNone {
		return 0
	}
	g := f.p.group[i-f.p.lo]
	lo, hi := max(f.lo, f.p.starts[g]), min(f.hi, f.p.starts[g+1])
	for r := lo; r < hi; r++ {
		if f.p.excluded(frame, i, r) {
			f.fold(b, r, r+1)
		}
	}
	return hi - lo
}
