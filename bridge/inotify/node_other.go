//go:build !unix

package inotify

import (
	"io/fs"

	"github.com/vexfs/vexstream/bridge"
)

// fillNode does nothing: this system has no inodes to tell.
func fillNode(*bridge.Event, fs.FileInfo) {}
