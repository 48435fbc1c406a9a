package op

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/value"
)

// shown makes batches of records.
type shown struct {
	numbered bool // the rows' numbers stand before their values
	Outgoing
}

func newShown(s batch.Schema, numbered bool) *shown {
	o := &shown{numbered: numbered, Outgoing: NewOutgoing(s)}
	return o
}

// add appends a record's row with its weight, and pushes what has gathered if it is a batch.
func (o *shown) add(ctx context.Context, to stream.Sink, ep *batch.Epoch, e weighted) error {
	at := binary.BigEndian.Uint32([]byte(e.record[len(e.record)-4:]))
	if o.numbered {
		at += 8
	}
	raw := []byte(e.record[at:])
	for _, b := range o.Cols {
		raw = value.TakeRaw(b, raw)
	}
	if o.Diff = append(o.Diff, e.n); !o.Full() {
		return nil
	}
	return o.Flush(ctx, to, ep)
}

// contents pushes the first rows of every group to to.
func (t *Top) contents(ctx context.Context, s sorted, to stream.Sink, ep *batch.Epoch) error {
	out := newShown(t.spec.Input, t.env.Bounded)
	at, ok := "", len(s.dir) > 0
	for ok {
		group := groupFrom(s, at)
		var rows []weighted
		t.first(s, group, func(r string, n int64) { rows = append(rows, weighted{r, n}) })
		for _, e := range rows {
			if err := out.add(ctx, to, ep, e); err != nil {
				return err
			}
		}
		if at, ok = after(s, group); t.spec.Prefix == 0 {
			break
		}
	}
	return out.Flush(ctx, to, ep)
}

// groupFrom is the group of the first record that is not less than at.
func groupFrom(s sorted, at string) (group string) {
	s.from(at, func(e weighted) bool {
		group = groupPart(e.record)
		return false
	})
	return group
}

// behind gives the least string that is greater than all records of a group; "" if there is none.
func behind(group string) string {
	end := []byte(group)
	for len(end) > 0 && end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	if len(end) > 0 {
		end[len(end)-1]++
	}
	return string(end)
}

// after gives the first record behind a group.
func after(s sorted, group string) (next string, ok bool) {
	end := behind(group)
	if end == "" {
		return "", false
	}
	s.from(end, func(e weighted) bool {
		next, ok = e.record, true
		return false
	})
	return next, ok
}

// Pin holds the rows as of the last Advance.
func (t *Top) Pin() state.Pin { return &topPin{t: t, s: t.rows.view(), epoch: t.epoch} }

type topPin struct {
	t     *Top
	s     sorted
	epoch uint64
}

func (p *topPin) Epoch() uint64 { return p.epoch }

func (p *topPin) Rows(ctx context.Context, to stream.Sink) error {
	err := p.t.contents(ctx, p.s, to, nil)
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

func (p *topPin) Pages(visit func(state.Page) error) error { return p.s.pages(visit) }

func (p *topPin) Release() { p.s = sorted{} }

// LoadPage takes in a page of a checkpoint.
func (t *Top) LoadPage(key, data []byte) error { return t.rows.load(key, data) }

// Loaded ends the loading.
func (t *Top) Loaded(p stream.Progress) error {
	t.epoch, t.rows.epoch = p.Epoch.No, p.Epoch.No
	t.rows.renumber()
	if t.listening {
		t.old = t.rows.view() // what was loaded is known to who listens
	}
	return t.meter.Set(t.rows.bytes)
}
