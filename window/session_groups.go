package window

import (
	"context"
	"errors"
	"slices"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	keying "github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// SessionGroupsSpec says what a SessionGroups computes. What partitions the sessions are the keys that are no bounds.
// Equal values of their types have one spelling.
type SessionGroupsSpec struct {
	Input batch.Schema
	Time  int // column of the event time, never null
	Gap   types.Micros
	Keys  []HopKey
	Calls []agg.Call
}

// Schema is the columns of the result: the keys, then the calls.
func (s *SessionGroupsSpec) Schema() batch.Schema {
	h := HopSpec{Input: s.Input, Time: s.Time, Keys: s.Keys, Calls: s.Calls}
	return h.Schema()
}

// SessionGroups is an aggregation by session over rows that are never taken back: one group a session, open ones
// included. A row is folded once, into the session that it lies in or begins, and no row is kept; a row that joins two
// sessions makes their groups one.
//
//	gap 3        1  2     4        9  10               6
//	             ├──┴─────┴─────┤  ├──┴─────┤    ->    ├─ ...: [1, 13), the sum of both
//
// A group's row has the times of its first and last row, as the least and the greatest time that it has folded.
type SessionGroups struct {
	spec  SessionGroupsSpec
	next  stream.Sink
	times finite
	shape *op.Shape
	// groups are by the sessions' keys and the time of the row that began them, which no other session of the keys has.
	groups     *op.Groups
	keys       *keying.Keys // of the partitions, in the strings of shape
	cols       []int        // of keys
	partitions *keying.Table
	spans      *op.Spans
	bound      int // the call of shape that is the least time; the greatest is the next one

	listening bool
	old       op.Frozen // as of the last Advance, while listening
	epoch     uint64
	meter     *op.Meter
	out       *sessionOut

	partition, group, touched []uint32 // scratch
	fresh                     []int
	key                       []uint64
}

// NewSessionGroups makes a SessionGroups. It fails with 0A000 for keys that cannot be grouped. Rows whose time is infinite, or
// so far away that its session has no end, are dead letters. Its state is reserved from env's budget: past that it fails with 53200.
func NewSessionGroups(spec SessionGroupsSpec, env *op.Env, next stream.Sink) (*SessionGroups, error) {
	s := &SessionGroups{
		spec: spec, next: next, times: finite{col: spec.Time, gap: spec.Gap, env: env}, spans: op.NewSpans(spec.Gap),
		bound: len(spec.Calls), meter: op.NewMeter(env, "session"),
	}
	var ts []types.Type
	for _, k := range spec.Keys {
		if k.Column >= 0 {
			s.cols, ts = append(s.cols, k.Column), append(ts, spec.Input[k.Column].Type)
		}
	}
	calls := slices.Clone(spec.Calls)
	for _, name := range []string{"min", "max"} {
		f, err := agg.Resolve(name, []types.Type{spec.Input[spec.Time].Type}, false)
		if err != nil {
			return nil, err
		}
		calls = append(calls, agg.Call{Func: f, Column: spec.Time, Filter: -1})
	}
	var err error
	if s.shape, err = op.NewShape(spec.Input, append(slices.Clone(s.cols), spec.Time), calls, true, op.FirstSpelling); err != nil {
		return nil, err
	}
	if s.keys, err = keying.NewKeys(s.shape.Strings, ts); err != nil {
		return nil, err
	}
	s.groups, s.partitions = op.NewGroups(s.shape), keying.NewTable(s.keys)
	s.out = newSessionOut(s)
	if len(s.cols) == 0 {
		s.spans.New()
	}
	return s, nil
}

// SetNext sets where changes go.
func (s *SessionGroups) SetNext(next stream.Sink) { s.next = next }

// Bytes is the memory of the state.
func (s *SessionGroups) Bytes() int64 {
	return s.groups.Bytes() + s.shape.Bytes() + s.keys.Bytes() + s.partitions.Bytes() + s.spans.Bytes()
}

// Len is the number of sessions.
func (s *SessionGroups) Len() int { return s.groups.Pages.Used() }

// Push folds rows into their sessions.
func (s *SessionGroups) Push(ctx context.Context, b *batch.Batch) error {
	if b = s.times.only(ctx, b); b.N == 0 {
		return nil
	}
	if b.Epoch != nil && b.Epoch.No > s.groups.Pages.Epoch() {
		s.groups.SetEpoch(b.Epoch.No)
	}
	for len(s.partition) < b.N {
		s.partition, s.group = append(s.partition, 0), append(s.group, 0)
	}
	if len(s.cols) > 0 {
		s.keys.Read(b, s.cols)
		s.fresh = s.partitions.Lookup(s.keys, 0, b.N, s.partition, s.fresh[:0], s.spans.New)
	}
	s.place(b)
	return s.meter.Set(s.Bytes())
}

// place finds the session of each row, and folds rows into their groups. Before two groups become one, the rows that
// have found theirs are folded.
func (s *SessionGroups) place(b *batch.Batch) {
	ts := batch.Values[types.Micros](&b.Cols[s.spec.Time])[:b.N]
	lo := 0 // the first row that is not folded
	for r := 0; r < b.N; r++ {
		if r += s.spans.Run(s.partition[r:b.N], ts[r:], s.group[r:]); r == b.N {
			break
		}
		g, gone, both := s.spans.Place(s.partition[r], ts[r], func() uint32 { return s.groups.Add(s.keyOf(r, ts[r])) })
		if both {
			s.groups.FoldInto(b, lo, r, s.group)
			s.groups.Merge(g, gone)
			lo = r
		}
		s.group[r] = g
	}
	s.groups.FoldInto(b, lo, b.N, s.group)
}

// keyOf gives the key of a group that row r at t begins, as op.Groups takes it.
func (s *SessionGroups) keyOf(r int, t types.Micros) []uint64 {
	s.key = s.key[:0]
	for k := range s.cols {
		s.key = append(s.key, s.keys.Words(k)[r])
	}
	nulls := uint64(0)
	if len(s.cols) > 0 && !s.keys.Packed() {
		nulls = s.keys.Nulls()[r]
	}
	s.key = append(s.key, uint64(t), nulls)
	return s.key
}

// Advance sends the epoch's changes to who listens.
func (s *SessionGroups) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		s.epoch = p.Epoch.No
	}
	if s.listening {
		s.touched = s.groups.TakeTouched(s.touched)
		now := s.groups.Freeze()
		if err := s.out.changes(ctx, s.old, now, s.touched, s.next, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
		s.old = now
	}
	return s.next.Advance(ctx, p)
}

