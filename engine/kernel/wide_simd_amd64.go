//go:build goexperiment.simd && amd64

package kernel

import (
	"simd/archsimd"
	"unsafe"
)

// haveWide says whether the processor compares 32 bytes at a time.
var haveWide = archsimd.X86.AVX2()

// What values are compared as: integers of four or of eight bytes, or one at a time.
const (
	notWide = iota
	wide32
	wide64
)

// widthOf says as which integers values of T compare; signed asks for their order too.
func widthOf[T Number](signed bool) int {
	var zero T
	switch {
	case !haveWide || T(1)/T(2) != 0 || signed && zero-1 > zero: // floats, and what wraps around
		return notWide
	case unsafe.Sizeof(zero) == 4:
		return wide32
	case unsafe.Sizeof(zero) == 8:
		return wide64
	}
	return notWide
}

// as sees a's values as integers of the same size.
func as[I, T Number](a []T) []I {
	return unsafe.Slice((*I)(unsafe.Pointer(unsafe.SliceData(a))), len(a))
}

// eqWide is EqConst for as many whole words of dst as it says.
func eqWide[T Number](dst []uint64, a []T, c T) int {
	switch widthOf[T](false) {
	case wide32:
		return eq32(dst, as[int32](a), int32(c))
	case wide64:
		return eq64(dst, as[int64](a), int64(c))
	}
	return 0
}

// ltWide is LtConst for as many whole words of dst as it says.
func ltWide[T Number](dst []uint64, a []T, c T) int {
	switch widthOf[T](true) {
	case wide32:
		return lt32(dst, as[int32](a), int32(c))
	case wide64:
		return lt64(dst, as[int64](a), int64(c))
	}
	return 0
}

// gtWide is GtConst for as many whole words of dst as it says.
func gtWide[T Number](dst []uint64, a []T, c T) int {
	switch widthOf[T](true) {
	case wide32:
		return gt32(dst, as[int32](a), int32(c))
	case wide64:
		return gt64(dst, as[int64](a), int64(c))
	}
	return 0
}

// The loops below are written out, one for each comparison and size: archsimd's vectors are types of their own, and the compiler
// makes an instruction of a method only where it knows the type.

func eq32(dst []uint64, a []int32, c int32) int {
	k := archsimd.BroadcastInt32x8(c)
	n := min(len(dst), len(a)>>6)
	for w := range n {
		s := (*[64]int32)(a[w<<6:])
		var acc uint64
		for j := 0; j < 64; j += 32 {
			var v archsimd.Int32x8
			v = archsimd.LoadInt32x8((*[8]int32)(s[j:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+8:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j+8)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+16:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j+16)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+24:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j+24)&63)
		}
		dst[w] = acc
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func eq64(dst []uint64, a []int64, c int64) int {
	k := archsimd.BroadcastInt64x4(c)
	n := min(len(dst), len(a)>>6)
	for w := range n {
		s := (*[64]int64)(a[w<<6:])
		var acc uint64
		for j := 0; j < 64; j += 16 {
			var v archsimd.Int64x4
			v = archsimd.LoadInt64x4((*[4]int64)(s[j:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+4:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j+4)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+8:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j+8)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+12:]))
			acc |= uint64(v.Equal(k).ToBits()) << uint((j+12)&63)
		}
		dst[w] = acc
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func lt32(dst []uint64, a []int32, c int32) int {
	k := archsimd.BroadcastInt32x8(c)
	n := min(len(dst), len(a)>>6)
	for w := range n {
		s := (*[64]int32)(a[w<<6:])
		var acc uint64
		for j := 0; j < 64; j += 32 {
			var v archsimd.Int32x8
			v = archsimd.LoadInt32x8((*[8]int32)(s[j:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+8:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j+8)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+16:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j+16)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+24:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j+24)&63)
		}
		dst[w] = acc
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func lt64(dst []uint64, a []int64, c int64) int {
	k := archsimd.BroadcastInt64x4(c)
	n := min(len(dst), len(a)>>6)
	for w := range n {
		s := (*[64]int64)(a[w<<6:])
		var acc uint64
		for j := 0; j < 64; j += 16 {
			var v archsimd.Int64x4
			v = archsimd.LoadInt64x4((*[4]int64)(s[j:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+4:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j+4)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+8:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j+8)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+12:]))
			acc |= uint64(k.Greater(v).ToBits()) << uint((j+12)&63)
		}
		dst[w] = acc
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func gt32(dst []uint64, a []int32, c int32) int {
	k := archsimd.BroadcastInt32x8(c)
	n := min(len(dst), len(a)>>6)
	for w := range n {
		s := (*[64]int32)(a[w<<6:])
		var acc uint64
		for j := 0; j < 64; j += 32 {
			var v archsimd.Int32x8
			v = archsimd.LoadInt32x8((*[8]int32)(s[j:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+8:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j+8)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+16:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j+16)&63)
			v = archsimd.LoadInt32x8((*[8]int32)(s[j+24:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j+24)&63)
		}
		dst[w] = acc
	}
	archsimd.ClearAVXUpperBits()
	return n
}

func gt64(dst []uint64, a []int64, c int64) int {
	k := archsimd.BroadcastInt64x4(c)
	n := min(len(dst), len(a)>>6)
	for w := range n {
		s := (*[64]int64)(a[w<<6:])
		var acc uint64
		for j := 0; j < 64; j += 16 {
			var v archsimd.Int64x4
			v = archsimd.LoadInt64x4((*[4]int64)(s[j:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+4:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j+4)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+8:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j+8)&63)
			v = archsimd.LoadInt64x4((*[4]int64)(s[j+12:]))
			acc |= uint64(v.Greater(k).ToBits()) << uint((j+12)&63)
		}
		dst[w] = acc
	}
	archsimd.ClearAVXUpperBits()
	return n
}
