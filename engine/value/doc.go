// Package value is one value of a column in its other forms: text, PostgreSQL's binary form, key form, order.
//
//	          text ──ParseText──┐      ┌──AppendText── text
//	binary (wire) ──ParseBinary─┤ col. ├─AppendBinary── binary (wire)
//	                            └──────┼──Key────────── bytes, equal when SQL says equal
//	                                   └──AppendOrderKey bytes, ordered as SQL orders
//
// It is for the edges, where rows are taken one at a time: the wire, COPY, literals, state. Operators work on slices and do
// not come here. For many rows of one column take a writer or a parser once (NewTextWriter, NewTextParser, ...): it decides
// by type when it is made, not per value.
//
// # Nulls
//
// A null has no text, no binary form and no place here: callers ask Column.Null first. Only AppendOrderKey knows nulls,
// because where they sort is part of the key, and Key marks them, because grouping holds them equal.
//
// # Ownership
//
// Every Append function appends to dst and gives it back; nothing given keeps a part of a column.
//
// # Concurrency
//
// Functions are safe to call from several goroutines; a Writer or Parser belongs to one, because it keeps scratch.
package value
