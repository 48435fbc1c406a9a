package window

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/kernel"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Which bound of the window a key of a Hop is.
const (
	Start = iota // window_start
	End          // window_end
	Last         // window_time: a microsecond before the end
)

// HopKey is one key column of a Hop's result.
type HopKey struct {
	Name   string
	Column int // of the input; -1 for a bound of the window
	Bound  int
}

// Mark is a watermark that bounds the input's event time from below, and how far behind it the input may be.
type Mark struct {
	Relation uint32
	Minus    types.Micros
}

// HopSpec says what a Hop computes.
type HopSpec struct {
	Input batch.Schema
	Frame Frame
	Time  int // column of the event time
	Keys  []HopKey
	Calls []agg.Call
	// AppendOnly promises that the input never takes a row back.
	AppendOnly bool
	// OnClose gives each window's groups once, when the watermark has passed its end by Allowed. Otherwise the contents
	// are all windows, open ones included.
	OnClose bool
	Allowed types.Micros // lateness; Never: nothing is late
	// Keep is how long after its end a window that is no OnClose is shown, at least Allowed; 0: for ever. What then goes
	// goes silently.
	Keep  types.Micros
	Marks []Mark   // the least of them is the watermark; none: there is none
	View  string   // for the list of late rows
	Late  LateSink // nil: late rows are dropped uncounted
}

// Schema is the columns of the result: the keys, then the calls.
func (s *HopSpec) Schema() batch.Schema {
	out := make(batch.Schema, 0, len(s.Keys)+len(s.Calls))
	for _, k := range s.Keys {
		f := batch.Field{Name: k.Name, Type: s.Input[s.Time].Type, NotNull: true}
		if k.Column >= 0 {
			f.Type, f.NotNull = s.Input[k.Column].Type, s.Input[k.Column].NotNull
		}
		out = append(out, f)
	}
	for _, c := range s.Calls {
		out = append(out, batch.Field{Name: c.Name, Type: c.Result})
	}
	return out
}

// Hop is a tumbling or sliding aggregation. Each row is folded once, into its pane, whatever the overlap; a window is
// the merging of its panes when somebody asks for it, and a pane is dropped whole when no window needs it any more.
//
//	panes    |  0  |  5  | 10  | 15  | 20  |     size 15, slide 5: a pane is 5
//	windows  [-----------------)
//	               [-----------------)
//	                     [-----------------)
type Hop struct {
	spec  HopSpec
	env   *op.Env
	next  stream.Sink
	shape *op.Shape
	keys  []int // columns of shape

	arrived uint64 // rows before the batch under way
	late    Lateness
	partly  bool // a row may be late for some of the windows that are shown, and not for others

	panes     []*pane // by start and from
	last      *pane   // that the last row fell into
	watermark types.Micros
	closed    types.Micros // windows that end here or before have been given (OnClose)
	epoch     uint64
	listening bool
	touched   []uint32
	good      []uint32
	out       *rows
	meter     *op.Meter
	warmed    bool  // panes have come back to memory in this epoch
	loading   *pane // that the last page of a checkpoint was of
	weighed   int   // strings that there were when those nobody needs were last left behind

	lane *laneOf // nil unless it folds rows for another Hop
	debt op.Debt
}

// pane is the rows of a piece of time. Those that came too late for the first of the windows over it lie in a pane of
// their own, which counts in the windows that start at from and later.
type pane struct {
	start  types.Micros
	size   uint64
	from   types.Micros // MinTime: it counts in all windows over it
	groups *op.Groups
	cold   *coldPane // where the groups are, if they are not in memory
	used   uint64    // the epoch that touched it last
	old    op.Frozen // as of the last Advance, while listening
}

