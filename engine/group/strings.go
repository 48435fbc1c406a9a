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
	fetched uint32 // scratch
}

type stringSlot struct {
	lo, hi uint64 // the string itself, or the digest of a long one
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
	lo, hi := words(v)
	return s.code(v, lo, hi)
}

// words gives what a string stands in its slot by.
func words(v []byte) (lo, hi uint64) {
	if len(v) > shortest {
		return digest(v, &secret)
	}
	var w [shortest]byte
	copy(w[:], v)
	return binary.LittleEndian.Uint64(w[:]), binary.LittleEndian.Uint64(w[8:])
}

// shortest is the size of the longest strings that stand in slots themselves.
const shortest = 16

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

// home is where a string belongs, but for the size of the table.
func home(lo, hi uint64, n uint32, seed uint64) uint64 {
	return fold(lo^seed^uint64(n), hi^0x9e3779b97f4a7c15)
}

func (s *Strings) home(lo, hi uint64, n uint32) uint64 {
	return home(lo, hi, n, s.seed) & uint64(len(s.slots)-1)
}

// code gives the code of a string, whose words are lo and hi.
func (s *Strings) code(v []byte, lo, hi uint64) uint32 {
	n := uint32(len(v))
	mask := uint64(len(s.slots) - 1)
	at := s.home(lo, hi, n)
	for ; s.slots[at].code != 0; at = (at + 1) & mask {
		if e := &s.slots[at]; e.lo == lo && e.n == n && e.hi == hi {
			return e.code - 1
		}
	}
	if s.sealed {
		return Absent
	}
	code := s.keep(v)
	if 4*s.Len() > 3*len(s.slots) {
		s.grow()
	}
	s.place(stringSlot{lo: lo, hi: hi, n: n, code: code + 1})
	return code
}

// keep gives v, which is not there, the next code.
func (s *Strings) keep(v []byte) (code uint32) {
	code = uint32(s.Len())
	s.data = append(s.data, v...)
	s.offsets = append(s.offsets, int64(len(s.data)))
	return code
}

func (s *Strings) place(e stringSlot) {
	mask := uint64(len(s.slots) - 1)
	at := s.home(e.lo, e.hi, e.n)
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
		out := dst[at:][:len(c.Codes)]
		for i, code := range c.Codes {
			out[i] = uint64(t[code])
		}
	case c.Offsets != nil:
		at := len(dst)
		dst = slices.Grow(dst, c.N)[:at+c.N]
		if int(c.Offsets[c.N]-c.Offsets[0]) > shortest*c.N {
			s.longColumn(c, dst[at:])
		} else {
			s.shortColumn(c, dst[at:])
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

// shortColumn is Column for strings that stand one behind the other, most of them short. What lies behind one may be read.
func (s *Strings) shortColumn(c *batch.Column, dst []uint64) {
	data := c.Data[:cap(c.Data)]
	offsets, slots, seed := c.Offsets[:c.N+1], s.slots, s.seed
	for i := range dst {
		from, end := offsets[i], offsets[i+1]
		n := uint32(end - from)
		if n > shortest || int(from)+shortest > len(data) {
			dst[i] = uint64(s.Code(c.Data[from:end])) + 1
			slots = s.slots
			continue
		}
		w := data[from:][:shortest]
		lo := binary.LittleEndian.Uint64(w) & loMask[n]
		hi := binary.LittleEndian.Uint64(w[8:]) & hiMask[n]
		e := &slots[home(lo, hi, n, seed)&uint64(len(slots)-1)]
		if e.lo != lo || e.hi != hi || e.n != n || e.code == 0 {
			dst[i] = uint64(s.code(c.Data[from:end], lo, hi)) + 1
			slots = s.slots
			continue
		}
		dst[i] = uint64(e.code)
	}
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
