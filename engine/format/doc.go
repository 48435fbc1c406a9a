// Package format turns bytes into batches and batches into bytes: CSV and PostgreSQL's COPY text, COPY binary,
// newline-delimited JSON, and Arrow's IPC stream.
//
//	chunks, cut anywhere ──Write──> [ carry ][ row row row | tail ] ──> column builders ──emit──> *batch.Batch
//	                                    ^                   |
//	                                    └───────────────────┘ the tail waits for the next chunk
//
// It reads no file and no socket: bytes are pushed in as they arrive (the messages of a COPY, the pieces of an HTTP body), and
// batches of up to batch.MaxRows rows come out through a callback. Rows are parsed where they lie in the caller's chunk; only
// the one row that a cut splits is copied.
//
// Meaning is PostgreSQL's: quoting, escapes, nulls, line ends, the marker \., the codes and the wording of errors, and their
// context (COPY clicks, line 3, column ts: "x"). Two old spellings are refused by name: lines that end in a lone carriage
// return, and rows with OIDs.
//
// An Arrow stream comes from outside like the others: what its messages say of themselves is checked before Arrow's library
// follows it (arrow_check.go), and its memory is Go's and has a limit.
//
// # Concurrency
//
// A Reader and a Writer belong to one goroutine.
//
// # Ownership
//
// Write keeps no part of its chunk. The batch given to the callback is borrowed until the callback returns. Append functions
// append to dst and give it back.
package format
