// Command compare shows what a change did to the figures.
//
//	go run ./bench/compare before.json now.json     two runs of bench/run -json, or two outputs of go test -bench
//	go run ./bench/compare -pins                    the pinned benchmarks beside bench/compare/pins.txt, as CI does
//	go run ./bench/compare -pins -write             pins them as they are now
//
// Two runs are compared figure by figure: the middles of their rounds, by how much they differ, and the probability p that
// rounds of one and the same program lie as far apart (the exact Mann-Whitney test). With fewer than four rounds each, no p is
// small enough to tell a difference from chance, and the page says so.
//
// A pin is what a benchmark allocates when it runs a fixed number of times, which hardly depends on the machine: any growth fails. Of time
// only a ratio is pinned: that of bench/bare, where the thing measured and a bare loop over the same rows take turns in one
// process. A loss of more than half fails.
package main
