package main

import (
	"runtime/metrics"
	"syscall"
	"time"
)

// usage is the processor time that this process has used, and that of the calling thread in it.
func usage(of int) time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(of, &u) // it fails only for what is not asked for here
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const thread = 1 // RUSAGE_THREAD

// heap is how much memory the process holds.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
