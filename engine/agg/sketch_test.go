package agg

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// TestSketchCounts holds estimates against what was put in: a few are counted, by their first bits, the error of many is about 0.81 %.
func TestSketchCounts(t *testing.T) {
	for _, n := range []int{0, 1, 100, 3000} {
		for run := range 10 {
			first := map[uint64]bool{}
			for i := range n {
				first[hash(i, run)>>(64-fewBits)] = true
			}
			if got := filled(n, run).estimate(); got != int64(len(first)) || n-len(first) > 2 {
				t.Errorf("%d different hashes, run %d: %d, want %d", n, run, got, len(first))
			}
		}
	}
	for _, n := range []int{3200, 5000, 10_000, 20_000, 40_000, 80_000, 200_000, 1_000_000} {
		const runs = 24
		var square, sum float64
		for run := range runs {
			off := float64(filled(n, run).estimate())/float64(n) - 1
			if math.Abs(off) > 0.04 {
				t.Errorf("%d different hashes, run %d: off by %.2f %%", n, run, 100*off)
			}
			square, sum = square+off*off, sum+off
		}
		if root := math.Sqrt(square / runs); root > 0.0115 { // three of its own standard deviations above 0.81 %
			t.Errorf("%d different hashes: a standard error of %.2f %%", n, 100*root)
		}
		if mean := sum / runs; math.Abs(mean) > 0.006 {
			t.Errorf("%d different hashes: %.2f %% off in the mean", n, 100*mean)
		}
	}
}

func filled(n, run int) *sketch {
	s := &sketch{}
	for i := range n {
		s.add(hash(i, run))
	}
	return s
}

func hash(i, run int) uint64 { return scattered(uint64(i) + uint64(run)<<32) }

// TestSketchHasNoOrder puts hashes into sketches in two orders, some twice, whole and in parts that are merged either way: all are the
// same, byte by byte, and so is what is read back of them.
func TestSketchHasNoOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 12, 13, 500, 3071, 3072, 3073, 6000, 50_000} {
		var hs []uint64
		for i := range n {
			hs = append(hs, scattered(uint64(i)))
		}
		want := &sketch{}
		for _, h := range hs {
			want.add(h)
		}
		for round := range 4 {
			rnd.Shuffle(n, func(i, j int) { hs[i], hs[j] = hs[j], hs[i] })
			parts := [3]*sketch{{}, {}, {}}
			for _, h := range hs {
				parts[rnd.IntN(2+round%2)].add(h)
				parts[rnd.IntN(2)].add(h)
			}
			a, b := parts[0].clone(), parts[2].clone()
			a.merge(parts[1])
			a.merge(parts[2])
			b.merge(parts[1])
			b.merge(parts[0])
			for _, got := range []*sketch{a, b} {
				if !bytes.Equal(got.record(nil), want.record(nil)) || got.estimate() != want.estimate() {
					t.Fatalf("%d hashes, round %d: parts make another sketch: %d, want %d", n, round, got.estimate(), want.estimate())
				}
			}
			back, ok := sketchOf(string(a.record(nil)))
			if !ok || back.estimate() != want.estimate() || !bytes.Equal(back.record(nil), want.record(nil)) || back.bytes() != want.bytes() {
				t.Fatalf("%d hashes: another sketch is read back", n)
			}
		}
	}
}

// TestSketchRecords refuses what no sketch writes.
func TestSketchRecords(t *testing.T) {
	dense := bytes.Repeat([]byte{1}, registers)
	dense[77] = rankEnd
	for _, bad := range []string{"x", "\x00\x00\x00\x00", "\x3f\x00\x00\x00", "\x01\x00\x00\xff", string(make([]byte, 3*fewMost+4)), string(dense)} {
		if _, ok := sketchOf(bad); ok {
			t.Errorf("%d bytes beginning with %x are read as a sketch", len(bad), bad[:min(len(bad), 4)])
		}
	}
}

// TestSketchOfAClone leaves a clone of a set alone while the set goes on, and the other way round.
func TestSketchOfAClone(t *testing.T) {
	for _, n := range []int{10, 10_000} {
		s := &Set{}
		var hs []uint64
		for i := range 2 * n {
			hs = append(hs, scattered(uint64(i)))
		}
		s.addHashes(hs[:n], nil)
		before := s.estimate()
		c := s.Clone()
		c.addHashes(hs[n:], nil)
		if s.estimate() != before || c.estimate() <= before {
			t.Errorf("%d hashes: the set counts %d, want %d; its clone %d", n, s.estimate(), before, c.estimate())
		}
	}
}
