//go:build !unix

package fileops

import "time"

func cpuTime() time.Duration { return 0 }
