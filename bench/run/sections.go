package main

import "strings"

// section is what belongs together and can be chosen.
type section struct {
	name     string
	commands []command
}

// command is a command line in its full and its short form.
type command struct {
	env         string // before both, or nothing
	full, short string
}

// of makes a command of go test: the benchmarks of packages, for a time (1s) or a number of times (1x) each.
func of(packages, bench, full, short string) command {
	line := func(time string) string {
		return "go test -run '^$' -bench " + bench + " -benchmem -timeout 30m -benchtime " + time + " " + packages
	}
	return command{full: line(full), short: line(short)}
}

// alone has a command use one core.
func (c command) alone() command {
	c.env = "GOMAXPROCS=1 " + c.env
	return c
}

// line is what a shell would be given.
func (c command) line(short bool) string {
	if short {
		return c.env + shortly + " " + c.short
	}
	return c.env + c.full
}

// shortly is what the benchmarks of this folder know the short form by.
const shortly = "VEXSTREAM_BENCH_SHORT=1"

// sections are all there are, in the order of the page.
func sections() []section {
	return []section{
		{"kernels", []command{
			of("./engine/kernel", ".", "1s", "20x").alone(),
			of("./engine/expr", ".", "1s", "20x").alone(),
			of("./engine/regex ./engine/rule", "Match", "1s", "20x").alone(),
		}},
		{"operators", []command{of("./engine/op ./window", ".", "1s", "2x").alone()}},
		{"fileops", []command{of("./bench/fileops", ".", "10x", "1x").alone()}},
		{"nexmark", []command{{
			env:   "GOMAXPROCS=1 ",
			full:  "go run ./bench/nexmark -bench -events 1000000 -ways operators,checkpoints",
			short: "go run ./bench/nexmark -bench -events 100000 -ways operators -queries q0,q1,q2,q4,q5,q7,q8,q12,q22",
		}}},
		{"ingest", []command{
			of("./engine/format", ".", "1s", "2x").alone(),
			of("./bridge", ".", "1s", "100000x").alone(),
			of("./engine/codec ./storage/segment", ".", "1s", "2x").alone(),
			of("./bench/run", "'^Benchmark(CopyCSV|Ingest)$'", "5x", "1x"),
			of("./bench/run", "ReadWhileIngesting", "1x", "1x"),
			of("./bench/run", "Statements", "1x", "1x"),
			of("./bench/run", "Sustained", "1x", "1x"),
			of("./bench/run", "Routed", "3x", "1x").alone(),
		}},
		{"wire", []command{
			of("./sql/parse", ".", "1s", "2x"),
			of("./bench/run", "'^Benchmark(Front.*|Key)$'", "1s", "50x"),
			of("./bench/run", "'^Benchmark(CopyOut|Subscribers)$'", "1x", "1x"),
		}},
		{"views", []command{of("./bench/run", "'^Benchmark(ManyViews|IdleViews)$'", "1x", "1x")}},
		{"latency", []command{of("./bench/run", "Latency", "1x", "1x")}},
		{"memory", []command{of("./bench/run", "Memory", "1x", "1x")}},
		{"start", []command{of("./bench/run", "Start", "10x", "3x")}},
		{"recovery", []command{
			of("./bench/run", "'^Benchmark(Merge|Scan)$'", "1x", "1x"),
			of("./bench/run", "'^Benchmark(Recovery|Checkpoint)$'", "1x", "1x"),
		}},
	}
}

// chosen gives the named sections, or names one that is none. No name is all of them.
func chosen(names string) (out []section, none string) {
	all := sections()
	if names == "" {
		return all, ""
	}
	for _, name := range strings.Split(names, ",") {
		found := false
		for _, s := range all {
			if s.name == name {
				out, found = append(out, s), true
			}
		}
		if !found {
			return nil, name
		}
	}
	return out, ""
}
