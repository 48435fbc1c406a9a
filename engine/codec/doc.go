// Package codec turns batches into bytes for the log and for pages, and is the door to compression.
//
// It is no exchange format: what leaves the house goes as Arrow (batch.ToRecord). Strings of a dictionary are written
// by value or with a dictionary of the block's own, because codes mean nothing outside the process.
//
//	block  ┬ head       magic, version, rows, columns, CRC32C of head and directory
//	       ├ directory  per column: type, codec, form, raw and stored length, CRC32C of the stored bytes
//	       └ columns    validity words, then bits | values | lengths and bytes | codes and dictionary
//
// A reader of few columns reads the directory and those columns alone. The diffs, where a batch has them, are a last
// column. Everything is little-endian. Lengths and codes take 1, 2 or 4 bytes, whatever the largest one needs.
//
// # Concurrency
//
// An Encoder and a Decoder belong to one goroutine. The functions may be called from any.
//
// # Ownership
//
// An Encoder appends to the caller's slice and keeps nothing of the batch. What a Decoder gives is borrowed until
// its next Decode; DecodeBlock gives memory of the caller's own. Neither keeps the encoded bytes.
package codec
