// Package fanotify is the source that reads Linux's fanotify: every change to the files of a file system, with whole
// paths and the process that made it. It needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH, which root has.
//
//	mark on the file system ──► kernel queue (16,384) ──► read 256 KiB ──► record ──► rows, one per bit of the mask
//	                                                                         │ directory handle → path, cached
//	                                                                         │ pid → uid, name, container, cached
//	                                                                         ╰ outside the folder: dropped here
//
// The kernel's mark is on the whole file system, because marks on each directory race with the making of new ones;
// what lies outside the watched folder is dropped by its path.
//
// It is not a counter of operations: what is not read at once the kernel merges into one record, whose rows are
// flagged 'merged' and stand in a fixed order. A full queue tells neither what nor how much was lost: a Loss row says
// so, and the tree is read again, its rows flagged 'rescan'.
//
// # Concurrency
//
// Run has one goroutine that reads and decodes, and pushes from the calling one. Close, Stats and Caps may be called by any.
package fanotify

import "github.com/vexfs/vexstream/bridge"

// Name is the source column of this package's rows.
const Name = "fanotify"

func capsOf(reads bool) bridge.Caps {
	return bridge.Caps{
		Path: true, Target: true, Pid: true, UID: true, FileSize: true,
		Reads: reads, SeesIOUring: true, Recursive: true,
	}
}

func blindOf(reads bool) []string {
	out := []string{
		"how many bytes an operation moved (size_bytes is null; file_size is the size afterwards)",
		"operations one by one: the kernel merges what happens to a file within a few milliseconds, so counts are lower bounds",
		"the kernel's own time of an event: ts is when it was read, ts_uncertainty_us says how far off it may be",
		"the thread (thread_id is null): the kernel names either the thread or the process, and keeps hold of the process only",
		"the user of a process that had ended before its event was read",
		"writes through a memory mapping",
		"other file systems mounted below the folder",
	}
	if !reads {
		out = append(out, "opens and reads, unless they are asked for (reads = true)")
	}
	return out
}
