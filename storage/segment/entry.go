package segment

import (
	"encoding/binary"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// place is a block's header and where its record lies.
type place struct {
	header epoch.Block
	ref    epoch.Ref // Len is that of the data alone
	in     int       // where it begins in the pack that lies at ref; alone: it is a record. Set by a reader
}

const (
	epochLen = 48
	markLen  = 16
	placeLen = 64
	statsLen = 4
)

// beginLen is how long the body of an epoch's begin record is.
func beginLen(e *epoch.Entry, version uint32) int {
	n := epochLen + len(e.Marks)*markLen + (len(e.Blocks)+len(e.Staged))*placeLen + len(e.Meta)
	if version >= withStats {
		for i := range e.Blocks {
			n += statsLen + len(e.Blocks[i].Stats)
		}
		for i := range e.Staged {
			n += statsLen + len(e.Staged[i].Header.Stats)
		}
	}
	return n
}

// appendBegin appends the body of a begin record: the epoch, its marks and meta, and the place of every block and what is
// said of its columns.
func appendBegin(d []byte, e *epoch.Entry, places []place, version uint32) []byte {
	le := binary.LittleEndian
	d = le.AppendUint64(d, e.Epoch.No)
	d = le.AppendUint64(d, uint64(e.Epoch.Time))
	d = le.AppendUint64(d, e.Epoch.Catalog)
	d = le.AppendUint64(d, e.Epoch.Triggers)
	d = le.AppendUint32(d, e.Epoch.Origin)
	d = le.AppendUint32(d, uint32(len(e.Marks)))
	d = le.AppendUint32(d, uint32(len(places)))
	d = le.AppendUint32(d, uint32(len(e.Meta)))
	for _, m := range e.Marks {
		d = le.AppendUint64(d, uint64(m.At))
		d = le.AppendUint32(d, m.Relation)
		idle := uint32(0)
		if m.Idle {
			idle = 1
		}
		d = le.AppendUint32(d, idle)
	}
	for i := range places {
		h, ref := &places[i].header, places[i].ref
		d = le.AppendUint32(d, h.Relation)
		d = le.AppendUint32(d, h.Lane)
		d = le.AppendUint32(d, h.Rows)
		d = le.AppendUint32(d, h.Seq0)
		d = le.AppendUint64(d, uint64(h.Offset0))
		d = le.AppendUint64(d, uint64(h.MinTime))
		d = le.AppendUint64(d, uint64(h.MaxTime))
		d = le.AppendUint64(d, ref.Segment)
		d = le.AppendUint64(d, uint64(ref.Offset))
		d = le.AppendUint64(d, uint64(ref.Len))
	}
	if version >= withStats {
		for i := range places {
			d = le.AppendUint32(d, uint32(len(places[i].header.Stats)))
		}
		for i := range places {
			d = append(d, places[i].header.Stats...)
		}
	}
	return append(d, e.Meta...)
}

var errBegin = errors.New("the lengths in an epoch's begin do not fit")

// parseBegin is the reverse of appendBegin. places is reused; the entry's Meta and the blocks' Stats lie in d.
func parseBegin(d []byte, places []place, version uint32) (epoch.Entry, []place, error) {
	le := binary.LittleEndian
	if len(d) < epochLen {
		return epoch.Entry{}, nil, errBegin
	}
	e := epoch.Entry{Epoch: batch.Epoch{
		No: le.Uint64(d), Time: types.Micros(le.Uint64(d[8:])), Catalog: le.Uint64(d[16:]), Triggers: le.Uint64(d[24:]),
		Origin: le.Uint32(d[32:]),
	}}
	marks, blocks, meta := int(le.Uint32(d[36:])), int(le.Uint32(d[40:])), int(le.Uint32(d[44:]))
	d = d[epochLen:]
	each := placeLen
	if version >= withStats {
		each += statsLen
	}
	if len(d) < marks*markLen+blocks*each+meta {
		return epoch.Entry{}, nil, errBegin
	}
	if marks > 0 {
		e.Marks = make(stream.Watermarks, marks)
	}
	for i := range e.Marks {
		e.Marks[i] = stream.Mark{At: types.Micros(le.Uint64(d)), Relation: le.Uint32(d[8:]), Idle: le.Uint32(d[12:]) != 0}
		d = d[markLen:]
	}
	places = places[:0]
	for range blocks {
		places = append(places, place{
			header: epoch.Block{
				Relation: le.Uint32(d), Lane: le.Uint32(d[4:]), Rows: le.Uint32(d[8:]), Seq0: le.Uint32(d[12:]),
				Offset0: int64(le.Uint64(d[16:])), MinTime: types.Micros(le.Uint64(d[24:])), MaxTime: types.Micros(le.Uint64(d[32:])),
			},
			ref: epoch.Ref{Segment: le.Uint64(d[40:]), Offset: int64(le.Uint64(d[48:])), Len: int64(le.Uint64(d[56:]))},
		})
		d = d[placeLen:]
	}
	if version >= withStats {
		var ok bool
		if d, ok = takeStats(d, places); !ok {
			return epoch.Entry{}, nil, errBegin
		}
	}
	if len(d) != meta {
		return epoch.Entry{}, nil, errBegin
	}
	if meta > 0 {
		e.Meta = d
	}
	return e, places, nil
}

// takeStats gives the blocks their statistics, and what lies behind them. d has the lengths whole.
func takeStats(d []byte, places []place) (rest []byte, ok bool) {
	lens, d := d, d[len(places)*statsLen:]
	for i := range places {
		n := binary.LittleEndian.Uint32(lens[i*statsLen:])
		if uint64(n) > uint64(len(d)) {
			return nil, false
		}
		if n > 0 {
			places[i].header.Stats = d[:n:n]
		}
		d = d[n:]
	}
	return d, true
}
