// Command run measures vexstream and prints one page: what was measured, on which machine, of which commit, by which commands.
//
//	go run ./bench/run                                   everything, which takes about an hour
//	go run ./bench/run -short -sections wire,latency     the short form of two sections
//	go run ./bench/run -rounds 5 -json now.json          for go run ./bench/compare before.json now.json
//
// Each figure is a benchmark of this tree, run by go test -bench or by a command of bench; a line of the page is enough to run
// it again. The benchmarks of this folder measure a whole node from outside, as its users meet it, with its data on
// disk; client and server share the machine's cores.
package main
