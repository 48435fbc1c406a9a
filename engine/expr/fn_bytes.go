package expr

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// byteFunctions are the functions on binary strings (manual, 9.5).
func byteFunctions() []function {
	fs := []function{
		{name: "sha224", args: "bytea", ret: "bytea", run: hash(func(dst, v []byte) []byte { s := sha256.Sum224(v); return append(dst, s[:]...) })},
		{name: "sha256", args: "bytea", ret: "bytea", run: hash(func(dst, v []byte) []byte { s := sha256.Sum256(v); return append(dst, s[:]...) })},
		{name: "sha384", args: "bytea", ret: "bytea", run: hash(func(dst, v []byte) []byte { s := sha512.Sum384(v); return append(dst, s[:]...) })},
		{name: "sha512", args: "bytea", ret: "bytea", run: hash(func(dst, v []byte) []byte { s := sha512.Sum512(v); return append(dst, s[:]...) })},
		{name: "bit_count", args: "bytea", ret: "int8", run: bitCount},
		{name: "get_byte", args: "bytea,int4", ret: "int4", flags: fallible, run: eachValue(getByte)},
		{name: "set_byte", args: "bytea,int4,int4", ret: "bytea", flags: fallible, run: eachText(setByte)},
		{name: "get_bit", args: "bytea,int8", ret: "int4", flags: fallible, run: eachValue(getBit)},
		{name: "set_bit", args: "bytea,int8,int4", ret: "bytea", flags: fallible, run: eachText(setBit)},
		{name: "position", args: "bytea,bytea", ret: "int4", run: eachValue(bytePosition)},
		{name: "bit_length", args: "bytea", ret: "int4", run: bitLength},
		{name: "overlay", args: "bytea,bytea,int4", ret: "bytea", flags: fallible, run: eachText(overlayBytes)},
		{name: "overlay", args: "bytea,bytea,int4,int4", ret: "bytea", flags: fallible, run: eachText(overlayBytes)},
		{name: "convert_from", args: "bytea,name", ret: "text", flags: fallible, run: eachText(convertFrom)},
		{name: "convert_to", args: "text,name", ret: "bytea", flags: fallible, run: eachText(convertTo)},
		{name: "convert", args: "bytea,name,name", ret: "bytea", flags: fallible, run: eachText(convertBytes)},
		{name: "to_ascii", args: "text", ret: "text", flags: fallible, run: eachText(toASCII)},
		{name: "to_ascii", args: "text,name", ret: "text", flags: fallible, run: eachText(toASCII)},
	}
	for _, name := range []string{"substr", "substring"} {
		fs = append(fs, function{name: name, args: "bytea,int4", ret: "bytea", run: eachText(byteSubstr)},
			function{name: name, args: "bytea,int4,int4", ret: "bytea", flags: fallible, run: eachText(byteSubstr)})
	}
	for name, trim := range map[string]func([]byte, func(byte) bool) []byte{
		"ltrim": trimStart, "rtrim": trimEnd,
		"btrim": func(v []byte, in func(byte) bool) []byte { return trimEnd(trimStart(v, in), in) },
	} {
		fs = append(fs, function{name: name, args: "bytea,bytea", ret: "bytea", run: eachText(func(f *frame, dst []byte, r uint32) ([]byte, error) {
			set := f.raw(1, r)
			return append(dst, trim(f.raw(0, r), func(b byte) bool { return bytes.IndexByte(set, b) >= 0 })...), nil
		})})
	}
	return fs
}

func hash(sum func(dst, v []byte) []byte) routine {
	return eachText(func(f *frame, dst []byte, r uint32) ([]byte, error) { return sum(dst, f.raw(0, r)), nil })
}

func trimStart(v []byte, in func(byte) bool) []byte {
	for len(v) > 0 && in(v[0]) {
		v = v[1:]
	}
	return v
}

