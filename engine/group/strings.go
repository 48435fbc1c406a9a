// Package group gives rows their group: key columns in, dense group numbers out.
//
// Keys become 64-bit words first. A value of at most eight bytes is its own word; everything else is interned in a
// Strings, whose codes are the words. One word or two codes are then looked up in an open-addressing table; more words
// in a table of their hashes.
//
// # Ownership
//
// An operator owns its Strings and Tables. Nothing here is safe for concurrent use but a Frozen, which any goroutine
// may read.
package group

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/vexfs/vexstream/engine/batch"
)

// Strings numbers byte strings densely from 0, in the order of their first sight.
type Strings struct {
	seed    uint64
	slots   []stringSlot // a power of two, at most three quarters full
	offsets []int64
	data    []byte
	dicts   []translation
	sealed  bool
}

type stringSlot struct {
	lo, hi uint64 // up to 16 bytes: the string itself; longer: its hash, and where it begins in data
	n      uint32
	code   uint32 // plus 1; 0 is an empty slot
}

// translation maps the codes of an incoming dictionary to ours.
type translation struct {
	id    uint64
	codes []uint32
}

// maxDicts is how many incoming dictionaries an operator keeps a translation for; the oldest goes first.
const maxDicts = 64

// NewStrings makes an empty Strings with a seed of its own, so that nobody can choose keys that collide.
func NewStrings() *Strings {
	return &Strings{seed: rand.Uint64(), slots: make([]stringSlot, 64), offsets: []int64{0}}
}

// Reset forgets all strings and keeps the memory. What At and Freeze gave is overwritten.
func (s *Strings) Reset() {
	if s.Len() > 0 {
		clear(s.slots)
	}
	s.offsets, s.data, s.dicts = s.offsets[:1], s.data[:0], s.dicts[:0]
}

// Absent is the code of a string that a sealed Strings does not have.
const Absent = ^uint32(0) - 1

// Seal ends the growth: from now on a string that is not there has the code Absent, which no string that is there has. It
// is for those who only look up.
func (s *Strings) Seal() { s.sealed = true }

// Len is the number of strings.
func (s *Strings) Len() int { return len(s.offsets) - 1 }

// Bytes is the memory held.
func (s *Strings) Bytes() int64 {
	return int64(24*len(s.slots) + 8*len(s.offsets) + len(s.data))
}

// At gives the string of a code, borrowed for good: strings never move once they are there.
func (s *Strings) At(code uint32) []byte { return s.data[s.offsets[code]:s.offsets[code+1]] }

// Frozen is the strings that were there when it was made.
type Frozen struct {
	offsets []int64
	data    []byte
}

// Freeze gives a view for readers in other goroutines. Appending to s later leaves it alone.
func (s *Strings) Freeze() Frozen { return Frozen{offsets: s.offsets, data: s.data} }

// At gives the string of a code.
func (f Frozen) At(code uint32) []byte { return f.data[f.offsets[code]:f.offsets[code+1]] }

// Code gives the code of v, a new one at first sight unless s is sealed. v is not kept.
func (s *Strings) Code(v []byte) uint32 {
	lo, hi := words(v, v, s.seed)
	return s.code(v, lo, hi)
}

// words gives up to 16 bytes as two words, or a longer string's hash, and 0. room is v with whatever may be read behind it.
func words(v, room []byte, seed uint64) (lo, hi uint64) {
	n := len(v)
	switch {
	case n > 16:
		return xxh3.HashSeed(v, seed), 0
	case cap(room) >= 16:
		w := room[:16]
		lo, hi = binary.LittleEndian.Uint64(w), binary.LittleEndian.Uint64(w[8:])
		return lo & loMask[n], hi & hiMask[n]
	}
	var w [16]byte
	copy(w[:], v)
	return binary.LittleEndian.Uint64(w[:]), binary.LittleEndian.Uint64(w[8:])
}

var loMask, hiMask = func() (lo, hi [17]uint64) {
	for n := range 17 {
		lo[n], hi[n] = lowBytes(min(n, 8)), lowBytes(max(n-8, 0))
	}
	return
}()

func lowBytes(n int) uint64 {
	if n == 8 {
		return ^uint64(0)
	}
	return 1<<(8*n) - 1
}

func fold(a, b uint64) uint64 {
	h, l := bits.Mul64(a, b)
	return h ^ l
}

// long says whether strings of n bytes stand in slots by their hash.
func long(n uint32) bool { return n > shortest }

// shortest is the size of the longest strings that stand in slots themselves.
const shortest = 16

// home is where a string belongs, whose words gave lo and hi.
func (s *Strings) home(lo, hi uint64, n uint32) uint64 {
	return fold(lo^s.seed^uint64(n), hi^0x9e3779b97f4a7c15) & uint64(len(s.slots)-1)
}

func (s *Strings) code(v []byte, lo, hi uint64) uint32 {
	n := uint32(len(v))
	mask := uint64(len(s.slots) - 1)
	for at := s.home(lo, hi, n); ; at = (at + 1) & mask {
		e := &s.slots[at]
		if e.code == 0 {
			return s.insert(v, lo, hi)
		}
		if e.lo == lo && e.n == n && (e.hi == hi && n <= shortest || n > shortest && s.same(e.hi, v, hi)) {
			return e.code - 1
		}
	}
}

