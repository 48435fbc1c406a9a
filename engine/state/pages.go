package state

import (
	"slices"
	"unsafe"
)

// PageRows is how many rows of words a page holds: small enough that a copy on write costs little, large enough that
// a directory of a million rows is a few thousand entries.
const PageRows = 256

// Pages is rows of 64-bit words, numbered densely from 0, in pages that are copied when a pin still needs the old one.
// See the package comment. One goroutine writes; a View may be read from any.
type Pages struct {
	width  int
	dir    []*page
	n      int
	free   []uint32
	shared bool   // a View holds dir's array: copy before the next write to it
	pinned uint64 // the newest epoch that a View was taken at
	epoch  uint64 // under way
	boxed  int64
}

type page struct {
	stamp uint64
	words []uint64
	boxes []any // side objects, Boxes a row; nil without any
}

// NewPages makes pages of rows of width words.
func NewPages(width int) *Pages { return &Pages{width: width} }

// Width is the number of words of a row.
func (p *Pages) Width() int { return p.width }

// Len is the number of rows ever used: free ones among them count.
func (p *Pages) Len() int { return p.n }

// Used is the number of rows in use.
func (p *Pages) Used() int { return p.n - len(p.free) }

// Bytes is the memory of the live pages, and of the side objects as far as Boxed was told.
func (p *Pages) Bytes() int64 { return int64(len(p.dir))*int64(PageRows*p.width*8) + p.boxed }

// Boxed says by how many bytes the side objects have grown, or shrunk.
func (p *Pages) Boxed(n int64) { p.boxed += n }

// SetEpoch says which epoch the writes from now on belong to.
func (p *Pages) SetEpoch(no uint64) { p.epoch = no }

// Epoch is the epoch that writes belong to.
func (p *Pages) Epoch() uint64 { return p.epoch }

// New gives a zeroed row: a freed one, or one more.
func (p *Pages) New() uint32 {
	if len(p.free) > 0 {
		r := p.free[len(p.free)-1]
		p.free = p.free[:len(p.free)-1]
		pg := p.writable(r / PageRows)
		clear(p.Row(r))
		if pg.boxes != nil {
			boxes := len(pg.boxes) / PageRows
			clear(pg.boxes[int(r%PageRows)*boxes:][:boxes])
		}
		return r
	}
	r := uint32(p.n)
	if p.n%PageRows == 0 {
		p.ownDir()
		p.dir = append(p.dir, &page{stamp: p.epoch, words: make([]uint64, PageRows*p.width)})
	} else {
		p.writable(r / PageRows)
	}
	p.n++
	return r
}

// Free gives a row back for New.
func (p *Pages) Free(r uint32) { p.free = append(p.free, r) }

// Row is a row's words, to be read. Before they are written, Touch must have named the row in this epoch.
func (p *Pages) Row(r uint32) []uint64 {
	at := int(r%PageRows) * p.width
	return p.dir[r/PageRows].words[at : at+p.width : at+p.width]
}

// Touch makes rows writable in this epoch, and gives the address of each one's first word. It is called once per
// batch, so that the loops that fold have nothing to check.
func (p *Pages) Touch(rows []uint32, dst []*uint64) []*uint64 {
	dst = slices.Grow(dst[:0], len(rows))[:len(rows)]
	dir, epoch, width := p.dir, p.epoch, p.width // which the loop would read again for each row
	for i, r := range rows {
		pg := dir[r/PageRows]
		if pg.stamp != epoch {
			pg = p.writable(r / PageRows)
			dir = p.dir
		}
		dst[i] = &pg.words[int(r%PageRows)*width]
	}
	return dst
}

// writable gives page no for writing in this epoch.
func (p *Pages) writable(no uint32) *page {
	pg := p.dir[no]
	if pg.stamp == p.epoch {
		return pg
	}
	if pg.stamp <= p.pinned {
		p.ownDir()
		pg = &page{words: slices.Clone(pg.words), boxes: slices.Clone(pg.boxes)}
		p.dir[no] = pg
	}
	pg.stamp = p.epoch
	return pg
}

func (p *Pages) ownDir() {
	if p.shared {
		p.dir, p.shared = slices.Clone(p.dir), false
	}
}

// At gives the word off words after the address that Touch gave.
func At[T int64 | uint64 | float64](row *uint64, off int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(row), off*8))
}

// Box gives the side object i of a row, nil if it has none.
func (p *Pages) Box(r uint32, i, boxes int) any { return p.dir[r/PageRows].box(r, i, boxes) }

func (pg *page) box(r uint32, i, boxes int) any {
	if pg.boxes == nil {
		return nil
	}
	return pg.boxes[int(r%PageRows)*boxes+i]
}

// SetBox sets side object i of a row that was touched in this epoch. An object that a View may see is the caller's to
// copy before it changes it: Shared says so.
func (p *Pages) SetBox(r uint32, i, boxes int, v any) {
	pg := p.writable(r / PageRows)
	if pg.boxes == nil {
		pg.boxes = make([]any, PageRows*boxes)
	}
	pg.boxes[int(r%PageRows)*boxes+i] = v
}

// Pinned is the newest epoch that a View was taken at: what was last changed then or before must be copied before it
// changes.
func (p *Pages) Pinned() uint64 { return p.pinned }

// View holds the rows as they are now. It costs nothing until the next write.
func (p *Pages) View() *View {
	p.shared = true
	p.pinned = max(p.pinned, p.epoch)
	return &View{width: p.width, dir: p.dir, n: p.n, epoch: p.epoch}
}

// Look gives the rows as they are now until the next write, and costs nothing then.
func (p *Pages) Look() *View { return &View{width: p.width, dir: p.dir, n: p.n, epoch: p.epoch} }

// View is pages held still. It may be read from any goroutine, and is memory like any other: nothing to release.
type View struct {
	width int
	dir   []*page
	n     int
	epoch uint64
}

// Len is the number of rows, free ones included.
func (v *View) Len() int { return v.n }

// Epoch is the epoch that the view was taken at.
func (v *View) Epoch() uint64 { return v.epoch }

// Row is a row's words, not to be written.
func (v *View) Row(r uint32) []uint64 {
	at := int(r%PageRows) * v.width
	return v.dir[r/PageRows].words[at : at+v.width : at+v.width]
}

// Box gives side object i of a row.
func (v *View) Box(r uint32, i, boxes int) any { return v.dir[r/PageRows].box(r, i, boxes) }

// Pages is the number of pages, and Stamp the epoch that last wrote to one of them.
func (v *View) Pages() int { return len(v.dir) }

// Stamp is the epoch that last wrote to page no.
func (v *View) Stamp(no int) uint64 { return v.dir[no].stamp }
