package main

import (
	"os"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/bench/result"
)

func TestPrint(t *testing.T) {
	old := []result.Figure{
		{Name: "a", Unit: "ns/op", Values: []float64{10, 11, 12, 13}},
		{Name: "a", Unit: "Mrows/s", Values: []float64{10, 11, 12, 13}},
		{Name: "a", Unit: "allocs/op", Values: []float64{1}},
		{Name: "b", Unit: "ns/op", Values: []float64{1, 9, 3, 4}},
		{Name: "c", Unit: "ns/op", Values: []float64{1}},
		{Name: "gone", Unit: "ms", Values: []float64{1}},
	}
	cur := []result.Figure{
		{Name: "a", Unit: "ns/op", Values: []float64{20, 21, 22, 23}},
		{Name: "a", Unit: "Mrows/s", Values: []float64{20, 21, 22, 23}},
		{Name: "a", Unit: "allocs/op", Values: []float64{2}},
		{Name: "b", Unit: "ns/op", Values: []float64{2, 8, 3, 5}},
		{Name: "c", Unit: "ns/op", Values: []float64{2}},
		{Name: "new", Unit: "ms", Values: []float64{1}},
	}
	var w strings.Builder
	print(&w, old, cur)
	for _, want := range []string{
		"| a | ns/op | 11.5 | 21.5 | +87.0 % | 0.029 | **worse** |",
		"| a | Mrows/s | 11.5 | 21.5 | +87.0 % | 0.029 | better |",
		"| a | allocs/op | 1 | 2 | +100.0 % | 1.000 | **worse** |",
		"| b | ns/op | 3.5 | 4 | +14.3 % | 0.886 | chance |",
		"| c | ns/op | 1 | 2 | +100.0 % | 1.000 | too few rounds |",
		"Only now: new ms", "Only before: gone ms",
	} {
		if !strings.Contains(w.String(), want+"\n") {
			t.Errorf("the page lacks %s:\n%s", want, w.String())
		}
	}
}

// TestPins holds what was measured against pins: one line fails where anything grew.
func TestPins(t *testing.T) {
	const text = "# why\nengine/op A 20x 80 B/op 2 allocs/op\nbench/bare B/c 1x 2 x-bare\n"
	list, err := parsePins(text)
	if err != nil || len(list) != 2 || pattern(list) != "^Benchmark(A|B)$/^(c)$" || pattern(list[:1]) != "^Benchmark(A)$" {
		t.Fatal(list, err)
	}
	for name, c := range map[string]struct {
		b, allocs, bare float64
		ok              bool
		says            string
	}{
		"as pinned":      {80, 2, 2, true, ""},
		"better":         {79, 2, 1, true, "engine/op.A: 79 B/op, better than the 80 that is pinned\n"},
		"a byte more":    {81, 2, 2, false, "engine/op.A: 81 B/op, and 80 is pinned\n"},
		"one more":       {80, 3, 2, false, "engine/op.A: 3 allocs/op, and 2 is pinned\n"},
		"half as slow":   {80, 2, 3, true, ""},
		"slower by more": {80, 2, 3.1, false, "bench/bare.B/c: 3.1 x-bare, and 2 is pinned\n"},
	} {
		figures := []result.Figure{
			{Name: "engine/op.A", Unit: "B/op", Values: []float64{c.b + 5, c.b}},
			{Name: "engine/op.A", Unit: "allocs/op", Values: []float64{c.allocs}},
			{Name: "bench/bare.B/c", Unit: "x-bare", Values: []float64{c.bare}},
		}
		var w strings.Builder
		if ok := check(list, figures, &w); ok != c.ok || !strings.HasPrefix(w.String(), c.says) || c.says == "" && w.Len() > 0 {
			t.Errorf("%s: %v, %s", name, ok, w.String())
		}
		anew, err := parsePins(repin(text, list, figures))
		if err != nil || !check(anew, figures, &w) {
			t.Errorf("%s: pinned anew, it fails: %v", name, err)
		}
	}
	if check(list, nil, &strings.Builder{}) {
		t.Error("what was not measured passes")
	}
	for _, bad := range []string{"a b", "a B 1x 2", "a B 1x x ns/op"} {
		if _, err := parsePins(bad); err == nil {
			t.Errorf("%q is taken for a pin", bad)
		}
	}
	file, err := os.ReadFile("pins.txt")
	if err != nil {
		t.Fatal(err)
	}
	if list, err = parsePins(string(file)); err != nil || len(list) < 10 {
		t.Error(len(list), err)
	}
}
