package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// used is the processor time of this process, in which one peer at a time is at work.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it fails only for what is not asked for here
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// usedBy is the processor time of another process of one thread on this machine, as Linux counts it in nanoseconds.
func usedBy(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		return 0, err
	}
	var ran int64
	_, err = fmt.Sscan(string(text), &ran)
	return time.Duration(ran), err
}
