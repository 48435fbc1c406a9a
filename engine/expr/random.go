package expr

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Random is where a session's random() comes from. After setseed() its numbers are those of PostgreSQL 15 after the same call
// (xoroshiro128**, seeded by splitmix64). The zero Random has no seed that anybody knows.
type Random struct {
	mu     sync.Mutex // operators of one query may run side by side
	seeded bool
	a, b   uint64
}

// Session is a Catalog that has random numbers of its own.
type Session interface{ Random() *Random }

func (f *frame) random() *Random {
	if s, ok := f.c.Catalog.(Session); ok {
		return s.Random()
	}
	return nil
}

// Seed begins the sequence of numbers that setseed() begins.
func (r *Random) Seed(by float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	state := uint64(int64((1<<52 - 1) * by))
	split := func() uint64 {
		state += 0x9E3779B97f4A7C15
		v := state
		v = (v ^ v>>30) * 0xBF58476D1CE4E5B9
		v = (v ^ v>>27) * 0x94D049BB133111EB
		return v ^ v>>31
	}
	r.a, r.b, r.seeded = split(), split(), true
}

// fill puts the next numbers into out.
func (r *Random) fill(out []float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range out {
		if !r.seeded {
			out[i] = rand.Float64()
			continue
		}
		a, mixed := r.a, r.b^r.a
		r.a, r.b = bits.RotateLeft64(a, 24)^mixed^mixed<<16, bits.RotateLeft64(mixed, 37)
		out[i] = float64(bits.RotateLeft64(a*5, 7)*9>>12) / (1 << 52)
	}
}

func random(f *frame) {
	out := result[float64](f)
	if r := f.random(); r != nil {
		r.fill(out)
		return
	}
	for i := range out {
		out[i] = rand.Float64()
	}
}

func setSeed(f *frame) {
	out := f.text()
	a, ma := vals[float64](f, 0)
	for _, row := range f.rows() {
		out.at(row)
		by := a[int(row)&ma]
		r := f.random()
		switch {
		case math.IsNaN(by) || by < -1 || by > 1:
			f.fail(row, sqlerr.New(sqlerr.InvalidParameterValue, "setseed parameter %s is out of allowed range [-1,1]", strconv.FormatFloat(by, 'g', 6, 64)))
		case r == nil:
			f.fail(row, sqlerr.NotSupported("setseed() here"))
		default:
			r.Seed(by)
		}
	}
	out.done()
}
