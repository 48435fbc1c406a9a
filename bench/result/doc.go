// Package result is what a run of the benchmarks gave: figures, each with the values of its rounds, and beside them the
// machine, the commit and the commands, without which no figure means anything. bench/run writes it as JSON and as a page,
// bench/compare reads it.
package result
