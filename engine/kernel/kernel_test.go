package kernel

import (
	"bytes"
	"cmp"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bitsOf is the reference for every kernel that gives a bitmap.
func bitsOf(n int, test func(int) bool) []uint64 {
	m := make([]uint64, (n+63)/64)
	for i := range n {
		if test(i) {
			m[i>>6] |= 1 << uint(i&63)
		}
	}
	return m
}

func checkBits(t *rapid.T, what string, n int, dst []uint64, test func(int) bool) {
	t.Helper()
	want := bitsOf(n, test)
	for i := range n {
		if dst[i>>6]>>uint(i&63)&1 != want[i>>6]>>uint(i&63)&1 {
			t.Fatalf("%s: row %d of %d is %v", what, i, n, !test(i))
		}
	}
}

// poisoned is a destination whose old contents must not shine through.
func poisoned(n int) []uint64 {
	m := make([]uint64, (n+63)/64)
	for i := range m {
		m[i] = 0xdbdbdbdbdbdbdbdb
	}
	return m
}

func checkCompare[T Int](t *rapid.T, name string, gen *rapid.Generator[T]) {
	a := rapid.SliceOfN(gen, 1, 200).Draw(t, name)
	n := len(a)
	b := rapid.SliceOfN(gen, n, n).Draw(t, "b")
	c := gen.Draw(t, "c")
	dst := poisoned(n)
	EqConst(dst, a, c)
	checkBits(t, name+" = const", n, dst, func(i int) bool { return a[i] == c })
	LtConst(dst, a, c)
	checkBits(t, name+" < const", n, dst, func(i int) bool { return a[i] < c })
	GtConst(dst, a, c)
	checkBits(t, name+" > const", n, dst, func(i int) bool { return a[i] > c })
	LeConst(dst, a, c)
	checkBits(t, name+" <= const", n, dst, func(i int) bool { return a[i] <= c })
	Eq(dst, a, b)
	checkBits(t, name+" =", n, dst, func(i int) bool { return a[i] == b[i] })
	Lt(dst, a, b)
	checkBits(t, name+" <", n, dst, func(i int) bool { return a[i] < b[i] })
	if Min(a) != slices.Min(a) || Max(a) != slices.Max(a) {
		t.Fatalf("min %v max %v of %v", Min(a), Max(a), a)
	}
}

func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkCompare(t, "int16", rapid.Int16Range(-3, 3))
		checkCompare(t, "int32", rapid.Int32())
		checkCompare(t, "int64", rapid.Int64Range(-2, 2))
		checkCompare(t, "uint32", rapid.Uint32())
	})
}

// orderFloats is PostgreSQL's order: NaN equals itself and is the greatest.
func orderFloats(x, y float64) int {
	switch {
	case x != x && y != y:
		return 0
	case x != x:
		return 1
	case y != y:
		return -1
	}
	return cmp.Compare(x+0, y+0)
}

func TestCompareFloats(t *testing.T) {
	gen := rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1, 1.5})
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(gen, 1, 200).Draw(t, "a")
		n := len(a)
		b := rapid.SliceOfN(gen, n, n).Draw(t, "b")
		dst := poisoned(n)
		FloatEq(dst, a, b, -1)
		checkBits(t, "=", n, dst, func(i int) bool { return a[i] == b[i] || a[i] != a[i] && b[i] != b[i] })
		FloatEq(dst, a, b, 0)
		checkBits(t, "= one", n, dst, func(i int) bool { return a[i] == b[0] || a[i] != a[i] && b[0] != b[0] })
		FloatLt(dst, n, a, -1, b, -1)
		checkBits(t, "<", n, dst, func(i int) bool { return orderFloats(a[i], b[i]) < 0 && a[i] != b[i] })
		FloatLt(dst, n, a, 0, b, -1)
		checkBits(t, "one <", n, dst, func(i int) bool { return orderFloats(a[0], b[i]) < 0 && a[0] != b[i] })
		bad, zero := false, false
		for _, v := range a {
			bad = bad || math.IsInf(v, 0) || v != v
			zero = zero || v == 0
		}
		if Suspect(a, false) != bad || Suspect(a, true) != (bad || zero) {
			t.Fatalf("suspect %v", a)
		}
	})
}

