package window

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Pin holds the open sessions, and the floors, as of the last Advance.
func (e *EndingGroups) Pin() state.Pin {
	return &endingPin{sessionGroupsPin{s: e.SessionGroups, f: e.groups.Freeze(), epoch: e.epoch}, e.parts.View()}
}

type endingPin struct {
	sessionGroupsPin
	parts *state.View
}

// Pages gives the groups of open sessions as SessionGroups has them, and the partitions that have a floor as blocks of the codec: the
// columns of the key, and the floor.
func (p *endingPin) Pages(visit func(state.Page) error) error {
	if err := p.f.Pages([]byte{rowsPage}, visit); err != nil {
		return err
	}
	for no := range p.parts.Pages() {
		err := visit(state.Page{
			Key:   binary.BigEndian.AppendUint32([]byte{floorPage}, uint32(no)),
			Stamp: p.parts.Stamp(no),
			Encode: func(dst []byte) ([]byte, error) {
				return codec.EncodeBlock(dst, p.s.floorsOf(p.parts, no, p.f))
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *endingPin) Release() { p.f, p.parts = op.Frozen{}, nil }

// floorsOf gives the partitions of a page that have a floor as rows.
func (s *SessionGroups) floorsOf(parts *state.View, no int, f op.Frozen) *batch.Batch {
	cols, n := make([]*batch.Builder, len(s.cols)), 0
	for k, c := range s.cols {
		cols[k] = batch.NewBuilder(s.spec.Input[c].Type, 64)
	}
	at := batch.NewBuilder(types.Timestamptz, 64)
	lo := uint32(no * state.PageRows)
	for p := lo; p < min(lo+state.PageRows, uint32(parts.Len())); p++ {
		row := parts.Row(p)
		floor := row[len(cols)+1]
		if floor == 0 {
			continue
		}
		for k := range cols {
			s.keys.Append(cols[k], k, row[k], row[len(cols)]>>k&1 != 0, f.Strings)
		}
		batch.Put(at, types.Micros(floor^floorBit))
		n++
	}
	b := &batch.Batch{N: n}
	for _, c := range append(cols, at) {
		b.Cols = append(b.Cols, c.Finish())
	}
	return b
}

// PagesSince is the first format of checkpoints with groups in place of rows.
func (e *EndingGroups) PagesSince() byte { return 4 }

// LoadPage takes in a page of a checkpoint.
func (e *EndingGroups) LoadPage(key, data []byte) error {
	switch {
	case len(key) == 5 && key[0] == rowsPage:
		return e.groups.LoadPage(data)
	case len(key) == 5 && key[0] == floorPage:
		b, err := codec.DecodeBlock(data, nil)
		if err == nil && len(b.Cols) == len(e.cols)+1 {
			return e.loadFloors(b)
		}
	}
	return sqlerr.New(sqlerr.DataCorrupted, "a page of a session's checkpoint, with a key of %d bytes, is damaged", len(key))
}

func (e *EndingGroups) loadFloors(b *batch.Batch) error {
	n := len(e.cols)
	places := make([]int, n)
	for k, c := range e.cols {
		places[k], b.Cols[k].Type = k, e.spec.Input[c].Type
	}
	for len(e.partition) < b.N {
		e.partition, e.group = append(e.partition, 0), append(e.group, 0)
	}
	if n > 0 {
		e.keys.Read(b, places)
		e.fresh = e.partitions.Lookup(e.keys, 0, b.N, e.partition, e.fresh[:0], e.newPartition)
		e.writeKeys()
	}
	b.Cols[n].Type = types.Timestamptz
	for i, floor := range batch.Values[types.Micros](&b.Cols[n]) {
		e.setFloor(e.partition[i], floor)
	}
	return nil
}

// Loaded ends the loading: partitions, spans and alarms are found again in the groups and floors.
func (e *EndingGroups) Loaded(p stream.Progress) error {
	e.watermark = max(e.watermark, leastOf(e.close.Marks, p.Watermarks))
	return e.loaded(p.Epoch.No)
}

func (e *EndingGroups) loaded(epoch uint64) error {
	e.epoch = epoch
	e.setEpoch(epoch)
	f := e.groups.Look()
	var open []uint32
	for r := range uint32(f.View.Len()) {
		if !f.Live(r) {
			continue
		}
		first, last := e.bounds(f.View.Row(r))
		p := e.partitionFor(e.groups.Key(r))
		e.spans.Load(p, op.Span{First: first, Last: last, Group: r})
		open = append(open, p)
	}
	for _, p := range open {
		x, _ := e.spans.First(p)
		e.schedule(p, x.Last+e.spec.Gap)
	}
	e.spans.Settle(open)
	return e.meter.Set(e.Bytes())
}

// partitionFor finds or makes the partition of a group's key.
func (e *EndingGroups) partitionFor(key []uint64) uint32 {
	n := len(e.cols)
	if n == 0 {
		return 0
	}
	e.key = append(e.key[:0], key[:n]...)
	nulls := uint64(0)
	if !e.keys.Packed() {
		nulls = key[n+1]
		e.key = append(e.key, nulls)
	}
	p, ok := e.partitions.Find(e.key)
	if !ok {
		p = e.newPartition()
		e.partitions.Insert(p, e.key)
		e.addr = e.parts.Touch([]uint32{p}, e.addr)
		row := e.parts.Row(p)
		copy(row, e.key[:n])
		row[n] = nulls
	}
	return p
}

// forgetStrings leaves behind the strings of sessions that are gone, by moving the others, value by value, to groups that know
// no others. It comes when the strings have doubled, so it costs no more than they did. What readers have pinned keeps the
// old ones.
func (e *EndingGroups) forgetStrings() error {
	if e.shape.Strings.Len() < 2*e.weighed+forgetAfter {
		return nil
	}
	fresh, _, err := NewEndingGroups(e.spec, e.close, e.env, e.next)
	if err != nil {
		return err
	}
	fresh.watermark = e.watermark
	fresh.setEpoch(e.epoch)
	was := &endingPin{sessionGroupsPin{s: e.SessionGroups, f: e.groups.Look()}, e.parts.Look()}
	var data []byte
	err = was.Pages(func(p state.Page) (err error) {
		if data, err = p.Encode(data[:0]); err != nil {
			return err
		}
		return fresh.LoadPage(p.Key, data)
	})
	if err != nil {
		return err
	}
	fresh.meter, e.meter = e.meter, fresh.meter
	e.meter.Close()
	fresh.times, fresh.weighed = e.times, fresh.shape.Strings.Len()
	*e = *fresh
	return e.loaded(e.epoch)
}
