package op

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/value"
)

// TopSpec says which rows are the first: of all, or of those that agree in the first keys.
type TopSpec struct {
	Input  batch.Schema
	Order  []OrderKey
	Prefix int // how many of Order's keys make the groups; 0: all rows are one
	// Limit rows after Offset rows of each group; NoLimit: all.
	Limit, Offset int64
	// Ties adds the rows that are equal in order to the last one.
	Ties bool
	// AppendOnly promises that the input never takes a row back. Then nothing is kept that cannot come among the first.
	AppendOnly bool
}

// Top is the first rows of an order, kept while rows come and go: Top-N, DISTINCT ON, FETCH FIRST ... WITH TIES.
//
// All rows are in one order: by group, by the other keys, and by all their values. So a change costs its place in the
// order, and a group that changed costs as many rows as are shown of it. In a query that ends equal rows go by arrival.
type Top struct {
	spec TopSpec
	env  *Env
	next stream.Sink
	rows ordered
	keep int64 // rows of a group, without ties; below 0: all

	listening bool
	old       sorted              // as of the last Advance, while listening
	touched   map[string]struct{} // groups, by their part of the record
	epoch     uint64              // of the last Advance
	arrived   uint64
	cutoff    string      // without groups: a record after it cannot come among the first
	came      []candidate // of the batch under way, into a Top that nothing is taken back from
	records   []byte
	buf       []byte
	out       *shown
	meter     *Meter
}

// NewTop makes a Top. What it holds is reserved from env's budget.
func NewTop(spec TopSpec, env *Env, next stream.Sink) *Top {
	t := &Top{spec: spec, env: env, next: next, touched: map[string]struct{}{}}
	t.meter = NewMeter(env, "order by")
	if t.keep = spec.Limit; t.keep != NoLimit {
		t.keep = max(spec.Offset+spec.Limit, NoLimit) // a sum beyond all numbers is no limit
	}
	t.out = newShown(spec.Input, env.Bounded)
	return t
}

// SetNext sets where changes go.
func (t *Top) SetNext(next stream.Sink) { t.next = next }

// Bytes is the memory of the state.
func (t *Top) Bytes() int64 { return t.rows.bytes }

// Push puts rows in their places.
func (t *Top) Push(_ context.Context, b *batch.Batch) error {
	if !t.env.Bounded && b.Epoch != nil && b.Epoch.No > t.rows.epoch {
		t.rows.epoch = b.Epoch.No
	}
	if t.spec.AppendOnly && t.keep >= 0 {
		if err := t.admit(b); err != nil {
			return err
		}
		return t.meter.Set(t.rows.bytes)
	}
	for i := range b.N {
		group, err := t.record(b, i)
		if err != nil {
			return err
		}
		t.rows.add(t.buf, b.Weight(i))
		t.touch(t.buf[:group])
	}
	t.arrived += uint64(b.N)
	return t.meter.Set(t.rows.bytes)
}

// touch remembers a group that has changed, for who listens.
func (t *Top) touch(group []byte) {
	if !t.listening {
		return
	}
	if _, ok := t.touched[string(group)]; !ok {
		t.touched[string(group)] = struct{}{}
	}
}

// record makes row i's record in buf: the keys, the row's number in a query that ends, its values, and the lengths of
// the group's keys and of all. It gives the former.
func (t *Top) record(b *batch.Batch, i int) (group int, err error) {
	t.buf = t.buf[:0]
	for k, o := range t.spec.Order {
		if t.buf, err = appendOrderKey(t.buf, &b.Cols[o.Col], i, o.Desc, o.NullsFirst); err != nil {
			return 0, err
		}
		if k+1 == t.spec.Prefix {
			group = len(t.buf)
		}
	}
	size := len(t.buf)
	if t.env.Bounded {
		t.buf = binary.BigEndian.AppendUint64(t.buf, t.arrived+uint64(i))
	}
	for c := range b.Cols {
		t.buf = value.AppendRaw(t.buf, &b.Cols[c], i)
	}
	t.buf = binary.BigEndian.AppendUint32(t.buf, uint32(group))
	t.buf = binary.BigEndian.AppendUint32(t.buf, uint32(size))
	return group, nil
}

// within says whether a record belongs to a group. No group's part is the beginning of another's.
func within(record, group string) bool {
	return len(record) >= len(group) && record[:len(group)] == group
}

// sortPart is the keys of a record.
func sortPart(record string) string {
	return record[:binary.BigEndian.Uint32([]byte(record[len(record)-4:]))]
}

// first visits the first rows of a group.
func (t *Top) first(s sorted, group string, visit func(record string, n int64)) {
	skip, left, last := t.spec.Offset, t.spec.Limit, ""
	s.from(group, func(e weighted) bool {
		if !within(e.record, group) {
			return false
		}
		n := e.n
		skipped := min(n, skip)
		skip -= skipped
		n -= skipped
		switch {
		case n <= 0:
			return true
		case left == NoLimit:
		case left > 0:
			if !t.spec.Ties {
				n = min(n, left)
			}
			left -= min(n, left)
			last = e.record
		case !t.spec.Ties || last == "" || sortPart(e.record) != sortPart(last):
			return false
		}
		visit(e.record, n)
		return true
	})
}

// groupPart is the group's keys of a record.
func groupPart(record string) string {
	return record[:binary.BigEndian.Uint32([]byte(record[len(record)-8:]))]
}

// Advance sends the epoch's changes to who listens; at the end of a bounded query, the rows in order.
func (t *Top) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		t.epoch = p.Epoch.No
	}
	var err error
	switch {
	case t.env.Bounded && p.End:
		err = t.contents(ctx, t.rows.view(), t.next, p.Epoch)
		t.drop()
	case !t.env.Bounded && t.listening:
		err = t.send(ctx, p.Epoch)
	default:
		clear(t.touched)
	}
	if err != nil && !errors.Is(err, stream.ErrStop) {
		return err
	}
	return t.next.Advance(ctx, p)
}

// send pushes what became of the groups that the epoch touched.
func (t *Top) send(ctx context.Context, ep *batch.Epoch) error {
	now := t.rows.view()
	groups := make([]string, 0, len(t.touched))
	for g := range t.touched {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	clear(t.touched)
	old := t.old
	t.old = now
	for _, g := range groups {
		was := map[string]int64{}
		t.first(old, g, func(r string, n int64) { was[r] = n })
		var add []weighted
		t.first(now, g, func(r string, n int64) {
			if d := n - was[r]; d != 0 {
				add = append(add, weighted{r, d})
			}
			delete(was, r)
		})
		for r, n := range was {
			add = append(add, weighted{r, -n})
		}
		slices.SortFunc(add, func(a, b weighted) int { // what leaves goes first
			if (a.n < 0) != (b.n < 0) {
				return map[bool]int{true: -1, false: 1}[a.n < 0]
			}
			return map[bool]int{true: -1, false: 1}[a.record < b.record]
		})
		for _, e := range add {
			if err := t.out.add(ctx, t.next, ep, e); err != nil {
				return err
			}
		}
	}
	return t.out.Flush(ctx, t.next, ep)
}

func (t *Top) drop() {
	t.rows = ordered{}
	t.meter.Close()
}

// Listen switches the sending of changes on or off, between two epochs.
func (t *Top) Listen(on bool) {
	if on == t.listening {
		return
	}
	t.listening = on
	clear(t.touched)
	t.old = sorted{}
	if on {
		t.old = t.rows.view()
	}
}

// Close closes the next Sink.
func (t *Top) Close() error {
	t.drop()
	return t.next.Close()
}