// NewHop makes a Hop. It fails with 0A000 for keys that cannot be grouped and 22023 for a frame that makes no sense.
func NewHop(spec HopSpec, env *op.Env, next stream.Sink) (*Hop, error) {
	if err := spec.Frame.Validate(); err != nil {
		return nil, err
	}
	partly := !spec.OnClose && spec.Allowed != Never && spec.Frame.Size > spec.Frame.Slide && !env.Bounded
	if partly && !spec.AppendOnly {
		// What takes a row back would be late for windows that the row itself was not late for.
		return nil, sqlerr.NotSupported("allowed_lateness of a sliding window over rows that change, without EMIT ON WINDOW CLOSE").
			WithHint("Leave allowed_lateness out: then nothing is late.")
	}
	var keys []int
	for _, k := range spec.Keys {
		if k.Column >= 0 {
			keys = append(keys, k.Column)
		}
	}
	h := &Hop{
		spec: spec, env: env, next: next, keys: keys, partly: partly, watermark: types.MinTime, closed: types.MinTime,
		late: Lateness{Frame: spec.Frame, Allowed: spec.Allowed}, meter: op.NewMeter(env, "window"),
	}
	var err error
	if h.shape, err = h.newShape(); err != nil {
		return nil, err
	}
	if env.Bounded {
		h.shape.Layout.Arrival = &h.arrived
	}
	h.out = newRows(h)
	return h, nil
}

// newShape makes a shape that knows no strings.
func (h *Hop) newShape() (*op.Shape, error) {
	return op.NewShape(h.spec.Input, h.keys, h.spec.Calls, h.spec.AppendOnly, op.SpellingOf(h.spec.AppendOnly, h.env.Bounded))
}

// SetNext sets where changes, or closed windows, go.
func (h *Hop) SetNext(next stream.Sink) { h.next = next }

// Bytes is the memory of the state.
func (h *Hop) Bytes() int64 {
	n := h.shape.Bytes()
	for _, p := range h.panes {
		n += p.bytes()
	}
	return n
}

// Push folds rows into their panes.
func (h *Hop) Push(ctx context.Context, b *batch.Batch) error {
	if b.N == 0 {
		return nil
	}
	b, err := h.judge(ctx, b)
	if err != nil || b.N == 0 {
		return err
	}
	if !h.env.Bounded && b.Epoch != nil && b.Epoch.No > h.epoch {
		h.epoch = b.Epoch.No
	}
	grown := -h.shape.Bytes()
	h.shape.Keys.Read(b, h.shape.KeyCols)
	ts := batch.Values[types.Micros](&b.Cols[h.spec.Time])
	for lo := 0; lo < len(ts); {
		p, err := h.paneOf(ts[lo], h.from(ts[lo]))
		if err != nil {
			return err
		}
		hi := lo + 1
		for hi < len(ts) && uint64(ts[hi]-p.start) < p.size && (!h.partly || h.from(ts[hi]) == p.from) {
			hi++
		}
		grown -= p.groups.Bytes()
		p.groups.Fold(b, lo, hi)
		grown += p.groups.Bytes()
		lo = hi
	}
	h.arrived += uint64(b.N)
	return h.grow(grown + h.shape.Bytes())
}

// judge leaves out the rows that belong to no window that still takes rows: without a time, beyond all time, or late.
func (h *Hop) judge(ctx context.Context, b *batch.Batch) (*batch.Batch, error) {
	c := &b.Cols[h.spec.Time]
	ts := batch.Values[types.Micros](c)
	limit := h.late.Limit(h.watermark)
	if c.Valid == nil && h.spec.Frame.Size >= h.spec.Frame.Slide && h.allGood(ts, limit) {
		return b, nil
	}
	good := h.good[:0]
	for i, t := range ts {
		if c.Null(i) || !h.spec.Frame.Contains(t) {
			if err := h.refuse(ctx, b, i); err != nil {
				return nil, err
			}
			continue
		}
		first, last := h.spec.Frame.Windows(t)
		if first > last {
			continue // in a gap between windows
		}
		if h.spec.Frame.End(first) <= limit {
			counts, err := h.late.Report(ctx, h.lateSink(), h.spec.View, h.relation(), h.watermark, b, i, t)
			if err != nil {
				return nil, err
			}
			if !counts {
				continue
			}
		}
		good = append(good, uint32(i))
	}
	h.good = good
	if len(good) == b.N {
		return b, nil
	}
	return b.Take(good), nil
}

