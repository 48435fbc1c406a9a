// Package enginetest is the harness that every operator's tests go through. A case is text: rows and advances in, rows
// out. Matrix runs it in every way that must make no difference (cuts, slices, dictionary codes, weights that cancel, a
// restart in the middle) and in some that may make one but must not break anything (nulls, late rows), and checks the
// rules of stream.Sink all along.
//
//	a 1 10          a row: values with a space between them; NULL; "two words"; times are seconds since 1970 or RFC 3339
//	b 2 12 @-1      the same with a weight
//	advance 14      ends the epoch; the watermark of Relation is 14 s
//	advance         ends the epoch; the watermark stands
//	end             ends the stream
//
// What comes out is written alike: the rows of an epoch, then a line "--".
//
// Table is the oracle: SQL over slices of rows, slow and plain enough to be believed.
//
// It is for tests only; nothing that ships imports it.
//
// # Concurrency
//
// A sink from here is used by one goroutine at a time, like any Sink.
//
// # Ownership
//
// Batches that the harness pushes are overwritten as soon as Push returns, with or without the invariants tag.
package enginetest
