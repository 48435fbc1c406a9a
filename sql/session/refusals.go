package session

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Limits of what is kept of the records that one stream or table did not get: the newest ones.
const (
	lettersKept  = 1000
	lettersBytes = 4 << 20
	lettersAtOne = 64 // that are stored in one step
)

// letter is a record that a COPY or a request left out, as it is stored.
type letter struct {
	Number  int64  // from 1, of those of its relation
	All     int64  // how many were left out up to it
	Code    string // SQLSTATE
	Message string
	Columns []string
	Values  []*string // as text; nil: null
	Plain   []bool    // the text is a number or a truth value to JSON
}

func (l *letter) size() int {
	n := len(l.Message) + 64
	for i, v := range l.Values {
		if n += len(l.Columns[i]) + 16; v != nil {
			n += len(*v)
		}
	}
	return n
}

// refusals keeps them in the store of the catalog, each in the place of one that is lettersKept older.
type refusals struct {
	store   state.Store
	journal *slog.Logger

	mu sync.Mutex // guards what follows
	by map[uint32]*leftOut
}

// leftOut is what is known of one relation.
type leftOut struct {
	all   int64
	last  int64    // number
	rows  []letter // the oldest first
	bytes int
}

// lettersPrefix is that of the letters in the catalog's store; the relation and the place follow.
const lettersPrefix = "letters/"

// recall reads what is kept beside the rows of relations: which records they did not get, and which keys streams have had.
func (e *Engine) recall(ctx context.Context, snap *catalog.Snapshot) (err error) {
	if e.letters, err = openLetters(e.store, e.journal, func(id uint32) bool { return snap.ByID(id) != nil }); err != nil {
		return err
	}
	for _, r := range snap.Relations() {
		if err := e.deduplicate(ctx, r); err != nil {
			return fmt.Errorf("read the keys of stream %s: %w", r.QualifiedName(), err)
		}
	}
	return nil
}

// openLetters reads what is there of relations that are known, and forgets the rest.
func openLetters(store state.Store, journal *slog.Logger, known func(relation uint32) bool) (*refusals, error) {
	t := &refusals{store: store, journal: journal, by: map[uint32]*leftOut{}}
	gone := map[uint32]bool{}
	err := store.View(func(r state.Reader) error {
		return r.Scan([]byte(lettersPrefix), func(key, v []byte) error {
			relation := binary.BigEndian.Uint32(key[len(lettersPrefix):])
			if !known(relation) {
				gone[relation] = true
				return nil
			}
			var l letter
			if err := json.Unmarshal(v, &l); err != nil {
				return sqlerr.Wrap(sqlerr.DataCorrupted, err, "a dead letter cannot be read")
			}
			k := t.of(relation)
			k.rows, k.bytes = append(k.rows, l), k.bytes+l.size()
			return nil
		})
	})
	for _, k := range t.by {
		slices.SortFunc(k.rows, func(a, b letter) int { return int(a.Number - b.Number) })
		newest := &k.rows[len(k.rows)-1]
		k.last, k.all = newest.Number, newest.All
		k.shed()
	}
	for relation := range gone {
		t.forget(relation)
	}
	return t, err
}

func (t *refusals) of(relation uint32) *leftOut {
	if t.by[relation] == nil {
		t.by[relation] = &leftOut{}
	}
	return t.by[relation]
}

// shed drops the oldest rows that are too many, and gives their places.
func (k *leftOut) shed() (places []uint32) {
	for len(k.rows) > lettersKept || k.bytes > lettersBytes {
		places = append(places, uint32(k.rows[0].Number%lettersKept))
		k.bytes -= k.rows[0].size()
		k.rows = k.rows[1:]
	}
	return places
}

