//go:build !linux

package fanotify

import (
	"errors"
	"runtime"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Open refuses: fanotify is a mechanism of Linux.
func Open(bridge.Options) (bridge.Source, error) {
	return nil, sqlerr.NotSupported("fanotify on %s", runtime.GOOS).WithHint("Use the inotify source, which works through fsnotify here.")
}

// Watchdog refuses, as there is nothing to watch.
func Watchdog([]string) error { return errors.New("fanotify is a mechanism of Linux") }