// same says whether a string that is as long as v and has its first word, and at for its second, is v.
func (s *Strings) same(at uint64, v []byte, hi uint64) bool {
	if long(uint32(len(v))) {
		return string(s.data[at:at+uint64(len(v))]) == string(v)
	}
	return at == hi
}

func (s *Strings) insert(v []byte, lo, hi uint64) uint32 {
	if s.sealed {
		return Absent
	}
	if 4*(s.Len()+1) > 3*len(s.slots) {
		s.grow()
	}
	code := uint32(s.Len())
	e := stringSlot{lo: lo, hi: hi, n: uint32(len(v)), code: code + 1}
	if long(e.n) {
		e.hi = uint64(len(s.data))
	}
	s.data = append(s.data, v...)
	s.offsets = append(s.offsets, int64(len(s.data)))
	s.place(e)
	return code
}

func (s *Strings) place(e stringSlot) {
	hi := e.hi
	if long(e.n) {
		hi = 0
	}
	mask := uint64(len(s.slots) - 1)
	at := s.home(e.lo, hi, e.n)
	for s.slots[at].code != 0 {
		at = (at + 1) & mask
	}
	s.slots[at] = e
}

func (s *Strings) grow() {
	old := s.slots
	s.slots = make([]stringSlot, 2*len(old))
	for _, e := range old {
		if e.code != 0 {
			s.place(e)
		}
	}
}

// Column gives each row's code plus 1, and 0 for a null.
func (s *Strings) Column(c *batch.Column, dst []uint64) []uint64 {
	switch {
	case c.Dict != nil:
		t, at := s.translate(c.Dict), len(dst)
		dst = slices.Grow(dst, len(c.Codes))[:at+len(c.Codes)]
		for i, code := range c.Codes {
			dst[at+i] = uint64(t[code])
		}
	case c.Offsets != nil:
		if int(c.Offsets[c.N]-c.Offsets[0]) > shortest*c.N {
			dst = s.longs(c, dst)
			break
		}
		for i := range c.N {
			lo, hi := c.Offsets[i], c.Offsets[i+1]
			v := c.Data[lo:hi]
			a, b := words(v, c.Data[lo:], s.seed)
			dst = append(dst, uint64(s.code(v, a, b))+1)
		}
	default: // 16 bytes
		for i := range c.N {
			dst = append(dst, uint64(s.Code(c.Fixed[16*i:16*i+16]))+1)
		}
	}
	if c.Valid != nil {
		for i := range c.N {
			if !c.Valid.Get(i) {
				dst[len(dst)-c.N+i] = 0
			}
		}
	}
	return dst
}

// probeRows is how many strings are looked up at a time: one step is taken for all of them before the next one, so that the
// processor waits for the memory of many at once.
const probeRows = 128

// probe is a string on its way to its code.
type probe struct {
	lo, hi uint64
	code   uint32 // plus 1, of the string where it belongs, if that looks the same; 0: it does not
	at     uint64 // of that
}

// longs is Column for strings that stand one behind the other, most of them long.
func (s *Strings) longs(c *batch.Column, dst []uint64) []uint64 {
	var ps [probeRows]probe
	for from := 0; from < c.N; from += probeRows {
		offsets := c.Offsets[from : min(from+probeRows, c.N)+1]
		for i := range len(offsets) - 1 {
			p := &ps[i]
			p.lo, p.hi = words(c.Data[offsets[i]:offsets[i+1]], c.Data[offsets[i]:], s.seed)
		}
		for i := range len(offsets) - 1 {
			p, n := &ps[i], uint32(offsets[i+1]-offsets[i])
			e := &s.slots[s.home(p.lo, p.hi, n)]
			if p.code, p.at = e.code, e.hi; e.lo != p.lo || e.n != n {
				p.code = 0
			}
		}
		for i := range len(offsets) - 1 {
			p, v := &ps[i], c.Data[offsets[i]:offsets[i+1]]
			if p.code == 0 || !s.same(p.at, v, p.hi) {
				p.code = s.code(v, p.lo, p.hi) + 1
			}
			dst = append(dst, uint64(p.code))
		}
	}
	return dst
}

// translate gives our code plus 1 for each entry of d; it is extended when d grew.
func (s *Strings) translate(d *batch.Dict) []uint32 {
	at := -1
	for i := range s.dicts {
		if s.dicts[i].id == d.ID {
			at = i
			break
		}
	}
	if at < 0 {
		if len(s.dicts) == maxDicts {
			s.dicts = append(s.dicts[:0], s.dicts[1:]...)
		}
		at = len(s.dicts)
		s.dicts = append(s.dicts, translation{id: d.ID})
	}
	t := &s.dicts[at]
	for code := len(t.codes); code < d.Len(); code++ {
		t.codes = append(t.codes, s.Code(d.At(uint32(code)))+1)
	}
	return t.codes
}