// allGood says whether every row is in time and none is late, by their least and greatest time.
func (h *Hop) allGood(ts []types.Micros, limit types.Micros) bool {
	least, greatest := kernel.Bounds(ts)
	if !h.spec.Frame.Contains(least) || !h.spec.Frame.Contains(greatest) {
		return false
	}
	first, _ := h.spec.Frame.Windows(least)
	return h.spec.Frame.End(first) > limit
}

func (h *Hop) refuse(ctx context.Context, b *batch.Batch, row int) error {
	err := sqlerr.New(sqlerr.DatetimeFieldOverflow, "a row without a finite event time belongs to no window")
	if h.env.Bounded {
		return err
	}
	if h.env.DeadLetter != nil {
		h.env.DeadLetter(ctx, "window", err, b, row)
	}
	return nil
}

func (h *Hop) lateSink() LateSink {
	if h.spec.Late == nil {
		return &LateCount{}
	}
	return h.spec.Late
}

// Closing is what an operator that gives windows when they close waits for.
type Closing struct {
	Closes types.Micros // when the watermark reaches this, the next window closes; MaxTime: there is no window
	Marks  []Mark       // the least of them is that watermark
}

// Closing says what the Hop waits for; ok is false unless it is OnClose.
func (h *Hop) Closing() (c Closing, ok bool) {
	h.collected()
	c = Closing{Closes: types.MaxTime, Marks: h.spec.Marks}
	for _, p := range h.panes {
		first, last := h.spec.Frame.WindowsOfPane(p.start)
		for w := first; w <= last; w = h.spec.Frame.Next(w) {
			if end := h.spec.Frame.End(w); end > h.closed {
				c.Closes = min(c.Closes, end+min(h.spec.Allowed, types.MaxTime-end))
				break
			}
		}
	}
	return c, h.spec.OnClose
}

func (h *Hop) relation() uint32 {
	if len(h.spec.Marks) == 0 {
		return 0
	}
	return h.spec.Marks[0].Relation
}

// from gives the first window that a row at t, which is not late for all of its windows, counts in; MinTime if it is
// late for none.
func (h *Hop) from(t types.Micros) types.Micros {
	if !h.partly {
		return types.MinTime
	}
	first, last := h.late.Missed(t, h.watermark)
	if first > last {
		return types.MinTime
	}
	return h.spec.Frame.Next(last)
}

// paneOf finds or makes the pane of t for rows that count in windows from the given one on, writable in this epoch.
func (h *Hop) paneOf(t, from types.Micros) (*pane, error) {
	if h.last == nil || h.last.from != from || uint64(t-h.last.start) >= h.last.size {
		start := h.spec.Frame.PaneStart(t)
		at, found := h.find(start, from)
		if !found {
			h.panes = slices.Insert(h.panes, at, h.newPane(start, from))
		}
		h.last = h.panes[at]
	}
	h.last.used = h.epoch
	if err := h.warm(h.last); err != nil {
		return nil, err
	}
	h.last.groups.Pages.SetEpoch(h.epoch)
	return h.last, nil
}

// find gives the place of a pane among the others, and whether it is there.
func (h *Hop) find(start, from types.Micros) (at int, found bool) {
	return slices.BinarySearchFunc(h.panes, start, func(p *pane, s types.Micros) int { return order(p, s, from) })
}

// order says whether p comes before the pane of start and from, is it, or comes after it.
func order(p *pane, start, from types.Micros) int {
	return cmp.Or(cmp.Compare(p.start, start), cmp.Compare(p.from, from))
}

func (h *Hop) newPane(start, from types.Micros) *pane {
	p := &pane{start: start, size: uint64(h.spec.Frame.PaneEnd(start) - start), from: from, groups: h.newGroups()}
	p.groups.Track = h.tracks()
	if h.listening {
		p.old = p.groups.Freeze()
	}
	return p
}