func trimEnd(v []byte, in func(byte) bool) []byte {
	for len(v) > 0 && in(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	return v
}

func bitCount(f *frame) {
	out := result[int64](f)
	for _, r := range f.rows() {
		v, n := f.raw(0, r), 0
		for ; len(v) >= 8; v = v[8:] {
			n += bits.OnesCount64(binary.LittleEndian.Uint64(v))
		}
		for _, b := range v {
			n += bits.OnesCount8(b)
		}
		out[r] = int64(n)
	}
}

func indexRange(i int64, n int) error {
	if i < 0 || i >= int64(n) {
		return sqlerr.New("2202E", "index %d out of valid range, 0..%d", i, n-1)
	}
	return nil
}

func getByte(f *frame, r uint32) (int32, error) {
	v, i := f.raw(0, r), f.i4(1, r)
	if err := indexRange(int64(i), len(v)); err != nil {
		return 0, err
	}
	return int32(v[i]), nil
}

func setByte(f *frame, dst []byte, r uint32) ([]byte, error) {
	v, i := f.raw(0, r), f.i4(1, r)
	if err := indexRange(int64(i), len(v)); err != nil {
		return dst, err
	}
	dst = append(dst, v...)
	dst[len(dst)-len(v)+i] = byte(f.i4(2, r))
	return dst, nil
}

// getBit counts the bits of a byte from the least significant one.
func getBit(f *frame, r uint32) (int32, error) {
	v, i := f.raw(0, r), f.i8(1, r)
	if err := indexRange(i, 8*len(v)); err != nil {
		return 0, err
	}
	return int32(v[i/8] >> (i % 8) & 1), nil
}

func setBit(f *frame, dst []byte, r uint32) ([]byte, error) {
	v, i, bit := f.raw(0, r), f.i8(1, r), f.i4(2, r)
	if err := indexRange(i, 8*len(v)); err != nil {
		return dst, err
	}
	if bit != 0 && bit != 1 {
		return dst, sqlerr.New(sqlerr.InvalidParameterValue, "new bit must be 0 or 1")
	}
	dst = append(dst, v...)
	b := &dst[len(dst)-len(v)+int(i/8)]
	*b = *b&^(1<<(i%8)) | byte(bit)<<(i%8)
	return dst, nil
}

func bytePosition(f *frame, r uint32) (int32, error) {
	return int32(bytes.Index(f.raw(0, r), f.raw(1, r)) + 1), nil
}

func negativeLength() error {
	return sqlerr.New("22011", "negative substring length not allowed")
}

func byteSubstr(f *frame, dst []byte, r uint32) ([]byte, error) {
	v, from, to := f.raw(0, r), f.i4(1, r)-1, math.MaxInt
	if len(f.args) > 2 {
		n := f.i4(2, r)
		if n < 0 {
			return dst, negativeLength()
		}
		to = from + n
	}
	from, to = min(max(from, 0), len(v)), min(max(to, 0), len(v))
	return append(dst, v[from:max(from, to)]...), nil
}

// overlayBytes puts argument 1 in the place of what begins at byte argument 2, counted from 1.
func overlayBytes(f *frame, dst []byte, r uint32) ([]byte, error) {
	v, part, from := f.raw(0, r), f.raw(1, r), f.i4(2, r)
	n := len(part)
	if len(f.args) > 3 {
		n = f.i4(3, r)
	}
	if from <= 0 {
		return dst, negativeLength()
	}
	if from+n > 1<<31-1 {
		return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "integer out of range")
	}
	dst = append(append(dst, v[:min(from-1, len(v))]...), part...)
	return append(dst, v[min(max(from-1+n, 0), len(v)):]...), nil
}

// overlayText is overlayBytes by characters.
func overlayText(f *frame, dst []byte, r uint32) ([]byte, error) {
	s, part, from := f.str(0, r), f.str(1, r), f.i4(2, r)
	var n int
	if len(f.args) > 3 {
		n = f.i4(3, r)
	} else {
		n = countRunes(part)
	}
	if from <= 0 {
		return dst, negativeLength()
	}
	if from+n > 1<<31-1 {
		return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "integer out of range")
	}
	dst = append(append(dst, s[:runesAt(s, from-1)]...), part...)
	return append(dst, s[runesAt(s, from-1+n):]...), nil
}
