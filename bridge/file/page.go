package file

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// pageVersion is of the one page that an output has in a checkpoint:
//
//	version, epoch, files, rows, bytes, failed, segments {first, last, rows, length, bytes}
//
// each number as a uvarint; failed is a text with its length before it, empty if it has not.
const pageVersion = 1

var (
	pageKey    = []byte("output")
	errDamaged = errors.New("an output's page of the checkpoint is damaged")
)

// Pin ends the open segment, so that all that the checkpoint stands for can be written into files.
func (o *Output) Pin() state.Pin {
	if !o.failed.Load() {
		o.cut()
	}
	return &pin{o: o, epoch: o.epoch}
}

// pin is an output at an epoch.
type pin struct {
	o     *Output
	epoch uint64
}

// Epoch is the number of the epoch.
func (p *pin) Epoch() uint64 { return p.epoch }

// Rows gives none: what an output has taken is not its to give.
func (p *pin) Rows(context.Context, stream.Sink) error { return nil }

// Release has nothing to do.
func (p *pin) Release() {}

// Pages writes what waits into files, and gives a page with what could not be written.
func (p *pin) Pages(visit func(state.Page) error) error {
	_ = p.o.seal() // Status has the error; the page has the rows
	return visit(state.Page{Key: pageKey, Stamp: p.epoch, Encode: p.encode})
}

func (p *pin) encode(dst []byte) ([]byte, error) {
	o := p.o
	o.mu.Lock()
	defer o.mu.Unlock()
	failed := ""
	if o.failed.Load() && o.status.Err != nil {
		failed = o.status.Err.Error()
	}
	dst = append(dst, pageVersion)
	for _, n := range []uint64{o.status.Epoch, uint64(o.status.Files), uint64(o.status.Rows), uint64(o.status.Bytes), uint64(len(failed))} {
		dst = binary.AppendUvarint(dst, n)
	}
	dst = append(dst, failed...)
	for _, s := range o.waiting {
		if s.last > p.epoch {
			break
		}
		for _, n := range []uint64{s.first, s.last, uint64(s.rows), uint64(len(s.buf))} {
			dst = binary.AppendUvarint(dst, n)
		}
		dst = append(dst, s.buf...)
	}
	return dst, nil
}

// LoadPage takes in what a checkpoint knows. What has got into files since then is left out.
func (o *Output) LoadPage(_, data []byte) error {
	d := state.Decoder{Data: data}
	if d.Byte() != pageVersion {
		return errDamaged
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	known := tally{Epoch: d.Uint(), Files: int64(d.Uint()), Rows: int64(d.Uint()), Bytes: int64(d.Uint())}
	if known.Epoch > o.status.Epoch { // the folder has forgotten
		o.status.tally = known
	}
	if failed := d.Bytes(d.Uint()); len(failed) > 0 {
		o.failed.Store(true)
		o.status.Err = errors.New(string(failed))
	}
	for len(d.Data) > 0 && !d.Bad {
		s := &segment{first: d.Uint(), last: d.Uint(), rows: int64(d.Uint())}
		s.buf = append([]byte(nil), d.Bytes(d.Uint())...)
		if s.last > o.status.Epoch {
			o.waiting = append(o.waiting, s)
		}
	}
	if d.Bad {
		return errDamaged
	}
	return nil
}

// Loaded says where the output stands.
func (o *Output) Loaded(p stream.Progress) error {
	o.epoch = p.Epoch.No
	return nil
}
