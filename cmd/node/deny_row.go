package node

import (
	"syscall"
	"unsafe"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
)

// accessRow is an access as a row of events, of which most is not known. It is filled anew for each.
type accessRow struct {
	b       batch.Batch
	offsets [bridge.NumColumns][2]int32
	numbers [bridge.NumColumns]int32
}

// unknownYet are the columns that take time to find out.
var unknownYet = [...]int{bridge.ColUID, bridge.ColGID, bridge.ColProcessID, bridge.ColParentProcessID, bridge.ColProcessName, bridge.ColContainerID}

// nulls is a column without a value, of each type of the schema.
var nulls = func() (out [bridge.NumColumns]batch.Column) {
	for i, f := range bridge.Schema {
		b := batch.NewBuilder(f.Type, 1)
		b.Null()
		out[i] = b.Finish()
	}
	return out
}()

func newAccessRow() *accessRow {
	r := &accessRow{b: batch.Batch{N: 1, Cols: make([]batch.Column, bridge.NumColumns)}}
	copy(r.b.Cols, nulls[:])
	return r
}

func (r *accessRow) unknown() {
	for _, c := range unknownYet {
		r.b.Cols[c] = nulls[c]
	}
}

func (r *accessRow) path(p string) { r.text(bridge.ColFilePath, p) }

// text borrows s until the next row.
func (r *accessRow) text(col int, s string) {
	if s == "" {
		r.b.Cols[col] = nulls[col]
		return
	}
	r.offsets[col][1] = int32(len(s))
	r.b.Cols[col] = batch.BytesOf(bridge.Schema[col].Type, r.offsets[col][:], unsafe.Slice(unsafe.StringData(s), len(s)), nil)
}

func (r *accessRow) number(col int, n int32) {
	r.numbers[col] = n
	r.b.Cols[col] = batch.FixedOf(bridge.Schema[col].Type, r.numbers[col:col+1], nil)
}

func (r *accessRow) who(a *bridge.Access) {
	r.number(bridge.ColUID, a.UID)
	r.number(bridge.ColGID, a.GID)
	r.number(bridge.ColProcessID, a.PID)
	r.number(bridge.ColParentProcessID, a.PPID)
	r.text(bridge.ColProcessName, a.Process)
	r.text(bridge.ColContainerID, a.Container)
}

// errnoOf is what the kernel is told.
func errnoOf(name string) syscall.Errno {
	switch name {
	case "EIO":
		return syscall.EIO
	case "EBUSY":
		return syscall.EBUSY
	case "ETXTBSY":
		return syscall.ETXTBSY
	case "EAGAIN":
		return syscall.EAGAIN
	case "ENOSPC":
		return syscall.ENOSPC
	case "EDQUOT":
		return syscall.EDQUOT
	}
	return 0 // EPERM, as every kernel knows it
}
