// Package bridge turns what happens outside the engine into batches: the schema of the events relation, the columns
// that rows are appended to, the context check, the count of what was lost, and the contract that every source keeps.
//
// It is not a source itself (those are the packages below it, one mechanism each), it stores nothing, and it knows no
// SQL.
//
//	kernel ── record ──► Event ──► Batcher ──► Loan ──► queue of 16 ──► Push into the caller's Sink
//	                     views      columns    batch      │
//	          ╰──────── drain goroutine ────────────╯     ╰─ full: the rows are dropped, counted, and a Loss row
//	                                                         says so as soon as there is room
//
// Memory: a Batcher has at most MaxQueued+2 sets of columns, reused for ever; a set grows to 8,192 rows and about one
// MiB of strings. Keys (type, host, process name ...) are dictionary-coded; the dictionaries are shared by the sets.
//
// # Three latencies, said apart
//
// Translation (Event to columns) is tens of ns a row. Propagation inside the process is a channel send per batch.
// Kernel to engine is what the source's mechanism allows: microseconds when idle, up to 5 ms under load, because
// reading in bunches costs a tenth of reading one by one.
//
// # Concurrency
//
// Batcher, Appender and the appending side of a Feed belong to one goroutine. Counters may be used by any. Source.Run
// starts the goroutines it needs and waits for them.
//
// # Ownership
//
// The strings of an Event are borrowed until Append returns. A Loan's batch is borrowed until Batcher.Return; a Sink
// borrows it for Push only. Dictionaries are immutable and outlive everything.
package bridge
