package batch

import "math/bits"

// Bitmap is bits in 64-bit words, least significant first: Arrow's bitmap on a little-endian machine. Bits past the
// end of the rows are undefined; whoever counts masks them.
type Bitmap []uint64

func words(n int) int { return (n + 63) / 64 }

// NewBitmap makes n zero bits.
func NewBitmap(n int) Bitmap { return make(Bitmap, words(n), words(n)+Padding/8) }

// NewBitmapSet makes n one bits.
func NewBitmapSet(n int) Bitmap {
	m := NewBitmap(n)
	for i := range m {
		m[i] = ^uint64(0)
	}
	return m
}

// Get says whether bit i is set.
func (m Bitmap) Get(i int) bool { return m[i>>6]>>(uint(i)&63)&1 != 0 }

// Set sets bit i.
func (m Bitmap) Set(i int) { m[i>>6] |= 1 << (uint(i) & 63) }

// Clear clears bit i.
func (m Bitmap) Clear(i int) { m[i>>6] &^= 1 << (uint(i) & 63) }

// Count counts the set bits among the first n.
func (m Bitmap) Count(n int) int {
	c, full := 0, n>>6
	for _, w := range m[:full] {
		c += bits.OnesCount64(w)
	}
	if r := uint(n) & 63; r != 0 {
		c += bits.OnesCount64(m[full] & (1<<r - 1))
	}
	return c
}

// Slice copies bits [lo, hi) to the front of a bitmap of their own. The slice of nil is nil.
func (m Bitmap) Slice(lo, hi int) Bitmap {
	if m == nil {
		return nil
	}
	d := NewBitmap(hi - lo)
	w, shift := lo>>6, uint(lo)&63
	for i := range d {
		d[i] = m[w+i] >> shift
		if shift != 0 && w+i+1 < len(m) {
			d[i] |= m[w+i+1] << (64 - shift)
		}
	}
	return d
}

// Select appends the positions of the set bits among the first n to dst, ascending.
func (m Bitmap) Select(dst []uint32, n int) []uint32 {
	for w := 0; w < words(n); w++ {
		x := m[w]
		if last := n - w<<6; last < 64 {
			x &= 1<<uint(last) - 1
		}
		for ; x != 0; x &= x - 1 {
			dst = append(dst, uint32(w<<6+bits.TrailingZeros64(x)))
		}
	}
	return dst
}

func (m Bitmap) take(sel Sel) Bitmap {
	if m == nil {
		return nil
	}
	d := NewBitmap(len(sel))
	for i, r := range sel {
		d[i>>6] |= (m[r>>6] >> (r & 63) & 1) << (uint(i) & 63)
	}
	return d
}
