package session

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	act "github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
)

// became is rows that an UPDATE changed: as they were, and as they are, in all columns. set are the columns that it gave a value.
type became struct {
	old, now *batch.Batch
	set      []int
}

// foreignKey appends the key that a row refers to, as the other table has it; false if it refers to none.
func foreignKey(dst []byte, f *catalog.ForeignKey, b *batch.Batch, row int) ([]byte, bool) {
	for i, at := range f.Columns {
		c := &b.Cols[at]
		if c.Null(row) {
			return dst, false
		}
		if c.Type.Layout() == f.Types[i].Layout() {
			dst = value.Key(dst, c, row)
			continue
		}
		var n int64
		switch c.Type.OID {
		case types.OIDInt2:
			n = int64(batch.Values[int16](c)[row])
		case types.OIDInt4:
			n = int64(batch.Values[int32](c)[row])
		default:
			n = batch.Values[int64](c)[row]
		}
		dst = append(dst, 1)
		switch f.Types[i].OID {
		case types.OIDInt2:
			dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
			if int64(int16(n)) != n { // no key is that long
				dst = append(dst, 0xff)
			}
		case types.OIDInt4:
			dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
			if int64(int32(n)) != n {
				dst = append(dst, 0xff)
			}
		default:
			dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
		}
	}
	return dst, true
}

// count adds n to how often each key is referred to.
func (t *table) count(r *catalog.Relation, b *batch.Batch, row, n int, buf []byte) []byte {
	for k := range r.Foreign {
		f := &r.Foreign[k]
		key, ok := foreignKey(buf[:0], f, b, row)
		if buf = key; !ok {
			continue
		}
		m := t.refs[f.Name]
		if m == nil {
			m = map[string]int{}
			t.refs[f.Name] = m
		}
		if m[string(key)] += n; m[string(key)] == 0 {
			delete(m, string(key))
		}
	}
	return buf
}

