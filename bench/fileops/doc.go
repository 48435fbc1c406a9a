// Package fileops measures the FILEOPS workload through the operators that SQL builds: Arrow batches in, a view kept
// current, nobody listening. It holds benchmarks only:
//
//	GOMAXPROCS=1 go test ./bench/fileops -run '^$' -bench .
package fileops
