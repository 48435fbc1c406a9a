//go:build !linux

package fanotify

import (
	"runtime"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Open refuses: fanotify is a mechanism of Linux.
func Open(bridge.Options) (bridge.Source, error) {
	return nil, sqlerr.NotSupported("fanotify on %s", runtime.GOOS).WithHint("Use the inotify source, which works through fsnotify here.")
}
