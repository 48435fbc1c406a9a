package bridge

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/vexfs/vexstream/engine/types"
)

// contextSeed is fixed, so that a hash can be compared across processes and machines.
const contextSeed = 0x76657873_74726d31

// contextFields are the numbers that the context hash covers.
const contextFields = HasPID | HasTID | HasUID | HasGID | HasDevice | HasInode | HasSizeBytes | HasResult

// ContextHash is the xxh3 of who did what to which file when. The layout is fixed, 80 bytes, little-endian: event
// time, which numbers are known, pid, tid, uid, gid, result, device, inode, bytes moved, then the xxh3 of the event
// type, of the path and of the target path. What is not known is zero.
func (e *Event) ContextHash() uint64 {
	has := e.Has & contextFields
	w := [80]byte{}
	le := binary.LittleEndian
	le.PutUint64(w[0:], uint64(e.TS))
	le.PutUint32(w[8:], uint32(has))
	if has&HasPID != 0 {
		le.PutUint32(w[12:], uint32(e.PID))
	}
	if has&HasTID != 0 {
		le.PutUint32(w[16:], uint32(e.TID))
	}
	if has&HasUID != 0 {
		le.PutUint32(w[20:], uint32(e.UID))
	}
	if has&HasGID != 0 {
		le.PutUint32(w[24:], uint32(e.GID))
	}
	if has&HasResult != 0 {
		le.PutUint32(w[28:], uint32(e.Result))
	}
	if has&HasDevice != 0 {
		le.PutUint64(w[32:], uint64(e.Device))
	}
	if has&HasInode != 0 {
		le.PutUint64(w[40:], uint64(e.Inode))
	}
	if has&HasSizeBytes != 0 {
		le.PutUint64(w[48:], uint64(e.SizeBytes))
	}
	le.PutUint64(w[56:], xxh3.HashString(e.Type))
	le.PutUint64(w[64:], xxh3.HashString(e.Path))
	if e.Target != "" {
		le.PutUint64(w[72:], xxh3.HashString(e.Target))
	}
	return xxh3.HashSeed(w[:], contextSeed)
}

// Seal notes the context hash of e as it is now, at its origin: Append compares what the row holds against it. A
// source calls it when it has decoded and completed a record.
func (e *Event) Seal() {
	e.Context = e.ContextHash()
	e.Has |= HasContext
}

// readBack is the part of row n that the context hash covers, as the columns hold it.
func (r *rows) readBack(n int, e *Event) {
	*e = Event{}
	ts, _ := r.cols[ColTS].last64(n)
	e.TS = types.Micros(ts)
	e.Type = r.cols[ColEventType].lastString(n)
	e.Path = r.cols[ColFilePath].lastString(n)
	e.Target = r.cols[ColTargetPath].lastString(n)
	r.back32(ColProcessID, n, &e.PID, e, HasPID)
	r.back32(ColThreadID, n, &e.TID, e, HasTID)
	r.back32(ColUID, n, &e.UID, e, HasUID)
	r.back32(ColGID, n, &e.GID, e, HasGID)
	r.back32(ColResult, n, &e.Result, e, HasResult)
	r.back64(ColDevice, n, &e.Device, e, HasDevice)
	r.back64(ColInode, n, &e.Inode, e, HasInode)
	r.back64(ColSizeBytes, n, &e.SizeBytes, e, HasSizeBytes)
}

func (r *rows) back32(col, n int, to *int32, e *Event, bit Has) {
	if v, ok := r.cols[col].last32(n); ok {
		*to = v
		e.Has |= bit
	}
}

func (r *rows) back64(col, n int, to *int64, e *Event, bit Has) {
	if v, ok := r.cols[col].last64(n); ok {
		*to = v
		e.Has |= bit
	}
}
