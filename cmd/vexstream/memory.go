package main

import (
	"math"
	"os"
	"runtime/debug"
	"syscall"

	"github.com/vexfs/vexstream/cmd/node"
)

// memory is what views and statements may take together: a node's default, or half of a smaller machine.
func memory() int64 {
	var machine syscall.Sysinfo_t
	if syscall.Sysinfo(&machine) != nil {
		return node.DefaultMemoryBytes
	}
	return min(node.DefaultMemoryBytes, int64(min(machine.Totalram*uint64(machine.Unit), math.MaxInt64)/2))
}

// collectWithin has the garbage of n bytes of values collected before it is as much again: by itself Go's heap grows to twice of
// what is in use. Who sets GOMEMLIMIT knows better.
func collectWithin(n int64) {
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(n + n/4)
	}
}
