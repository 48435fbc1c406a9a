package group

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// TestDigest looks for a byte that a digest does not depend on, in strings of many lengths, and for a secret.
func TestDigest(t *testing.T) {
	secret := [5]uint64{1 << 60, 2, 3, 4, 5}
	for n := shortest + 1; n < 150; n++ {
		v := bytes.Repeat([]byte("abcdefghijk"), 14)[:n]
		lo, hi := digest(v, &secret)
		for i := range v {
			v[i] ^= 0x20
			if l, h := digest(v, &secret); l == lo || h == hi {
				t.Fatalf("%d bytes have the digest of others with another byte %d", n, i)
			}
			v[i] ^= 0x20
		}
		for i := range secret {
			other := secret
			other[i] ^= 1 << 40
			if l, h := digest(v, &other); l == lo && h == hi {
				t.Fatalf("secret %d does not matter for %d bytes", i, n)
			}
		}
	}
}

// TestLongStrings codes strings of all lengths around those that take another way, alone and as
// columns, before and after the Strings is sealed.
func TestLongStrings(t *testing.T) {
	s := NewStrings()
	make := func(i int) string { return fmt.Sprintf("%0*d", 1+i%150, i) }
	const n = 20_000
	column := func(from int) []uint64 {
		b := batch.NewBuilder(types.Text, 1000)
		for i := from; i < from+1000; i++ {
			b.String(make(i))
		}
		c := b.Finish()
		return s.Column(&c, nil)
	}
	var codes []uint64
	for from := 0; from < n; from += 1000 {
		codes = append(codes, column(from)...)
	}
	for i, w := range codes {
		if got := string(s.At(uint32(w - 1))); got != make(i) {
			t.Fatalf("%q has the code of %q", make(i), got)
		}
		if code := s.Code([]byte(make(i))); uint64(code)+1 != w {
			t.Fatalf("%q has two codes", make(i))
		}
	}
	s.Seal()
	for i, w := range column(n - 500) {
		if i < 500 && w != codes[n-500+i] {
			t.Fatalf("%q has another code since", make(n-500+i))
		}
		if i >= 500 && s.Len() > 0 && w != uint64(Absent)+1 && string(s.At(uint32(w-1))) != make(n-500+i) {
			t.Fatalf("%q is not there and has code %d", make(n-500+i), w)
		}
	}
}

// TestDigestsDiffer looks at half a digest at a time, of strings that are much alike: none of 64 bits comes twice, nor do 16 bits of
// either end come more often than chance has it.
func TestDigestsDiffer(t *testing.T) {
	const n = 200_000
	for _, form := range []string{"/data/project/%06d/some/where/file.txt", "%0150d", "user_%06d_and_sixteen", "%016[1]d%016[1]d", "%08[1]x-%04[1]d-0000-0000-%012[1]d"} {
		low, high := map[uint64]bool{}, map[uint64]bool{}
		var buckets [4][1 << 16]int
		for i := range n {
			lo, hi := digest(fmt.Appendf(nil, form, i), &secret)
			low[lo], high[hi] = true, true
			for k, b := range []uint64{lo & 0xffff, lo >> 48, hi & 0xffff, hi >> 48} {
				buckets[k][b]++
			}
		}
		if len(low) != n || len(high) != n {
			t.Errorf("%q: %d and %d different halves of %d", form, len(low), len(high), n)
		}
		for k := range buckets {
			if most := slices.Max(buckets[k][:]); most > 24 { // 3.05 in the mean
				t.Errorf("%q: %d strings share 16 bits, part %d", form, most, k)
			}
		}
	}
}
