//go:build unix

package bridge

import (
	"syscall"
	"testing"
)

// cpuTime reports the processor time of a benchmark beside the wall time, which other work on the machine blurs.
func cpuTime(b *testing.B) func() {
	used := func() int64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return u.Utime.Nano() + u.Stime.Nano()
	}
	begin := used()
	return func() { b.ReportMetric(float64(used()-begin)/float64(b.N), "cpu-ns/op") }
}