func checkArith[T Signed](t *rapid.T, gen *rapid.Generator[T], width uint) {
	n := rapid.IntRange(1, 130).Draw(t, "n")
	ma, mb := rapid.SampledFrom([]int{-1, 0}).Draw(t, "ma"), -1
	if ma != 0 {
		mb = rapid.SampledFrom([]int{-1, 0}).Draw(t, "mb")
	}
	a, b := rapid.SliceOfN(gen, n, n).Draw(t, "a"), rapid.SliceOfN(gen, n, n).Draw(t, "b")
	if ma == 0 {
		a = a[:1]
	}
	if mb == 0 {
		b = b[:1]
	}
	lo, hi := big.NewInt(-1), big.NewInt(1)
	lo.Lsh(lo, width-1)
	hi.Sub(hi.Lsh(hi, width-1), big.NewInt(1))
	for _, op := range []struct {
		name string
		run  func([]T, []T, int, []T, int) bool
		big  func(z, x, y *big.Int) *big.Int
	}{{"+", Add[T], (*big.Int).Add}, {"-", Sub[T], (*big.Int).Sub}, {"*", Mul[T], (*big.Int).Mul}} {
		dst := make([]T, n)
		bad := op.run(dst, a, ma, b, mb)
		want := false
		for i := range n {
			z := op.big(new(big.Int), big.NewInt(int64(a[i&ma])), big.NewInt(int64(b[i&mb])))
			if z.Cmp(lo) < 0 || z.Cmp(hi) > 0 {
				want = true
			} else if z.Int64() != int64(dst[i]) {
				t.Fatalf("%d %s %d = %d", a[i&ma], op.name, b[i&mb], dst[i])
			}
			if op.name == "*" {
				if _, over := MulOverflows(a[i&ma], b[i&mb]); over != (z.Cmp(lo) < 0 || z.Cmp(hi) > 0) {
					t.Fatalf("%d * %d overflows: %v", a[i&ma], b[i&mb], over)
				}
			}
		}
		if bad != want {
			t.Fatalf("%s of %v and %v: overflow %v", op.name, a, b, bad)
		}
	}
	hi64, lo64 := Sum(a)
	total, sum := new(big.Int), new(big.Int)
	for _, v := range a {
		total.Add(total, big.NewInt(int64(v)))
	}
	sum.Lsh(big.NewInt(hi64), 64)
	if sum.Add(sum, new(big.Int).SetUint64(lo64)).Cmp(total) != 0 {
		t.Fatalf("sum %v, want %v", sum, total)
	}
}

func TestArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkArith(t, rapid.Int16(), 16)
		checkArith(t, rapid.Int32(), 32)
		checkArith(t, rapid.Int64(), 64)
		checkArith(t, rapid.Int64Range(-5, 5), 64)
	})
}

// column lays strings out as a column does, with room to read past the end.
func column(ss []string) ([]int32, []byte) {
	offs, data := []int32{0}, []byte(nil)
	for _, s := range ss {
		data = append(data, s...)
		offs = append(offs, int32(len(data)))
	}
	return offs, append(make([]byte, 0, len(data)+64), data...)
}

func TestStrings(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("ab")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		ss := rapid.SliceOfN(word, 1, 150).Draw(t, "rows")
		p := word.Draw(t, "constant")
		if rapid.Bool().Draw(t, "from a row") {
			p = ss[0]
		}
		n := len(ss)
		offs, data := column(ss)
		if rapid.Bool().Draw(t, "without padding") {
			data = slices.Clip(data)
		}
		dst := poisoned(n)
		StringsEqual(dst, offs, data, p)
		checkBits(t, "=", n, dst, func(i int) bool { return ss[i] == p })
		StringsHavePrefix(dst, offs, data, p)
		checkBits(t, "prefix", n, dst, func(i int) bool { return strings.HasPrefix(ss[i], p) })
		StringsHaveSuffix(dst, offs, data, p)
		checkBits(t, "suffix", n, dst, func(i int) bool { return strings.HasSuffix(ss[i], p) })
		StringsContain(dst, offs, data, p)
		checkBits(t, "contains", n, dst, func(i int) bool { return strings.Contains(ss[i], p) })
		others := rapid.SliceOfN(word, n, n).Draw(t, "others")
		offsB, b := column(others)
		EqStrings(dst, offs, data, offsB, b)
		checkBits(t, "= column", n, dst, func(i int) bool { return ss[i] == others[i] })
		h := make([]uint64, n)
		HashBytes(h, offs, data)
		for i := range n {
			if (h[i] == h[0]) != (ss[i] == ss[0]) {
				t.Fatalf("hashes of %q and %q", ss[i], ss[0])
			}
		}
	})
}

