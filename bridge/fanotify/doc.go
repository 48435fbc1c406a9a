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
// # Guards
//
// A guard has the kernel ask before a file is opened or read, and wait for the answer:
//
//	mark on each directory of the folder ──► one event ──► path of its file ──► Judge ──► allow, or deny with an errno
//	      ▲ new ones: as the source sees them    │                                ╰ nobody is ever refused: the kernel does not ask again
//	                                             ╰ the watchdog, a process of its own, answers for a guard that does not
//
// The kernel waits for ever, so a guard that is stopped would stop everybody. The watchdog has the same group: when the guard's pulse, in
// memory that both share, stands still for a deadline while something is to be answered, it answers by the default, first what
// the guard has read (the kernel goes by the number of the file in an answer, whoever gives it), then all that comes, until the
// guard goes on. When the guard's process is gone it ends, and with the last who has the group the kernel lets everything pass.
//
// Marks are on directories, not on file systems: what lies outside the folder is never asked about. What is not refused: the node's own
// accesses; files that were open before; for a few milliseconds, files in directories that have just been made or moved.
//
// # Concurrency
//
// Run has one goroutine that reads and decodes, and pushes from the calling one. A guard has one on a thread of its own, which asks the
// Judge. Close, Stats and Caps may be called by any.
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
