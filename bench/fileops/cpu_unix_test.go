//go:build unix

package fileops

import (
	"syscall"
	"time"
)

// cpuTime is the processor time that this process has used: a machine that has other things to do does not make it
// longer, as it does the time on the wall.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
