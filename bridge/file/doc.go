// Package file writes the rows of an output into files of a folder, each row exactly once, whatever crashes.
//
//	Push ─► open segment ──cut──► waiting ──seal──► .NAME.ID.9e37.tmp ─► NAME.ID-000000000007-000000000019.ndjson
//	        rows of whole epochs  │                 written, synced   renamed: readers see a whole file or none
//	                              ╰── page of the checkpoint, while it is in no file
//
// A file holds whole epochs and its name says which, so what a restart folds again is left out by its epoch: rows of
// an epoch that is in a file are in no other. Rows that are in no file yet are in the checkpoint. Between the two
// stands a marker, .NAME.ID.sealed, that is written before a file gets its name: whoever takes finished files away
// does not make the output forget that it had written them.
//
// Files appear at each checkpoint, and between two when enough rows wait. An output that cannot write keeps its rows
// and tries again, up to a limit; past it the output has failed, which harms nobody else. It fails for good: rows that
// are neither in a file nor in memory cannot be had again.
//
// # Concurrency
//
// One goroutine pushes and advances. Pin is called between two epochs. Pages, which writes the files, and Status may be
// called from any goroutine meanwhile.
//
// # Ownership
//
// The folder may be anybody's. Files that begin with the output's name and number are its own until they have their
// final name; from then on they belong to who reads them.
package file
