package session

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
)

// table is what is known of a table where its log ends: which rows it has, and which row has which key. The rows
// themselves are the contents of a view of the log (package live). Whoever writes holds mu from the reading to the end of
// the commit, so that nothing changes in between.
type table struct {
	mu   sync.Mutex // guards what follows
	rows map[int64]struct{}
	keys []map[string]int64        // by the relation's keys: the row's number
	refs map[string]map[string]int // by its foreign keys' names: how many rows refer to a key
	next int64                     // the next row's number
	// on holds rows that are in what is known and on their way to the log: only such as were added, by statements that
	// took none out. In the order of the log.
	on []*onWay
}

// onWay is rows of one statement on their way to the log.
type onWay struct {
	st *epoch.Statement
	ed *edits
}

// settle waits for the rows that are on their way, and forgets those that the log would not take. mu is held.
func (t *table) settle() {
	for _, w := range t.on {
		if _, err := w.st.Wait(context.Background()); err == nil {
			continue
		}
		for _, b := range w.ed.added {
			t.forget(w.ed.r, w.ed.still(b))
		}
	}
	t.on = nil
}

// settleFor is settle if a row would have the key of one that is on its way. mu is held.
func (t *table) settleFor(r *catalog.Relation, rows []*batch.Batch) {
	if len(t.on) == 0 {
		return
	}
	var buf []byte
	for _, b := range rows {
		for i := range b.N {
			for k := range t.keys {
				key, ok := keyOf(buf[:0], b, i, r.Keys[k].Columns)
				if buf = key; !ok {
					continue
				}
				if _, taken := t.keys[k][string(key)]; taken {
					t.settle()
					return
				}
			}
		}
	}
}

func newTable(r *catalog.Relation) *table {
	t := &table{rows: map[int64]struct{}{}, refs: map[string]map[string]int{}, next: 1}
	for range r.Keys {
		t.keys = append(t.keys, map[string]int64{})
	}
	return t
}

// tables is those of a node, by ID.
type tables struct {
	mu sync.Mutex // guards by
	by map[uint32]*table
}

func (ts *tables) get(id uint32) (*table, error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t := ts.by[id]; t != nil {
		return t, nil
	}
	return nil, sqlerr.New(sqlerr.UndefinedTable, "a relation of the query was dropped meanwhile")
}

func (ts *tables) set(id uint32, t *table) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t == nil {
		delete(ts.by, id)
	} else {
		ts.by[id] = t
	}
}

// rowNumbers is the column of the rows' numbers, the last one.
func rowNumbers(b *batch.Batch) []int64 { return batch.Values[int64](&b.Cols[len(b.Cols)-1]) }

// keyOf appends a row's key to dst; false if a column of it is null, which equals nothing.
func keyOf(dst []byte, b *batch.Batch, row int, columns []int) ([]byte, bool) {
	for _, c := range columns {
		if b.Cols[c].Null(row) {
			return dst, false
		}
		dst = value.Key(dst, &b.Cols[c], row)
	}
	return dst, true
}

// fold takes committed rows in.
func (t *table) fold(r *catalog.Relation, b *batch.Batch, keep func(number int64) bool) {
	var buf []byte
	for i, n := range rowNumbers(b) {
		if keep != nil && !keep(n) {
			continue
		}
		t.rows[n] = struct{}{}
		buf = t.count(r, b, i, 1, buf)
		t.next = max(t.next, n+1)
		for k := range t.keys {
			key, ok := keyOf(buf[:0], b, i, r.Keys[k].Columns)
			if buf = key; ok {
				t.keys[k][string(key)] = n
			}
		}
	}
}

// forget takes committed rows out.
func (t *table) forget(r *catalog.Relation, b *batch.Batch) {
	var buf []byte
	for i, n := range rowNumbers(b) {
		delete(t.rows, n)
		buf = t.count(r, b, i, -1, buf)
		for k := range t.keys {
			key, ok := keyOf(buf[:0], b, i, r.Keys[k].Columns)
			if buf = key; ok && t.keys[k][string(key)] == n {
				delete(t.keys[k], string(key))
			}
		}
	}
}

// loadTable reads a table's rows from its contents as of the newest epoch.
func (e *Engine) loadTable(ctx context.Context, r *catalog.Relation) (*table, error) {
	t := newTable(r)
	pins, _, err := e.Live.PinAll(ctx, []uint32{r.ID}, e.Committer.Last().No)
	if err != nil {
		return nil, err
	}
	defer pins[r.ID].Release()
	return t, pins[r.ID].Rows(ctx, each(func(b *batch.Batch) error {
		t.fold(r, b, nil)
		return nil
	}))
}

// each is a Sink that calls a function with each batch.
type each func(b *batch.Batch) error

func (f each) Push(ctx context.Context, b *batch.Batch) error {
	if err := f(b); err != nil {
		return err
	}
	return ctx.Err()
}

// Advance and Close have nothing to do.
func (f each) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (f each) Close() error { return nil }

// edits is what a transaction has changed of one relation and not committed yet.
type edits struct {
	r     *catalog.Relation
	t     *table             // nil: a stream, which only grows
	gone  map[int64]struct{} // rows of the committed table that are no more
	old   []*batch.Batch     // their contents
	added []*batch.Batch
	mine  map[int64]bool // of the added rows: whether they are still there
	keys  []map[string]int64
	twice []bool // of the keys: that two rows may have one, because it waits for COMMIT
}

func newEdits(r *catalog.Relation, t *table) *edits {
	ed := &edits{r: r, t: t, gone: map[int64]struct{}{}, mine: map[int64]bool{}, twice: make([]bool, len(r.Keys))}
	for range r.Keys {
		ed.keys = append(ed.keys, map[string]int64{})
	}
	return ed
}

