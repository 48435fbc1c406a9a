// Package op is the operators that a query is built of. Each is a stream.Sink made with the Sink after it:
//
//	source ─ Filter ─ Project ─ Aggregate ─ Project ─ Order ─ Limit ─ client
//
// They are written once, over rows with weights, for queries that end and queries that do not: a bounded query is a
// stream whose only Advance says End.
//
// What an operator pushes is borrowed as always: buffers are reused for the next batch. It never pushes an empty batch
// nor a row of weight zero.
//
// It is not the planner: nothing here checks types or decides what can be kept incrementally.
//
// # Concurrency
//
// An operator is used by one goroutine at a time, as stream.Sink says.
//
// # Ownership
//
// Close closes the Sinks after the operator. It may come twice.
package op
