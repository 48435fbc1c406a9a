package result

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const printed = `goos: linux
pkg: github.com/vexfs/vexstream/engine/op
cpu: some
BenchmarkFilter/a-2 	 100	 12.5 ns/op	 80 B/op
BenchmarkFilter/a-2 	 100	 13.5 ns/op	 80 B/op
BenchmarkFailed-2
--- FAIL: BenchmarkFailed
PASS
pkg: github.com/vexfs/vexstream/bench/run
BenchmarkX-y 	 1	 3 Mrows/s
`

func TestParse(t *testing.T) {
	want := []Figure{
		{"engine/op.Filter/a", "ns/op", []float64{12.5, 13.5}},
		{"engine/op.Filter/a", "B/op", []float64{80, 80}},
		{"bench/run.X-y", "Mrows/s", []float64{3}},
	}
	if d := cmp.Diff(want, Parse(printed)); d != "" {
		t.Error(d)
	}
	dir := t.TempDir()
	text, js := filepath.Join(dir, "text"), filepath.Join(dir, "json")
	if err := os.WriteFile(text, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	run := Run{Sections: []Section{{Name: "one", Commands: []Command{{Figures: want[:2]}, {Figures: want[2:]}}}}}
	if err := run.Write(js); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text, js} {
		got, err := Read(file)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Error(file, err, d)
		}
	}
	if err := os.WriteFile(text, []byte("PASS\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(text); err == nil {
		t.Error("a file without figures is read")
	}
}

// TestHistogram holds quantiles against the sorted times.
func TestHistogram(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var h Histogram
	var all []time.Duration
	for i := range 20_000 {
		d := time.Duration(r.Uint64() >> (1 + r.IntN(63)))
		if i%100 == 0 {
			d = time.Duration(i)
		}
		h.Record(d, 1)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[int(q*float64(len(all))+0.5)-1]
		if got := h.Quantile(q); got < want || float64(got) > float64(want)*(1+1.0/128) {
			t.Errorf("%v: %d, want %d", q, got, want)
		}
	}
	if h.Count() != 20_000 || h.Most() != all[len(all)-1] {
		t.Error(h.Count(), h.Most())
	}
	var few Histogram
	few.Record(-5, 3)
	few.Record(math.MaxInt64, 1)
	if few.Quantile(0.75) != 0 || few.Quantile(1) != math.MaxInt64 || few.Count() != 4 {
		t.Error(few.Quantile(0.75), few.Quantile(1))
	}
}

// TestDiffer knows the exact probabilities of small samples.
func TestDiffer(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, 2.0 / 20},
		{[]float64{4, 5, 6}, []float64{1, 2, 3}, 2.0 / 20},
		{[]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, 2.0 / 70},
		{[]float64{1, 5}, []float64{2, 6}, 4.0 / 6}, // one of six orders has u = 0, one u = 1
		{[]float64{1, 1}, []float64{1, 1}, 1},
		{nil, []float64{1}, 1},
	} {
		if got := Differ(c.a, c.b); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
	if least, middle, most := Spread([]float64{4, 1, 3, 2}); least != 1 || middle != 2.5 || most != 4 {
		t.Error(least, middle, most)
	}
}
