package epoch

import (
	"container/list"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
)

// minKeptRows is the fewest rows of a block whose columns are kept decoded: below, finding them costs as much as
// decoding them.
const minKeptRows = 512

// decoded keeps columns of blocks as they were decoded, as many as its budget allows.
//
// What was used longest ago goes first, but nothing goes that the scan asking for room, or a later one, has used: a scan
// of more than fits would else push out each block just before the next scan wants it, and find nothing, ever.
//
// # Concurrency
//
// Any goroutine may call the methods. Columns are shared and never written to.
type decoded struct {
	budget *mem.Budget

	mu    sync.Mutex
	scans uint64 // so far
	kept  map[columnOf]*list.Element
	order list.List // of *keptColumn, the last used one first
	zones map[columnOf]zone
}

// columnOf names a column of a block: no two blocks of a relation begin at one offset.
type columnOf struct {
	relation uint32
	column   int32
	offset0  int64
}

type keptColumn struct {
	key  columnOf
	scan uint64 // the last one that used it
	col  batch.Column
}

// begin gives a number for a scan.
func (d *decoded) begin() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.scans++
	return d.scans
}

// get fills into with the columns that are kept, and says whether all are.
func (d *decoded) get(scan uint64, b *Block, cols []int, into []batch.Column) bool {
	if b.Rows < minKeptRows || d.budget == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	all := true
	for i, c := range cols {
		at, ok := d.kept[columnOf{b.Relation, int32(c), b.Offset0}]
		if !ok {
			into[i], all = batch.Column{}, false
			continue
		}
		k := at.Value.(*keptColumn)
		k.scan = max(k.scan, scan)
		d.order.MoveToFront(at)
		into[i] = k.col
	}
	return all
}

// put keeps a column, if there is or can be made room for it.
func (d *decoded) put(scan uint64, b *Block, column int, col *batch.Column) {
	if b.Rows < minKeptRows || d.budget == nil {
		return
	}
	key := columnOf{b.Relation, int32(column), b.Offset0}
	size := int64(col.Bytes())
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.kept[key]; ok {
		return
	}
	for d.budget.Reserve(size) != nil {
		last := d.order.Back()
		if last == nil || last.Value.(*keptColumn).scan >= scan {
			return
		}
		d.drop(last)
	}
	if d.kept == nil {
		d.kept = map[columnOf]*list.Element{}
	}
	d.kept[key] = d.order.PushFront(&keptColumn{key: key, scan: scan, col: *col})
}

func (d *decoded) drop(at *list.Element) {
	k := d.order.Remove(at).(*keptColumn)
	delete(d.kept, k.key)
	d.budget.Release(int64(k.col.Bytes()))
}

// forget drops everything.
func (d *decoded) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for at := d.order.Front(); at != nil; at = d.order.Front() {
		d.drop(at)
	}
}
