package fanotify

import (
	"math/bits"

	"github.com/vexfs/vexstream/bridge"
)

// operation is what one bit of a mask means. The table stands in canonical order: the order in which the rows of a
// merged record are written, because the true one is not known.
type operation struct {
	bit           uint64
	kind, name    string
	dirKind, dirs string // for directories, where it differs
	stat          bool   // the file is worth a stat afterwards
}

var operations = [...]operation{
	{maskCreate, bridge.TypeCreate, bridge.OpCreate, bridge.TypeMkdir, bridge.OpMkdir, true},
	{maskOpen, bridge.TypeOpen, bridge.OpOpen, "", "", false},
	{maskAccess, bridge.TypeRead, bridge.OpRead, "", "", false},
	{maskModify, bridge.TypeWrite, bridge.OpWrite, "", "", true},
	{maskAttrib, bridge.TypeChmod, bridge.OpAttrib, "", "", true},
	{maskCloseWrite, bridge.TypeClose, bridge.OpClose, "", "", true},
	{maskCloseNoWrite, bridge.TypeClose, bridge.OpClose, "", "", false},
	{maskRename, bridge.TypeRename, bridge.OpRename, "", "", true},
	{maskDelete, bridge.TypeDelete, bridge.OpDelete, bridge.TypeRmdir, bridge.OpRmdir, false},
}

const (
	maskChanges = maskCreate | maskModify | maskAttrib | maskCloseWrite | maskRename | maskDelete
	maskReads   = maskOpen | maskAccess | maskCloseNoWrite
	maskStat    = maskCreate | maskModify | maskAttrib | maskCloseWrite | maskRename
)

// merged says whether the record stands for more than one operation.
func (r *record) merged() bool { return bits.OnesCount64(r.mask&(maskChanges|maskReads)) > 1 }

// fill writes what the operation means into e.
func (o *operation) fill(e *bridge.Event, dir bool) {
	e.Type, e.Op = o.kind, o.name
	if dir && o.dirKind != "" {
		e.Type, e.Op = o.dirKind, o.dirs
	}
}
