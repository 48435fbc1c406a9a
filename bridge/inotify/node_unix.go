//go:build unix

package inotify

import (
	"io/fs"
	"syscall"

	"github.com/vexfs/vexstream/bridge"
)

// fillNode writes device and inode, where the system has them.
func fillNode(e *bridge.Event, info fs.FileInfo) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.Inode, e.Device = int64(st.Ino), int64(st.Dev)
		e.Has |= bridge.HasInode | bridge.HasDevice
	}
}
