package main

import (
	"strings"
	"testing"

	"github.com/vexfs/vexstream/bench/result"
)

func TestPage(t *testing.T) {
	run := &result.Run{
		Machine: result.Machine{CPU: "A", Cores: 2, Memory: 2048, Kernel: "6", System: "linux/amd64", Go: "go1"}, Commit: "abc", Began: "now", Rounds: 2,
		Sections: []result.Section{{Name: "wire", Commands: []result.Command{{Line: "go test", Load: 1, Seconds: 2, Failed: "exit status 1", Figures: []result.Figure{
			{Name: "x.A", Unit: "ns/op", Values: []float64{1234.5, 1233.5}},
			{Name: "x.A", Unit: "B/op", Values: []float64{8, 8}},
			{Name: "x.B", Unit: "ms", Values: []float64{0.0123456}},
		}}}}},
	}
	var got strings.Builder
	printPage(&got, run)
	want := "# Run of now\n\nA, 2 cores, 2 GB, Linux 6, linux/amd64, go1. Commit abc. Rounds: 2.\n\n## wire\n\n`go test`\n\n" +
		"Load when it began 1.0; 2 s. **Failed**: exit status 1.\n\n| benchmark | figures |\n|---|---|\n" +
		"| x.A | 1234 ns/op (1234 to 1234), 8 B/op |\n| x.B | 0.0123 ms |\n"
	if got.String() != want {
		t.Errorf("the page is\n%s\nwant\n%s", got.String(), want)
	}
}

// TestSections runs the commands of a section that prints what a benchmark prints, and of one that fails.
func TestSections(t *testing.T) {
	if _, none := chosen("wire,wires"); none != "wires" {
		t.Error("a name that is none is taken:", none)
	}
	run := &result.Run{Rounds: 2, Short: true}
	which := []section{
		{"one", []command{{env: "X=3 ", short: "eval 'echo BenchmarkA-2 1 $X ns/op'"}}},
		{"two", []command{{short: "false"}}},
	}
	if measure(t.Context(), run, which) {
		t.Error("a command that fails is no failure")
	}
	one, two := run.Sections[0].Commands[0], run.Sections[1].Commands[0]
	if len(one.Figures) != 1 || len(one.Figures[0].Values) != 2 || one.Figures[0].Values[0] != 3 || one.Failed != "" {
		t.Errorf("%+v", one)
	}
	if two.Failed != "exit status 1" || len(two.Figures) != 0 {
		t.Errorf("%+v", two)
	}
}