// note makes what a statement left out durable. What the disk refuses is in the journal: the rest of the statement is stored.
func (t *refusals) note(relation uint32, left *aside) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.of(relation)
	k.all += left.n
	fresh := make([]letter, len(left.letters))
	for i := range left.letters {
		k.last++
		fresh[i] = letterOf(&left.letters[i])
		fresh[i].Number, fresh[i].All = k.last, k.all
		k.rows, k.bytes = append(k.rows, fresh[i]), k.bytes+fresh[i].size()
	}
	shed := k.shed()
	k.rows = slices.Clip(k.rows)
	for part := range slices.Chunk(fresh, lettersAtOne) {
		err := t.store.Update(func(w state.Writer) error {
			for i := range part {
				v, err := json.Marshal(&part[i])
				if err != nil {
					return err
				}
				if err := w.Set(letterKey(relation, uint32(part[i].Number%lettersKept)), v); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.journal.Error("dead letters are not stored", "relation", relation, "letters", len(part), "err", err)
			return
		}
	}
	t.remove(relation, shed, k)
}

// remove takes what was shed out of the store, where nothing newer is in its place.
func (t *refusals) remove(relation uint32, places []uint32, k *leftOut) {
	kept := map[uint32]bool{}
	for i := range k.rows {
		kept[uint32(k.rows[i].Number%lettersKept)] = true
	}
	err := t.store.Update(func(w state.Writer) error {
		for _, p := range places {
			if kept[p] {
				continue
			}
			if err := w.Delete(letterKey(relation, p)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.journal.Error("old dead letters are still stored", "relation", relation, "err", err)
	}
}

func letterKey(relation, place uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte(lettersPrefix), relation), place)
}

// drop forgets what there is of a relation that is gone.
func (t *refusals) drop(relation uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[relation] != nil {
		delete(t.by, relation)
		t.forget(relation)
	}
}

func (t *refusals) forget(relation uint32) {
	places := make([]uint32, lettersKept)
	for i := range places {
		places[i] = uint32(i)
	}
	t.remove(relation, places, &leftOut{})
}

// add puts what is kept of a relation beside what its view left aside. a is a copy.
func (t *refusals) add(relation uint32, a *Aside) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.by[relation]
	if k == nil {
		return
	}
	a.Dead += k.all
	for i := range k.rows {
		l := &k.rows[i]
		a.DeadRows = append(a.DeadRows, DeadLetter{
			View: a.View, Operator: "COPY", Code: sqlerr.Code(l.Code), Message: l.Message, Row: l.row(), Columns: l.Columns,
		})
	}
}

// letterOf is a dead letter as it is stored.
func letterOf(d *DeadLetter) letter {
	l := letter{Code: string(d.Code), Message: d.Message, Columns: d.Columns}
	for i := range d.Columns {
		c := &d.Row.Cols[i]
		if c.Null(0) {
			l.Values, l.Plain = append(l.Values, nil), append(l.Plain, false)
			continue
		}
		text, plain := string(value.AppendText(nil, c, 0, nil)), false
		switch c.Type.OID {
		case types.OIDBool:
			text, plain = map[string]string{"t": "true", "f": "false"}[text], true
		case types.OIDInt2, types.OIDInt4, types.OIDInt8, types.OIDFloat4, types.OIDFloat8, types.OIDNumeric, types.OIDJSON, types.OIDJSONB:
			plain = json.Valid([]byte(text)) // NaN and Infinity are no numbers to JSON
		}
		l.Values, l.Plain = append(l.Values, &text), append(l.Plain, plain)
	}
	return l
}

// row is the record as a row: of texts, and of jsonb where JSON has numbers.
func (l *letter) row() *batch.Batch {
	b := &batch.Batch{N: 1}
	for i, v := range l.Values {
		t := types.Text
		if l.Plain[i] {
			t = types.JSONB
		}
		to := batch.NewBuilder(t, 1)
		if v == nil {
			to.Null()
		} else {
			to.String(*v)
		}
		b.Cols = append(b.Cols, to.Finish())
	}
	return b
}
