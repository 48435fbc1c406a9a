package expr

import (
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/invariant"
)

// arena hands out memory that lives until the next reset. After a first round it is one block as large as that round
// needed, so that a steady stream of batches allocates nothing.
type arena struct {
	block []uint64
	used  int // words of block that are lent
	past  int // words of earlier, filled blocks of this round
}

// arenaBlock is the least number of words that a block has, arenaKept the most that is kept from round to round.
const (
	arenaBlock = 64
	arenaKept  = 8 << 20
)

func (a *arena) take(words int) []uint64 {
	words += batch.Padding / 8
	if a.used+words > len(a.block) {
		a.past += len(a.block)
		a.block = make([]uint64, max(arenaBlock, words, 2*len(a.block)))
		a.used = 0
	}
	w := a.block[a.used : a.used+words]
	a.used += words
	return w
}

func (a *arena) reset() {
	if invariant.Enabled {
		invariant.Poison(a.block)
	}
	if a.past > 0 && len(a.block) < arenaKept {
		a.block = make([]uint64, min(arenaKept, a.past+len(a.block)))
	}
	a.past, a.used = 0, 0
}

// scratch gives n values of T with batch.Padding behind them, and with arbitrary contents.
func scratch[T any](c *Ctx, n int) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	w := c.arena.take((n*size + 7) / 8)
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*8/size)[:n]
}

// bitmap gives n bits with arbitrary contents.
func (c *Ctx) bitmap(n int) batch.Bitmap { return scratch[uint64](c, (n+63)/64) }

// textBuffer gives an empty buffer for the bytes of a text result; keepText takes it back, as grown, and the next
// Reset frees it.
func (c *Ctx) textBuffer() ([]byte, int) {
	if c.lent == len(c.texts) {
		c.texts = append(c.texts, make([]byte, 0, 256))
	}
	c.lent++
	return c.texts[c.lent-1][:0], c.lent - 1
}

func (c *Ctx) keepText(slot int, b []byte) { c.texts[slot] = b }

// maxKeptText is how many bytes a text buffer may have to be kept for the next batch.
const maxKeptText = 4 << 20

func (c *Ctx) resetTexts() {
	for i, b := range c.texts[:c.lent] {
		if invariant.Enabled {
			invariant.Poison(b[:cap(b)])
		}
		if cap(b) > maxKeptText {
			c.texts[i] = nil
		}
	}
	c.lent = 0
}

// identity is every row of a batch, as positions: what the row-by-row kernels loop over when nothing is selected.
var identity = func() (s [batch.MaxRows]uint32) {
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}()

// zeroCodes is a column of the first code of a dictionary, which is how a text constant fills a batch.
var zeroCodes [batch.MaxRows]uint32

func everyRow(n int) []uint32 {
	if n <= batch.MaxRows {
		return identity[:n]
	}
	s := make([]uint32, n)
	for i := range s {
		s[i] = uint32(i)
	}
	return s
}

func sameCode(n int) []uint32 {
	if n <= batch.MaxRows {
		return zeroCodes[:n]
	}
	return make([]uint32, n)
}