func TestBitsAndGather(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		words := (n + 63) / 64
		gen := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, math.MaxUint64}))
		a, b := rapid.SliceOfN(gen, words, words).Draw(t, "a"), rapid.SliceOfN(gen, words, words).Draw(t, "b")
		bit := func(m []uint64, i int) bool { return m[i>>6]>>uint(i&63)&1 != 0 }
		dst := poisoned(n)
		And(dst, a, b)
		checkBits(t, "and", n, dst, func(i int) bool { return bit(a, i) && bit(b, i) })
		Or(dst, a, b)
		checkBits(t, "or", n, dst, func(i int) bool { return bit(a, i) || bit(b, i) })
		AndNot(dst, a, b)
		checkBits(t, "and not", n, dst, func(i int) bool { return bit(a, i) && !bit(b, i) })
		Not(dst, a)
		checkBits(t, "not", n, dst, func(i int) bool { return !bit(a, i) })

		var want []uint32
		for i := range n {
			if bit(a, i) {
				want = append(want, uint32(i))
			}
		}
		sel := Select([]uint32{7}, a, n)
		if sel[0] != 7 || !slices.Equal(sel[1:], want) || Count(a, n) != len(want) {
			t.Fatalf("select %v, want %v", sel[1:], want)
		}
		sel = sel[1:]
		var both []uint32
		for _, r := range sel {
			if bit(b, int(r)) {
				both = append(both, r)
			}
		}
		if got := Refine(nil, sel, b); !slices.Equal(got, both) {
			t.Fatalf("refine %v, want %v", got, both)
		}
		GatherBits(dst, b, sel)
		checkBits(t, "gather bits", len(sel), dst, func(i int) bool { return bit(b, int(sel[i])) })
		src := rapid.SliceOfN(rapid.Int64(), n, n).Draw(t, "values")
		out := make([]int64, len(sel))
		Gather(out, src, sel)
		codes := make([]uint32, n)
		for i := range codes {
			codes[i] = uint32(n - 1 - i)
		}
		Lookup(dst, codes, a)
		checkBits(t, "lookup", n, dst, func(i int) bool { return bit(a, n-1-i) })
		for i, r := range sel {
			if out[i] != src[r] {
				t.Fatalf("gather: row %d", i)
			}
		}
	})
}

func TestGatherBytes(t *testing.T) {
	offs, data := column([]string{"a", "", "ccc", "dd"})
	got := make([]int32, 4)
	out := GatherBytes(got, nil, offs, data, []uint32{0, 2, 3})
	if !bytes.Equal(out, []byte("acccdd")) || !slices.Equal(got, []int32{0, 1, 4, 6}) {
		t.Fatalf("%q %v", out, got)
	}
}

func TestHashSpreads(t *testing.T) {
	a := make([]int64, 4096)
	for i := range a {
		a[i] = int64(i) << 20
	}
	h := make([]uint64, len(a))
	Hash(h, a)
	buckets := map[uint64]int{}
	for _, v := range h {
		buckets[v&1023]++
	}
	for b, n := range buckets {
		if n > 20 {
			t.Fatalf("bucket %d has %d of 4096 keys, 4 expected", b, n)
		}
	}
}

func BenchmarkKernels(b *testing.B) {
	const n = 8192
	a := make([]int64, n)
	x := uint64(1)
	ss := make([]string, n)
	for i := range a {
		x = x*6364136223846793005 + 1
		a[i] = int64(x >> 54)
		ss[i] = []string{"/data/", "/home/"}[x>>63] + strings.Repeat("x", int(x>>60))
	}
	offs, data := column(ss)
	dst := make([]uint64, n/64)
	sel, a32, codes := make([]uint32, 0, n), make([]int32, n), make([]uint32, n)
	for i, v := range a {
		a32[i], codes[i] = int32(v), uint32(v)&7
	}
	for name, run := range map[string]func(){
		"GtConst":           func() { GtConst(dst, a, 500) },
		"GtConst int32":     func() { GtConst(dst, a32, 500) },
		"EqConst uint32":    func() { EqConst(dst, codes, 5) },
		"Eq":                func() { Eq(dst, a, a) },
		"StringsHavePrefix": func() { StringsHavePrefix(dst, offs, data, "/data/") },
		"StringsEqual":      func() { StringsEqual(dst, offs, data, "/data/xx") },
		"Select":            func() { Select(sel, dst, n) },
		"Add":               func() { Add(a, a, -1, []int64{0}, 0) },
	} {
		b.Run(name, func(b *testing.B) {
			GtConst(dst, a, 500)
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
