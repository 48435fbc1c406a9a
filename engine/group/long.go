package group

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/vexfs/vexstream/engine/batch"
)

// Strings of more than shortest bytes stand in their slots by a digest of 128 bits, of a secret of the process, and are not
// compared byte by byte: of four billion different ones, two have the same with a chance of less than one in 2^60, whoever chose
// them. So one line of memory says which string a row has, where slot, place and bytes were three or four.

// secret is what digests are made with, which nobody outside the process knows.
var secret = [5]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()}

// digest is the digest of more than shortest bytes. Two chains of multiplications read the same bytes with different secrets.
// Lengths that are nearly the same take the same branches.
func digest(v []byte, secret *[5]uint64) (lo, hi uint64) {
	n := len(v)
	a, b := secret[0]^uint64(n), secret[1]
	if n <= 64 {
		a, b = digestStep(v, a, b, secret)
		if n > 32 {
			a, b = digestStep(v[16:], a, b, secret)
			a, b = digestStep(v[n-32:], a, b, secret)
		}
	} else {
		for rest := v; len(rest) > 16; rest = rest[16:] {
			a, b = digestStep(rest, a, b, secret)
		}
	}
	a, b = digestStep(v[n-16:], a, b, secret)
	return fold(a^secret[4], b), b ^ a
}

func digestStep(v []byte, a, b uint64, secret *[5]uint64) (uint64, uint64) {
	v = v[:16]
	x, y := binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[8:])
	return fold(x^secret[2], y^a), fold(y^secret[3], x^b)
}

// probeRows is how many rows take a step together: many strings' slots are in no near cache, so those of all rows are asked of
// memory before the first is looked at.
const probeRows = 128

// probe is a string on its way to its code.
type probe struct {
	lo, hi uint64
	home   uint64
}

// longColumn is Column for strings that stand one behind the other, most of them long.
func (s *Strings) longColumn(c *batch.Column, dst []uint64) {
	var room [probeRows]probe
	for from := 0; from < c.N; from += probeRows {
		offsets := c.Offsets[from : min(from+probeRows, c.N)+1]
		ps, out := room[:len(offsets)-1], dst[from:][:len(offsets)-1]
		s.fetch(ps, offsets, c.Data)
		slots := s.slots
		mask := uint64(len(slots) - 1)
		for i := range ps {
			p, n := &ps[i], uint32(offsets[i+1]-offsets[i])
			e := &slots[p.home&mask]
			for at := p.home; e.code != 0 && (e.lo != p.lo || e.hi != p.hi || e.n != n); e = &slots[at&mask] {
				at++
			}
			code := e.code
			if code == 0 {
				code = s.code(c.Data[offsets[i]:offsets[i+1]], p.lo, p.hi) + 1
				slots = s.slots
				mask = uint64(len(slots) - 1)
			}
			out[i] = uint64(code)
		}
	}
}

// fetch makes the rows' probes and reads where they will look. Reading is a loop of its own: a processor looks ahead by so many
// instructions only, and waits for as many slots at once as there are reads among them.
func (s *Strings) fetch(ps []probe, offsets []int32, data []byte) {
	for i := range ps {
		p, v := &ps[i], data[offsets[i]:offsets[i+1]]
		p.lo, p.hi = words(v)
		p.home = home(p.lo, p.hi, uint32(len(v)), s.seed)
	}
	slots, fetched := s.slots, uint32(0)
	mask := uint64(len(slots) - 1)
	for i := range ps {
		fetched |= slots[ps[i].home&mask].code
	}
	s.fetched = fetched // so that it is not for nothing
}
