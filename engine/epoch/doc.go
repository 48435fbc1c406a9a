// Package epoch turns writes into commits: it seals, appends, answers, and hands on.
//
//	writers ──► queue ──► seal ──► log.Append + fsync ──► answer the writers ──► followers (views)
//	           what gathered while the epoch before was being written is the next epoch
//
// An epoch is the unit of commit, of visibility and of replay. It is one row when the node is idle and megabytes
// when it is not: while one is being written, the next one gathers. Everything that a replay must not ask for again
// (time, watermarks, catalog version) is fixed when the epoch is sealed and lies in the log with the rows.
//
// The package declares Log, which storage implements; it knows nothing of files.
package epoch
