package agg

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// sketch counts about how many different hashes it was given (HyperLogLog; Flajolet, Fusy, Gandouet and Meunier 2007). Of a few it keeps
// 25 bits of each, so that it counts them exactly but once in some thousands; of more it keeps, for each value of the first 14
// bits, the longest row of zeros behind them. Either is what the different hashes say, whatever their order, how often each came,
// and which sketches had them first.
type sketch struct {
	few   []uint32 // open addressing: the first 25 bits and, below, the rank of the others, which is not 0
	n     int      // of these
	many  []uint8  // in place of few: ranks by the first 14 bits
	count [rankEnd]uint32
}

const (
	fewBits   = 25
	rankBits  = 6
	fewLeast  = 16      // places of few
	fewMost   = 1 << 12 // of which three quarters are taken before many takes no more memory
	manyBits  = 14
	registers = 1 << manyBits
	rankEnd   = 64 - manyBits + 2
)

// rankOf is the number of zeros behind the first n bits of h, and 1.
func rankOf(h uint64, n int) int { return bits.LeadingZeros64(h<<n|1<<(n-1)) + 1 }

// add takes a hash in, and says by how many bytes that made the sketch larger.
func (s *sketch) add(h uint64) (grown int64) {
	if s.many != nil {
		s.raise(h>>(64-manyBits), uint8(rankOf(h, manyBits)))
		return 0
	}
	return s.addFew(uint32(h>>(64-fewBits))<<rankBits | uint32(rankOf(h, fewBits)))
}

// raise makes register i at least rank.
func (s *sketch) raise(i uint64, rank uint8) {
	if have := s.many[i]; rank > have {
		s.many[i] = rank
		s.count[have]--
		s.count[rank]++
	}
}

func (s *sketch) addFew(entry uint32) (grown int64) {
	if s.many != nil {
		s.raise(widened(entry))
		return 0
	}
	at, there := s.find(entry)
	if there {
		s.few[at] = max(s.few[at], entry)
		return 0
	}
	if 4*(s.n+1) > 3*len(s.few) {
		before := s.bytes()
		if len(s.few) == fewMost {
			s.widen()
			s.raise(widened(entry))
			return s.bytes() - before
		}
		old := s.few
		s.few = make([]uint32, max(2*len(old), fewLeast))
		for _, e := range old {
			if e != 0 {
				at, _ := s.find(e)
				s.few[at] = e
			}
		}
		at, _ = s.find(entry)
		grown = s.bytes() - before
	}
	s.few[at] = entry
	s.n++
	return grown
}

// find gives the place of the entry with the same first bits, or where it belongs. There is room.
func (s *sketch) find(entry uint32) (at uint32, there bool) {
	if len(s.few) == 0 {
		return 0, false
	}
	mask := uint32(len(s.few) - 1)
	for at = entry >> rankBits & mask; ; at = (at + 1) & mask {
		if e := s.few[at]; e == 0 || e>>rankBits == entry>>rankBits {
			return at, e != 0
		}
	}
}

// widened gives the register and the rank that an entry of few stands for.
func widened(entry uint32) (i uint64, rank uint8) {
	first := entry >> rankBits
	low := first & (1<<(fewBits-manyBits) - 1)
	if low != 0 {
		return uint64(first >> (fewBits - manyBits)), uint8(fewBits - manyBits - bits.Len32(low) + 1)
	}
	return uint64(first >> (fewBits - manyBits)), uint8(fewBits - manyBits + entry&(1<<rankBits-1))
}

// widen makes registers of the entries.
func (s *sketch) widen() {
	old := s.few
	s.few, s.n = nil, 0
	s.many = make([]uint8, registers)
	s.count[0] = registers
	for _, e := range old {
		if e != 0 {
			s.raise(widened(e))
		}
	}
}

// merge takes in all that o has, and says by how many bytes that made s larger.
func (s *sketch) merge(o *sketch) (grown int64) {
	for _, e := range o.few {
		if e != 0 {
			grown += s.addFew(e)
		}
	}
	if o.many == nil {
		return grown
	}
	if s.many == nil {
		before := s.bytes()
		s.widen()
		grown += s.bytes() - before
	}
	for i, rank := range o.many {
		s.raise(uint64(i), rank)
	}
	return grown
}

func (s *sketch) clone() *sketch {
	c := *s
	c.few, c.many = slices.Clone(s.few), slices.Clone(s.many)
	return &c
}

func (s *sketch) bytes() int64 { return int64(4*len(s.few) + len(s.many)) }

// estimate says how many different hashes there were. A few are counted; of many the error is 0.81 % (the standard one: 1.04 by the
// root of 16,384), without tables and over the whole range (Ertl 2017, New cardinality estimation algorithms for HyperLogLog
// sketches, algorithm 6). Products are rounded before they are added, so that the result is the same on every processor.
func (s *sketch) estimate() int64 {
	if s.many == nil {
		return int64(s.n)
	}
	const m = float64(registers)
	z := m * tau(1-float64(s.count[rankEnd-1])/m)
	for k := rankEnd - 2; k >= 1; k-- {
		z = 0.5 * (z + float64(s.count[k]))
	}
	z += float64(m * sigma(float64(s.count[0])/m))
	return int64(math.RoundToEven(float64(m*m) / float64(2*math.Ln2*z)))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x = float64(x * x)
		before := z
		z += float64(x * y)
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		square := float64((1 - x) * (1 - x))
		z -= float64(square * y)
		if z == before {
			return z / 3
		}
	}
}

// record appends the sketch to dst: its registers, or its entries in order.
func (s *sketch) record(dst []byte) []byte {
	if s.many != nil {
		return append(dst, s.many...)
	}
	entries := slices.DeleteFunc(slices.Clone(s.few), func(e uint32) bool { return e == 0 })
	slices.Sort(entries)
	for _, e := range entries {
		dst = binary.LittleEndian.AppendUint32(dst, e)
	}
	return dst
}

// sketchOf reads what record wrote. Entries are less than registers are bytes, so the length says which it is.
func sketchOf(record string) (*sketch, bool) {
	s := &sketch{}
	switch {
	case len(record) == registers:
		s.widen()
		for i := range registers {
			if record[i] >= rankEnd {
				return s, false
			}
			s.raise(uint64(i), record[i])
		}
	case len(record)%4 != 0 || len(record) > 3*fewMost:
		return s, false
	default:
		for ; record != ""; record = record[4:] {
			e := binary.LittleEndian.Uint32([]byte(record[:4]))
			if rank := e & (1<<rankBits - 1); rank == 0 || rank > 64-fewBits+1 || e>>(fewBits+rankBits) != 0 {
				return s, false
			}
			s.addFew(e)
		}
	}
	return s, true
}