// change is the rows of one relation that one statement takes out and puts in, in all its columns.
type change struct {
	r          *catalog.Relation
	t          *table
	old, added []*batch.Batch
	became     []became // those of old that became others
	untold     bool     // no trigger sees it: TRUNCATE
	asides     asides   // what BEFORE triggers add to streams
}

// owner is the row that has a key, as the transaction sees the table.
func (ed *edits) owner(k int, key []byte) (int64, bool) {
	if n, ok := ed.keys[k][string(key)]; ok {
		return n, true
	}
	return ed.t.keys[k][string(key)], ed.taken(k, key)
}

// apply makes a change part of the edits: first what leaves, then what comes. waits says of which keys the rows are compared
// later. The table's lock is held.
func (ed *edits) apply(c *change, waits func(k *catalog.Key) bool) error {
	if ed.t == nil {
		ed.added = append(ed.added, c.added...)
		return nil
	}
	for _, b := range c.old {
		ed.remove(b)
	}
	var buf []byte
	for _, b := range c.added {
		for i, n := range rowNumbers(b) {
			for k := range ed.keys {
				key, ok := keyOf(buf[:0], b, i, ed.r.Keys[k].Columns)
				if buf = key; !ok {
					continue
				}
				if _, taken := ed.owner(k, key); taken {
					if !waits(&ed.r.Keys[k]) {
						return duplicate(ed.r, k, b, i)
					}
					ed.twice[k] = true
				}
				ed.keys[k][string(key)] = n
			}
			ed.mine[n] = true
		}
		ed.added = append(ed.added, b)
	}
	return nil
}

func (ed *edits) remove(b *batch.Batch) {
	var base batch.Sel
	var buf []byte
	for i, n := range rowNumbers(b) {
		if !ed.mine[n] {
			if _, twice := ed.gone[n]; !twice {
				ed.gone[n] = struct{}{}
				base = append(base, uint32(i))
			}
			continue
		}
		ed.mine[n] = false
		for k := range ed.keys {
			key, ok := keyOf(buf[:0], b, i, ed.r.Keys[k].Columns)
			if buf = key; ok && ed.keys[k][string(key)] == n {
				delete(ed.keys[k], string(key))
			}
		}
	}
	if base != nil {
		ed.old = append(ed.old, b.Take(base))
	}
}

// still gives the rows of an added batch that no later statement took out.
func (ed *edits) still(b *batch.Batch) *batch.Batch {
	if ed.t == nil {
		return b
	}
	var sel batch.Sel
	for i, n := range rowNumbers(b) {
		if ed.mine[n] {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) == b.N {
		return b
	}
	return b.Take(sel)
}

// duplicate is the error for a row whose key another one has.
func duplicate(r *catalog.Relation, k int, b *batch.Batch, row int) error {
	key := r.Keys[k]
	var names, values []string
	for _, c := range key.Columns {
		names = append(names, r.Columns[c].Name)
		values = append(values, string(value.AppendText(nil, &b.Cols[c], row, nil)))
	}
	e := sqlerr.New(sqlerr.UniqueViolation, "duplicate key value violates unique constraint %q", key.Name).
		WithDetail("Key (%s)=(%s) already exists.", strings.Join(names, ", "), strings.Join(values, ", "))
	e.Schema, e.Table, e.Constraint = r.Schema, r.Name, key.Name
	return e
}

// check says whether the edits may be committed: rows that they changed are still there, and keys still free. The
// table's lock is held.
func (ed *edits) check(snap *catalog.Snapshot) error {
	if now := snap.ByID(ed.r.ID); !now.SameShape(ed.r) {
		if now == nil {
			return sqlerr.New(sqlerr.UndefinedTable, "relation %q was dropped meanwhile", ed.r.Name)
		}
		return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access: table %q was altered meanwhile", ed.r.Name)
	}
	if ed.t == nil {
		return nil
	}
	if err := ed.current(); err != nil {
		return err
	}
	if err := ed.unique(); err != nil {
		return err
	}
	var buf []byte
	for _, b := range ed.added {
		for i, n := range rowNumbers(b) {
			for k := range ed.keys {
				key, ok := keyOf(buf[:0], b, i, ed.r.Keys[k].Columns)
				if buf = key; !ok || !ed.mine[n] {
					continue
				}
				if ed.taken(k, key) {
					return duplicate(ed.r, k, b, i)
				}
			}
		}
	}
	return nil
}

// taken says whether a committed row has a key that the edits leave it.
func (ed *edits) taken(k int, key []byte) bool {
	other, ok := ed.t.keys[k][string(key)]
	_, gone := ed.gone[other]
	return ok && !gone
}

// current says whether the rows that the edits take out are still there. The table's lock is held.
func (ed *edits) current() error {
	for n := range ed.gone {
		if _, there := ed.t.rows[n]; !there {
			return concurrent()
		}
	}
	return nil
}

func concurrent() error {
	return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access due to concurrent update").
		WithHint("The transaction might succeed if retried.")
}

// committed folds the edits into the table. Its lock is held.
func (ed *edits) committed() {
	if ed.t == nil {
		return
	}
	for _, b := range ed.old {
		ed.t.forget(ed.r, b)
	}
	for _, b := range ed.added {
		ed.t.fold(ed.r, b, func(n int64) bool { return ed.mine[n] })
	}
}

// numbered gives rows in the visible columns numbers of their own. The table's lock is held.
func (t *table) numbered(b *batch.Batch, visible int) *batch.Batch {
	n := batch.NewBuilder(catalog.WithRow(nil)[0].Type, b.N)
	for range b.N {
		batch.Put(n, t.next)
		t.next++
	}
	return &batch.Batch{N: b.N, Cols: append(slices.Clone(b.Cols[:visible]), n.Finish())}
}
