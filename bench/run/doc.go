// Package run measures a whole node from outside, as its users meet it: through PostgreSQL's protocol, with its data on
// disk. It holds benchmarks only:
//
//	go test ./bench/run -run '^$' -bench . -benchtime 1x
//
// Client and server share the machine's cores. What it measures stands in bench/README.md.
package run
