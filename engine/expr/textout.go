package expr

import (
	"math"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// textOut collects a LayoutBytes result, row by row in ascending order: at(r), then append to buf.
//
// What a row appends is looked at when the next one begins: a value that is longer than types.MaxValueBytes fails its row, and
// so does one that the Ctx's Budget has no room for. A routine that may append much more than its arguments are long
// asks on its way (room, over).
type textOut struct {
	f    *frame
	offs []int32
	buf  []byte
	next int // the first row without a beginning
	slot int
	free int // up to this length of buf there is nothing to look at
	paid int // bytes that are reserved for buf
}

// freeText is how many bytes a result may have before they are reserved: small ones are not worth the counting.
const freeText = 256 << 10

func (f *frame) text() textOut {
	buf, slot := f.c.textBuffer()
	free := freeText
	if f.c.most > 0 {
		free = min(free, f.c.most)
	}
	return textOut{f: f, offs: scratch[int32](f.c, f.n+1), buf: buf, slot: slot, free: free}
}

// at begins row r; the rows passed over are empty.
func (t *textOut) at(r uint32) {
	if len(t.buf) > t.free {
		t.settle()
	}
	for ; t.next <= int(r); t.next++ {
		t.offs[t.next] = int32(len(t.buf))
	}
}

// extend appends s and gives the copy, to be changed in place.
func (t *textOut) extend(s []byte) []byte {
	t.buf = append(t.buf, s...)
	return t.buf[len(t.buf)-len(s):]
}

// undo drops what was appended since at.
func (t *textOut) undo() { t.buf = t.buf[:t.offs[t.next-1]] }

// maxText is how many bytes one column of a batch may have: its offsets are int32.
const maxText = math.MaxInt32 - batch.Padding

// room says whether the row under way may append more more bytes. If not the row has failed, and has nothing.
func (t *textOut) room(more int) bool {
	size, begin := len(t.buf)+more, int(t.offs[t.next-1])
	if size <= t.free {
		if cap(t.buf) < size && more > 0 {
			t.buf = slices.Grow(t.buf, more)
		}
		return true
	}
	c := t.f.c
	switch err := c.allows(size - begin); {
	case err != nil:
		return t.refuse(err)
	case c.Splits && begin > 0 && size > maxCrowd:
		return t.crowd(begin)
	case size > maxText:
		return t.refuse(sqlerr.New(sqlerr.ProgramLimitExceeded, "the texts of a batch exceed %d bytes", maxText))
	}
	if size > t.paid {
		want := min(maxText, size+size/4)
		if err := c.pay(int64(want - t.paid)); err != nil {
			if c.Splits && begin > 0 {
				return t.crowd(begin)
			}
			return t.refuse(err)
		}
		t.paid = want
	}
	if more > 0 {
		t.buf = slices.Grow(t.buf, more)
	}
	// A single value is looked at before it can be longer than all that is free.
	t.free = min(t.paid, begin+c.longest())
	if c.Splits && c.most == 0 {
		t.free = min(t.free, max(maxCrowd, size))
	}
	return true
}

// crowd says that the row under way, whose value begins at begin, is one too many for this batch.
func (t *textOut) crowd(begin int) bool {
	t.f.c.crowded = true
	t.free = begin
	return t.refuse(errCrowded)
}

// maxCrowd is how many bytes a result may have from more rows than one, where the caller can do with fewer rows at a time.
const maxCrowd = 64 << 20

var errCrowded = sqlerr.New(sqlerr.InternalError, "more rows than there is room for at once")

// Crowded says that the batch has too many rows for their values, which is why rows have failed since the last Reset: with fewer rows they
// may not. It is for a Ctx that Splits.
func (c *Ctx) Crowded() bool { return c.crowded }

// over says whether the row under way has become too long for its value or for memory; then it has failed, and has nothing.
func (t *textOut) over() bool { return len(t.buf) > t.free && !t.room(0) }

// settle looks at the row that ends here.
func (t *textOut) settle() {
	if t.next > 0 {
		t.room(0)
	}
}

// refuse fails the row under way and forgets what it has.
func (t *textOut) refuse(err error) bool {
	t.f.fail(uint32(t.next-1), err)
	t.undo()
	return false
}

// done makes the result of what was collected.
func (t *textOut) done() {
	t.at(uint32(t.f.n))
	if cap(t.buf)-len(t.buf) < batch.Padding {
		t.buf = append(t.buf, make([]byte, batch.Padding)...)[:len(t.buf)]
	}
	t.f.c.keepText(t.slot, t.buf)
	t.f.out.Offsets, t.f.out.Data = t.offs, t.buf
}

// longest is how many bytes one value may have.
func (c *Ctx) longest() int {
	if c.most > 0 {
		return c.most
	}
	return types.MaxValueBytes
}

// allows refuses a value of size bytes if that is too long. Errors: 54000.
func (c *Ctx) allows(size int) error {
	if size > c.longest() {
		return types.ValueTooLong(size)
	}
	return nil
}

// pay reserves n bytes until the next Reset. After an error the evaluation is over: Exhausted says why. Errors: 53200.
func (c *Ctx) pay(n int64) error {
	if c.exhausted != nil {
		return c.exhausted
	}
	if err := c.Budget.Reserve(n); err != nil {
		c.exhausted = err
		return err
	}
	c.paid += n
	return nil
}

// work reserves n bytes for what one row needs on its way, as much as the row that needs most.
func (c *Ctx) work(n int) error {
	if n <= freeText || int64(n) <= c.worked {
		return nil
	}
	if err := c.pay(int64(n) - c.worked); err != nil {
		return err
	}
	c.worked = int64(n)
	return nil
}

// treeBytes is about what a byte of JSON takes as a tree.
const treeBytes = 16

// tree reads argument i of row r, which is JSON. A row that there is no memory for fails, and its tree is null.
func (f *frame) tree(i int, r uint32) any {
	v := f.raw(i, r)
	if err := f.c.work(treeBytes * len(v)); err != nil {
		f.fail(r, err)
		return nil
	}
	return readTree(v)
}

// fits says whether b, which gathers the result, may take the value of row r. If not the row has failed, and so would all behind it.
func (f *frame) fits(b *batch.Builder, r uint32) bool {
	size := b.Size()
	if size <= freeText {
		return true
	}
	var err error
	if size > maxText-types.MaxValueBytes {
		err = sqlerr.New(sqlerr.ProgramLimitExceeded, "the values of a batch exceed %d bytes", maxText-types.MaxValueBytes)
	} else {
		err = f.c.work(size + size/2)
	}
	if err != nil {
		f.fail(r, err)
	}
	return err == nil
}

// foresee refuses row r if its arguments are longer together than the value that is made of them may be.
func (f *frame) foresee(r uint32) error {
	n := f.sizeOf(r)
	if n <= freeText {
		return nil
	}
	if err := f.c.allows(n); err != nil {
		return err
	}
	return f.c.work(n)
}

// Exhausted is the 53200 that values of this evaluation met, nil if there was room for all. A row that failed with it fails for
// what stands beside it, so it is no dead letter.
func (c *Ctx) Exhausted() error { return c.exhausted }

// within gives a Ctx for evaluations within one of c, which its maker closes.
func (c *Ctx) within() *Ctx {
	return &Ctx{Now: c.Now, Locale: c.Locale, Params: c.Params, Catalog: c.Catalog, Budget: c.Budget, most: c.most}
}

// Close gives back what is reserved. c may be used again after Reset.
func (c *Ctx) Close() {
	c.Budget.Release(c.paid)
	c.paid, c.worked = 0, 0
}
