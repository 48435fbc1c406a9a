package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func main() {
	m := &bench{}
	flag.Int64Var(&m.events, "events", 1_000_000, "how many events")
	flag.Int64Var(&m.rate, "rate", 10_000, "events a second of event time")
	flag.Uint64Var(&m.seed, "seed", 1, "of the generator")
	flag.Int64Var(&m.memory, "memory", 4<<30, "bytes that views may take")
	flag.StringVar(&m.dir, "dir", "", "where logs and checkpoints are written; the system's folder for what is temporary if none is given")
	which := flag.String("queries", "", "which ones, as q0,q5; all if none are named")
	ways := flag.String("ways", strings.Join([]string{operators, durable, checkpoints}, ","), "the ways that events take to a query")
	folder := flag.String("write", "", "write the events as CSV files into this folder, with the queries, and end: for bench/peers/flink")
	lines := flag.Bool("bench", false, "print lines as go test -bench does, and what failed to stderr")
	flag.Parse()
	if m.events < 1 || m.rate < 1 {
		fmt.Fprintln(os.Stderr, "nexmark: -events and -rate are at least 1")
		os.Exit(2)
	}
	if *folder != "" {
		runtime.LockOSThread() // whose time is counted
		if err := m.write(*folder); err != nil {
			fmt.Fprintln(os.Stderr, "nexmark:", err)
			os.Exit(1)
		}
		return
	}
	if *lines {
		os.Exit(m.measure(*which, *ways, printBenchmark))
	}
	f := m.generating()
	fmt.Printf("%d events at %d a second of event time, %d processors\ngenerator: %s\n\n", m.events, m.rate, runtime.GOMAXPROCS(0), m.line(f))
	fmt.Printf("%-4s %-12s %12s %14s %10s\n", "", "", "K events/s", "K events/cpu-s", "peak MiB")
	os.Exit(m.measure(*which, *ways, printRow))
}

// measure runs the chosen queries in the chosen ways and hands on what came out. It gives the exit code.
func (m *bench) measure(which, ways string, print func(m *bench, query, way string, f figures, err error)) (code int) {
	for _, q := range queries() {
		if which != "" && !slices.Contains(strings.Split(which, ","), q.name) {
			continue
		}
		for _, way := range strings.Split(ways, ",") {
			f, err := m.run(context.Background(), q, way)
			if err != nil && sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported { // what is not built says so, and is no failure
				code = 1
			}
			print(m, q.name, way, f, err)
		}
	}
	return code
}

// printRow prints a row of the table.
func printRow(m *bench, query, way string, f figures, err error) {
	if err != nil {
		fmt.Printf("%-4s %-12s %v\n", query, way, err)
		return
	}
	fmt.Printf("%-4s %-12s %12.0f %14.0f %10d\n", query, way, m.per(f.wall.Seconds()), m.per(f.cpu.Seconds()), f.peak>>20)
}

// printBenchmark prints the same as a benchmark's line.
func printBenchmark(m *bench, query, way string, f figures, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s %s: %v\n", query, way, err)
		return
	}
	fmt.Printf("BenchmarkNexmark/%s/%s 1 %.1f Kevents/cpu-s %.1f Kevents/s %d peak-MiB\n", query, way, m.per(f.cpu.Seconds()), m.per(f.wall.Seconds()), f.peak>>20)
}

// per is thousands of events in a second.
func (m *bench) per(seconds float64) float64 { return float64(m.events) / 1000 / max(seconds, 1e-9) }

func (m *bench) line(f figures) string {
	return fmt.Sprintf("%.0f K events/s, %.0f K events/cpu-s", m.per(f.wall.Seconds()), m.per(f.cpu.Seconds()))
}