// tracks says whether it matters which groups an epoch touched.
func (h *Hop) tracks() bool { return !h.env.Bounded && (!h.spec.AppendOnly || h.listening) }

// Advance moves time: windows close, changes leave.
func (h *Hop) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil && !h.env.Bounded {
		h.epoch = p.Epoch.No
	}
	switch {
	case h.env.Bounded:
		if p.End {
			err := h.out.windows(ctx, h.freeze(), types.MinTime, types.MaxTime, h.next, p.Epoch)
			if err != nil && !errors.Is(err, stream.ErrStop) {
				return err
			}
		}
	case h.spec.OnClose:
		if err := h.close(ctx, p); err != nil {
			return err
		}
	default:
		if err := h.settle(ctx, p.Epoch); err != nil {
			return err
		}
	}
	if !p.End {
		h.watermark = max(h.watermark, leastOf(h.spec.Marks, p.Watermarks))
		if err := h.drop(h.gone()); err != nil {
			return err
		}
	}
	if err := h.relieve(); err != nil {
		return err
	}
	return h.next.Advance(ctx, p)
}

// close gives the windows that the watermark has passed, and drops the panes that no later window needs.
func (h *Hop) close(ctx context.Context, p stream.Progress) error {
	limit := types.MaxTime
	if !p.End {
		limit = h.late.Limit(max(h.watermark, leastOf(h.spec.Marks, p.Watermarks)))
	}
	if limit > h.closed {
		if err := h.collectDue(limit); err != nil {
			return err
		}
		err := h.out.windows(ctx, h.freeze(), h.closed, limit, h.next, p.Epoch)
		if err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
		h.closed = limit
	}
	if err := h.drop(limit); err != nil {
		return err
	}
	return h.meter.Set(h.Bytes())
}

// gone is the end of windows that are not shown any more: those that end then or before. MinTime: all are.
func (h *Hop) gone() types.Micros {
	if h.spec.Keep == 0 || h.env.Bounded {
		return types.MinTime
	}
	return h.watermark.Sub(h.spec.Keep)
}

// drop forgets the panes that only windows need which end at limit or before.
func (h *Hop) drop(limit types.Micros) error {
	if limit == types.MinTime {
		return nil
	}
	if err := h.collectDue(limit); err != nil {
		return err
	}
	horizon := h.spec.Frame.Horizon(0, limit)
	h.dropLanes(horizon)
	n := slices.IndexFunc(h.panes, func(p *pane) bool { return p.start >= horizon })
	if n == 0 || len(h.panes) == 0 {
		return nil
	}
	if n < 0 {
		n = len(h.panes)
	}
	h.panes = slices.Delete(h.panes, 0, n)
	h.last = nil
	if err := h.forget(); err != nil {
		return err
	}
	return h.meter.Set(h.Bytes())
}

// forgetAfter is how many strings must have come since the last time before it pays to look for those nobody needs.
const forgetAfter = 4096

// forget leaves behind the strings of panes that are gone, by moving the other panes, value by value, to a shape that
// knows no others. It comes when the strings have doubled, so it costs no more than they did. What readers have pinned
// keeps the old shape.
func (h *Hop) forget() error {
	if h.shape.Strings.Len() < 2*h.weighed+forgetAfter {
		return nil
	}
	shape, err := h.newShape()
	if err != nil {
		return err
	}
	for _, p := range h.panes {
		if p.cold != nil {
			continue
		}
		f, groups := p.groups.Look(), op.NewGroups(shape)
		groups.Track = p.groups.Track
		groups.Pages.SetEpoch(h.epoch)
		if err := copyGroups(groups, f); err != nil {
			return err
		}
		p.groups = groups
		if h.listening {
			p.old = groups.Freeze()
		}
	}
	h.shape, h.weighed = shape, shape.Strings.Len()
	return nil
}

// Close gives the memory back and closes the next Sink.
func (h *Hop) Close() error {
	h.meter.Close()
	return h.next.Close()
}