// Listen switches the sending of changes on or off, between two epochs.
func (s *SessionGroups) Listen(on bool) {
	if on == s.listening {
		return
	}
	s.listening, s.groups.Track, s.old = on, on, op.Frozen{}
	if on {
		s.touched = s.groups.TakeTouched(s.touched)
		s.old = s.groups.Freeze()
	}
}

// Close gives the memory back and closes the next Sink.
func (s *SessionGroups) Close() error {
	s.meter.Close()
	return s.next.Close()
}

// Pin holds the sessions as of the last Advance.
func (s *SessionGroups) Pin() state.Pin {
	return &sessionGroupsPin{s: s, f: s.groups.Freeze(), epoch: s.epoch}
}

type sessionGroupsPin struct {
	s     *SessionGroups
	f     op.Frozen
	epoch uint64
}

func (p *sessionGroupsPin) Epoch() uint64 { return p.epoch }

func (p *sessionGroupsPin) Rows(ctx context.Context, to stream.Sink) error {
	err := newSessionOut(p.s).all(ctx, p.f, to)
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

func (p *sessionGroupsPin) Pages(visit func(state.Page) error) error { return p.f.Pages(nil, visit) }

func (p *sessionGroupsPin) Release() { p.f = op.Frozen{} }

// PagesSince is the format of checkpoints from which on its pages are as they are.
func (s *SessionGroups) PagesSince() byte { return s.shape.PagesSince() }

// LoadPage takes in a page of a checkpoint.
func (s *SessionGroups) LoadPage(_, data []byte) error { return s.groups.LoadPage(data) }

// Loaded ends the loading: partitions and spans are found again in the groups.
func (s *SessionGroups) Loaded(p stream.Progress) error {
	s.epoch = p.Epoch.No
	s.groups.SetEpoch(s.epoch)
	f := s.groups.Freeze()
	for r := range uint32(f.View.Len()) {
		if !f.Live(r) {
			continue
		}
		first, last := s.bounds(f.View.Row(r))
		s.spans.Load(s.partitionOf(s.groups.Key(r)), op.Span{First: first, Last: last, Group: r})
	}
	if s.listening {
		s.old = f // what was loaded is known to who listens
	}
	return s.meter.Set(s.Bytes())
}

// partitionOf finds or makes the partition of a group's key.
func (s *SessionGroups) partitionOf(key []uint64) uint32 {
	n := len(s.cols)
	if n == 0 {
		return 0
	}
	s.key = append(s.key[:0], key[:n]...)
	if !s.keys.Packed() {
		s.key = append(s.key, key[n+1])
	}
	p, ok := s.partitions.Find(s.key)
	if !ok {
		p = s.spans.New()
		s.partitions.Insert(p, s.key)
	}
	return p
}

// bounds gives the times of the first and the last row of a group.
func (s *SessionGroups) bounds(row []uint64) (first, last types.Micros) {
	a, _ := s.shape.Layout.Words(s.bound)
	b, _ := s.shape.Layout.Words(s.bound + 1)
	return types.Micros(agg.IntOf(row[a+1])), types.Micros(agg.IntOf(row[b+1]))
}
