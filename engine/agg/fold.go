package agg

import (
	"math"
	"math/bits"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

func foldCount(addr []*uint64, off int, w []int64) {
	if w == nil {
		for _, a := range addr {
			*state.At[int64](a, off)++
		}
		return
	}
	for i, a := range addr {
		*state.At[int64](a, off) += w[i]
	}
}

// foldBool counts the true and the false values.
func foldBool(addr []*uint64, off int, truth batch.Bitmap, lo int, w []int64) {
	for i, a := range addr {
		n := int64(1)
		if w != nil {
			n = w[i]
		}
		at := off
		if !truth.Get(lo + i) {
			at++
		}
		*state.At[int64](a, at) += n
	}
}

// foldValues chooses the loop for the column's layout.
func (l *Layout) foldValues(c *Call, addr []*uint64, off int, col *batch.Column, lo, hi int, w []int64, spill func(i int) *Set) {
	switch col.Type.Layout() {
	case types.LayoutInt16:
		foldInts(c.Kind, addr, off, batch.Values[int16](col)[lo:hi], w)
	case types.LayoutInt32:
		foldInts(c.Kind, addr, off, batch.Values[int32](col)[lo:hi], w)
	case types.LayoutInt64:
		foldInts(c.Kind, addr, off, batch.Values[int64](col)[lo:hi], w)
	case types.LayoutFloat32:
		foldFloats(c.Kind, addr, off, batch.Values[float32](col)[lo:hi], w, spill)
	case types.LayoutFloat64:
		foldFloats(c.Kind, addr, off, batch.Values[float64](col)[lo:hi], w, spill)
	default:
		l.foldTexts(c.Kind, addr, off, col, lo, w)
	}
}

func foldInts[T int16 | int32 | int64](k Kind, addr []*uint64, off int, v []T, w []int64) {
	switch k {
	case SumInt:
		foldSum(addr, off, v, w)
	case SumBig, AvgInt:
		foldWide(addr, off, v, w)
	case Min:
		for i, a := range addr {
			if w == nil || w[i] != 0 {
				least(a, off, intWord(int64(v[i])))
			}
		}
	case Max:
		for i, a := range addr {
			if w == nil || w[i] != 0 {
				most(a, off, intWord(int64(v[i])))
			}
		}
	}
}

// foldSum keeps {count, sum}.
func foldSum[T int16 | int32 | int64](addr []*uint64, off int, v []T, w []int64) {
	if w == nil {
		for i, a := range addr {
			*state.At[int64](a, off)++
			*state.At[int64](a, off+1) += int64(v[i])
		}
		return
	}
	for i, a := range addr {
		*state.At[int64](a, off) += w[i]
		*state.At[int64](a, off+1) += int64(v[i]) * w[i]
	}
}

// foldWide keeps {count, low, high} of a 128-bit sum in two's complement.
func foldWide[T int16 | int32 | int64](addr []*uint64, off int, v []T, w []int64) {
	if w == nil {
		for i, a := range addr {
			x := int64(v[i])
			*state.At[int64](a, off)++
			lo, hi := state.At[uint64](a, off+1), state.At[uint64](a, off+2)
			var carry uint64
			*lo, carry = bits.Add64(*lo, uint64(x), 0)
			*hi += uint64(x>>63) + carry
		}
		return
	}
	for i, a := range addr {
		*state.At[int64](a, off) += w[i]
		pl, ph := multiply(int64(v[i]), w[i])
		add128(state.At[uint64](a, off+1), state.At[uint64](a, off+2), pl, ph)
	}
}

// multiply gives the 128-bit two's complement product.
func multiply(x, y int64) (lo, hi uint64) {
	h, l := bits.Mul64(uint64(x), uint64(y))
	// The unsigned product counts a negative factor 2^64 too high.
	h -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x)
	return l, h
}

func add128(lo, hi *uint64, l, h uint64) {
	var carry uint64
	*lo, carry = bits.Add64(*lo, l, 0)
	*hi, _ = bits.Add64(*hi, h, carry)
}

// least and most keep {seen, word}.
func least(a *uint64, off int, word uint64) {
	seen, cur := state.At[uint64](a, off), state.At[uint64](a, off+1)
	if *seen == 0 || word < *cur {
		*seen, *cur = 1, word
	}
}

func most(a *uint64, off int, word uint64) {
	seen, cur := state.At[uint64](a, off), state.At[uint64](a, off+1)
	if *seen == 0 || word > *cur {
		*seen, *cur = 1, word
	}
}

// intWord maps integers to words that sort as they do.
func intWord(v int64) uint64 { return uint64(v) ^ 1<<63 }

// IntOf gives the integer, date or timestamp whose word a Min or Max keeps.
func IntOf(word uint64) int64 { return int64(word ^ 1<<63) }

// floatWord maps floats to words that sort as PostgreSQL does: -0 equals 0, NaN comes last.
func floatWord(v float64) uint64 {
	switch {
	case v == 0:
		return 1 << 63
	case v != v:
		return math.MaxUint64
	}
	b := math.Float64bits(v)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// floatOf is floatWord's inverse.
func floatOf(w uint64) float64 {
	switch {
	case w == math.MaxUint64:
		return math.NaN()
	case w>>63 != 0:
		return math.Float64frombits(w &^ (1 << 63))
	}
	return math.Float64frombits(^w)
}

func foldFloats[T float32 | float64](k Kind, addr []*uint64, off int, v []T, w []int64, spill func(i int) *Set) {
	if k != Min && k != Max {
		foldFloatSums(addr, off, v, w, spill)
		return
	}
	for i, a := range addr {
		if w != nil && w[i] == 0 {
			continue
		}
		if k == Min {
			least(a, off, floatWord(float64(v[i])))
		} else {
			most(a, off, floatWord(float64(v[i])))
		}
	}
}

// foldTexts keeps {code plus 1, unused} of the least or greatest string by bytes.
func (l *Layout) foldTexts(k Kind, addr []*uint64, off int, col *batch.Column, lo int, w []int64) {
	for i, a := range addr {
		if w != nil && w[i] == 0 {
			continue
		}
		cur := state.At[uint64](a, off)
		v := col.At(lo + i)
		if *cur != 0 {
			old := string(l.strings.At(uint32(*cur - 1)))
			if k == Min && string(v) >= old || k == Max && string(v) <= old {
				continue
			}
		}
		*cur = uint64(l.strings.Code(v)) + 1
	}
}
