// Package bare measures what the machinery costs beside a bare loop that does the least that the same task needs, by hand and
// over the same rows. Both take turns in one process, so that what else a machine does falls on both: the ratio can be
// compared where times cannot. It holds benchmarks only; bench/compare pins their ratios.
package bare