// related are the tables whose rows a change of r depends on, or that follow it.
func related(snap *catalog.Snapshot, rs []*catalog.Relation) []*catalog.Relation {
	out := slices.Clone(rs)
	add := func(r *catalog.Relation) {
		if r != nil && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for i := 0; i < len(out); i++ {
		for k := range out[i].Foreign {
			p, _ := snap.ParentKey(&out[i].Foreign[k])
			add(p)
		}
		for _, ref := range snap.Referring(out[i].ID) {
			add(ref.Table)
		}
	}
	return out
}

// refers holds the rows that a change adds against the keys that they refer to; those that wait for COMMIT only when it is
// there.
func (tx *transaction) refers(snap *catalog.Snapshot, r *catalog.Relation, added []*batch.Batch, mine func(n int64) bool, commit bool) error {
	var buf []byte
	for k := range r.Foreign {
		f := &r.Foreign[k]
		p, at := snap.ParentKey(f)
		if p == nil || !commit && tx.waits(r, f.Name, f.Deferrable, f.Deferred) {
			continue
		}
		ed := tx.edits[p.ID]
		if ed == nil {
			return concurrent()
		}
		for _, b := range added {
			for i := range b.N {
				if mine != nil && !mine(rowNumbers(b)[i]) {
					continue
				}
				if f.Full && mixed(f, b, i) {
					return violates(r, f).WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.")
				}
				key, ok := foreignKey(buf[:0], f, b, i)
				if buf = key; !ok {
					continue
				}
				if _, there := ed.owner(at, key); !there {
					own, _ := f.InOrder(f.Columns)
					return violates(r, f).WithDetail("Key (%s)=(%s) is not present in table %q.", columnNames(r, own), keyText(b, i, own), p.Name)
				}
			}
		}
	}
	return nil
}

func mixed(f *catalog.ForeignKey, b *batch.Batch, row int) bool {
	nulls := 0
	for _, c := range f.Columns {
		if b.Cols[c].Null(row) {
			nulls++
		}
	}
	return nulls > 0 && nulls < len(f.Columns)
}

func violates(r *catalog.Relation, f *catalog.ForeignKey) *sqlerr.Error {
	e := sqlerr.New(sqlerr.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", r.Name, f.Name)
	e.Schema, e.Table, e.Constraint = r.Schema, r.Name, f.Name
	return e
}

func columnNames(r *catalog.Relation, columns []int) string {
	var names []string
	for _, c := range columns {
		names = append(names, r.Columns[c].Name)
	}
	return strings.Join(names, ", ")
}

func keyText(b *batch.Batch, row int, columns []int) string {
	var values []string
	for _, c := range columns {
		values = append(values, string(value.AppendText(nil, &b.Cols[c], row, nil)))
	}
	return strings.Join(values, ", ")
}

// referred is how many rows refer to a key, as the transaction sees it.
func (tx *transaction) referred(ref catalog.Referring, key []byte) int {
	ed := tx.edits[ref.Table.ID]
	if ed == nil {
		return 0
	}
	f := &ref.Table.Foreign[ref.At]
	n := ed.t.refs[f.Name][string(key)]
	var buf []byte
	for _, b := range ed.old {
		for i := range b.N {
			have, ok := foreignKey(buf[:0], f, b, i)
			if buf = have; ok && string(have) == string(key) {
				n--
			}
		}
	}
	for _, b := range ed.added {
		for i, number := range rowNumbers(b) {
			have, ok := foreignKey(buf[:0], f, b, i)
			if buf = have; ok && ed.mine[number] && string(have) == string(key) {
				n++
			}
		}
	}
	return n
}

// keptKeys says whether nothing refers to keys of rows that a change took away. RESTRICT does not look whether another row
// has the key by now.
func (tx *transaction) keptKeys(snap *catalog.Snapshot, c *change, commit bool) error {
	r := c.r
	for _, ref := range snap.Referring(r.ID) {
		f := &ref.Table.Foreign[ref.At]
		_, k := snap.ParentKey(f)
		if k < 0 || !commit && f.OnDelete != "restrict" && f.OnUpdate != "restrict" && tx.waits(ref.Table, f.Name, f.Deferrable, f.Deferred) {
			continue
		}
		same, moved := keysOf(c, r.Keys[k].Columns)
		var buf []byte
		for _, b := range c.old {
			for i := range b.N {
				key, ok := keyOf(buf[:0], b, i, r.Keys[k].Columns)
				if buf = key; !ok || same[string(key)] {
					continue
				}
				action := f.OnDelete
				if moved[string(key)] {
					action = f.OnUpdate
				}
				if !commit && action != "restrict" && tx.waits(ref.Table, f.Name, f.Deferrable, f.Deferred) {
					continue
				}
				if _, again := tx.edits[r.ID].owner(k, key); again && (commit || action != "restrict") || tx.referred(ref, key) == 0 {
					continue
				}
				_, theirs := f.InOrder(r.Keys[k].Columns)
				e := sqlerr.New(sqlerr.ForeignKeyViolation, "update or delete on table %q violates foreign key constraint %q on table %q", r.Name, f.Name, ref.Table.Name).
					WithDetail("Key (%s)=(%s) is still referenced from table %q.", columnNames(r, theirs), keyText(b, i, theirs), ref.Table.Name)
				e.Schema, e.Table, e.Constraint = ref.Table.Schema, ref.Table.Name, f.Name
				return e
			}
		}
	}
	return nil
}

// keysOf gives the keys of rows that a change left the key, and of those whose row got another.
func keysOf(c *change, columns []int) (same, moved map[string]bool) {
	same, moved = map[string]bool{}, map[string]bool{}
	for _, p := range c.became {
		for i := range p.old.N {
			was, ok := keyOf(nil, p.old, i, columns)
			if !ok {
				continue
			}
			if now, ok := keyOf(nil, p.now, i, columns); ok && string(now) == string(was) {
				same[string(was)] = true
			} else {
				moved[string(was)] = true
			}
		}
	}
	return same, moved
}

// cascade makes a change and what foreign keys say that follows it, and holds all of it against them.
func (s *Session) cascade(ctx context.Context, tx *transaction, first *change) error {
	snap := s.e.Catalog()
	todo := []*change{first}
	for n := 0; n < len(todo); n++ {
		c := todo[n]
		if err := tx.apply(c); err != nil {
			return err
		}
		if c.t == nil {
			continue
		}
		for _, ref := range snap.Referring(c.r.ID) {
			next, err := s.consequence(ctx, tx, snap, c, ref)
			if err != nil {
				return err
			}
			if next != nil {
				todo = append(todo, next)
			}
		}
	}
	for _, c := range todo {
		if c.t == nil {
			continue
		}
		if err := tx.refers(snap, c.r, c.added, func(n int64) bool { return tx.edits[c.r.ID].mine[n] }, false); err != nil {
			return err
		}
		if err := tx.keptKeys(snap, c, false); err != nil {
			return err
		}
	}
	return nil
}

// moves are keys that rows of c had and that no row has any more: by key, the row that one became; a row of nil for one
// that is gone.
func (tx *transaction) moves(c *change, k int) map[string]place {
	out := map[string]place{}
	ed := tx.edits[c.r.ID]
	columns := c.r.Keys[k].Columns
	var buf []byte
	note := func(b *batch.Batch, i int, to place) {
		key, ok := keyOf(buf[:0], b, i, columns)
		if buf = key; !ok {
			return
		}
		if _, again := ed.owner(k, key); !again {
			if have, twice := out[string(key)]; !twice || have.b == nil {
				out[string(key)] = to
			}
		}
	}
	for _, b := range c.old {
		for i := range b.N {
			note(b, i, place{})
		}
	}
	for _, p := range c.became {
		for i := range p.old.N {
			note(p.old, i, place{p.now, i})
		}
	}
	return out
}

// consequence is what becomes of the rows that refer to what c took away; nil for nothing.
func (s *Session) consequence(ctx context.Context, tx *transaction, snap *catalog.Snapshot, c *change, ref catalog.Referring) (*change, error) {
	f := &ref.Table.Foreign[ref.At]
	parent, k := snap.ParentKey(f)
	if k < 0 || len(c.old) == 0 {
		return nil, nil
	}
	acts := func(action string) bool { return action != "no action" && action != "restrict" }
	if !acts(f.OnDelete) && !acts(f.OnUpdate) {
		return nil, nil
	}
	moved := tx.moves(c, k)
	for key := range moved {
		if tx.referred(ref, []byte(key)) == 0 {
			delete(moved, key)
		}
	}
	if len(moved) == 0 {
		return nil, nil
	}
	rows, err := s.rowsReferring(ctx, tx, ref, moved)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return s.consequent(tx, snap, parent.Keys[k], ref, rows, moved)
}

// someColumns marks an action that sets those columns only that the foreign key names for it.
const someColumns = " (columns)"

// consequent works out what the rows of a table become.
func (s *Session) consequent(tx *transaction, snap *catalog.Snapshot, key catalog.Key, ref catalog.Referring, rows []*batch.Batch, moved map[string]place) (*change, error) {
	f, r := &ref.Table.Foreign[ref.At], ref.Table
	u, err := s.rules(r)
	if err != nil {
		return nil, err
	}
	t := tx.edits[r.ID].t
	out := &change{r: r, t: t}
	var buf []byte
	for _, b := range rows {
		byAction := map[string]batch.Sel{}
		for i := range b.N {
			have, _ := foreignKey(buf[:0], f, b, i)
			buf = have
			action := f.OnDelete
			if f.Sets != nil && (action == "set null" || action == "set default") {
				action += someColumns
			}
			if moved[string(have)].b != nil {
				action = f.OnUpdate
				if action == "cascade" {
					action = "follow"
				}
			}
			byAction[action] = append(byAction[action], uint32(i))
		}
		for _, action := range []string{"cascade", "follow", "set null", "set default", "set null" + someColumns, "set default" + someColumns} {
			if len(byAction[action]) == 0 {
				continue
			}
			old := b.Take(byAction[action])
			out.old = append(out.old, old)
			if action == "cascade" {
				if _, err := s.e.gate.mustFollow(out, f, act.Change{Op: act.Delete}, nil, old); err != nil {
					return nil, err
				}
				continue
			}
			now, err := s.referringNow(snap, key, f, r, old, action, moved)
			if err == nil {
				now, err = s.e.gate.mustFollow(out, f, act.Change{Op: act.Update, Set: u.sets(f.Columns)}, now, old)
			}
			if err == nil {
				now, err = u.complete(now)
			}
			if err != nil {
				return nil, err
			}
			now = t.numbered(now, len(r.Visible()))
			out.added = append(out.added, now)
			out.became = append(out.became, became{old, now, u.sets(f.Columns)})
		}
	}
	return out, nil
}

// referringNow is rows with other values in the columns of a foreign key.
func (s *Session) referringNow(snap *catalog.Snapshot, key catalog.Key, f *catalog.ForeignKey, r *catalog.Relation, old *batch.Batch, action string, moved map[string]place) (*batch.Batch, error) {
	visible := len(r.Visible())
	now := &batch.Batch{N: old.N, Cols: slices.Clone(old.Cols[:visible])}
	action, some := strings.CutSuffix(action, someColumns)
	for j, at := range f.Columns {
		if some && !slices.Contains(f.Sets, j) {
			continue
		}
		c := &r.Columns[at]
		if action == "set default" {
			v, err := s.preset(snap, c, old)
			if err != nil {
				return nil, err
			}
			now.Cols[at] = v
			continue
		}
		to := batch.NewBuilder(c.Type, old.N)
		var buf []byte
		for i := range old.N {
			if action == "set null" {
				to.Null()
				continue
			}
			have, _ := foreignKey(buf[:0], f, old, i)
			buf = have
			m := moved[string(have)]
			if err := appendAs(to, &m.b.Cols[key.Columns[j]], m.row); err != nil {
				return nil, err
			}
		}
		now.Cols[at] = to.Finish()
	}
	return now, nil
}

// appendAs appends a value, if need be as an integer of another width.
func appendAs(to *batch.Builder, c *batch.Column, row int) error {
	if to.Type().Layout() == c.Type.Layout() {
		to.Append(c, row)
		return nil
	}
	if c.Null(row) {
		to.Null()
		return nil
	}
	return value.ParseText(to, value.AppendText(nil, c, row, nil), nil)
}

// rowsReferring finds the rows that refer to one of keys.
func (s *Session) rowsReferring(ctx context.Context, tx *transaction, ref catalog.Referring, keys map[string]place) ([]*batch.Batch, error) {
	f := &ref.Table.Foreign[ref.At]
	ed := tx.edits[ref.Table.ID]
	var out []*batch.Batch
	var buf []byte
	take := func(b *batch.Batch, there func(n int64) bool) {
		var sel batch.Sel
		for i, n := range rowNumbers(b) {
			key, ok := foreignKey(buf[:0], f, b, i)
			if buf = key; !ok || !there(n) {
				continue
			}
			if _, wanted := keys[string(key)]; wanted {
				sel = append(sel, uint32(i))
			}
		}
		if len(sel) > 0 {
			rows := b.Take(sel)
			rows.Diff = nil
			out = append(out, rows)
		}
	}
	for _, b := range ed.added {
		take(b, func(n int64) bool { return ed.mine[n] })
	}
	pins, _, err := s.e.Live.PinAll(ctx, []uint32{ref.Table.ID}, s.e.Committer.Last().No)
	if err != nil {
		return nil, err
	}
	defer pins[ref.Table.ID].Release()
	err = pins[ref.Table.ID].Rows(ctx, each(func(b *batch.Batch) error {
		take(b, func(n int64) bool { _, gone := ed.gone[n]; return !gone })
		return nil
	}))
	return out, err
}
