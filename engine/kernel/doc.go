// Package kernel is the innermost loops: plain functions on slices and bitmaps, for whole columns at a time.
//
// It knows nothing of batches, types or SQL. A bitmap is []uint64, least significant bit first, with (n+63)/64 words
// for n rows; bits past the rows are arbitrary, in what is read and in what is written. Validity is not looked at: a
// null row's value is computed like any other and the caller combines the bitmaps.
//
// Loops are free of branches on data (a comparison becomes a SETcc and a shift), do eight rows a step where that
// pays, and call nothing: what varies is chosen before the loop, by a type parameter or by another function.
//
// # Wide instructions
//
// A build with GOEXPERIMENT=simd on amd64 compares integers with a constant 32 bytes at a time, if the processor has
// AVX2. It gives the same bits; a test of that build compares the two.
//
// # Reading past the end
//
// The string kernels load eight bytes at a string's beginning whatever its length, so the data must have 8 readable
// bytes past its last; engine/batch gives every buffer 64.
//
// # Concurrency, ownership
//
// Functions keep nothing. Destinations belong to the caller and must have room; sources are only read.
package kernel
