// Package synth makes events up: always the same ones from the same seed, on any system.
//
// FileOps is the workload that the benchmarks measure: one million events per second of event time, eight event types
// (skewed), a thousand users (zipf, s = 1.1), 100,000 paths (uniform, 30 % of them under /data/), 3 % of the rows late
// by at most 32 ms. Source gives the same events as rows of the events relation, at a rate of the caller's choice.
//
// It is no model of a real machine: there is no relation between a file's create, its writes and its delete.
//
// # Ownership
//
// Batches of FileOps are the caller's. The dictionaries are shared by all of them.
package synth
