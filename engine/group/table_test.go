package group

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// textOf makes a text column of "v0", "v1", ...; -1 is null.
func textOf(vs []int) batch.Column {
	b := batch.NewBuilder(types.Text, len(vs))
	for _, v := range vs {
		if v < 0 {
			b.Null()
		} else {
			b.String(fmt.Sprint("v", v))
		}
	}
	return b.Finish()
}

// TestTable compares Tables of one Keys, as the panes of a window are, with maps: groups come and go, and the number of
// values swings between what pays for a grid and what does not.
func TestTable(t *testing.T) {
	forms := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 3).Draw(t, "keys")
		var ts []types.Type
		for range width {
			ts = append(ts, types.Text)
		}
		k, err := NewKeys(NewStrings(), ts)
		if err != nil {
			t.Fatal(err)
		}
		type model struct {
			*Table
			want map[string]uint32
			keys map[uint32][]uint64
			next uint32
		}
		var ms []*model
		for range 3 {
			ms = append(ms, &model{NewTable(k), map[string]uint32{}, map[uint32][]uint64{}, 0})
		}
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			m := ms[rapid.IntRange(0, 2).Draw(t, "table")]
			n := rapid.IntRange(1, 600).Draw(t, "rows")
			b := &batch.Batch{N: n}
			for range width {
				last := rapid.SampledFrom([]int{0, 3, 30, 1000}).Draw(t, "values")
				b.Cols = append(b.Cols, textOf(rapid.SliceOfN(rapid.IntRange(-1, last), n, n).Draw(t, "column")))
			}
			k.Read(b, []int{0, 1, 2}[:width])
			out, lo := make([]uint32, n), rapid.IntRange(0, n-1).Draw(t, "from")
			fresh := m.Lookup(k, lo, n, out, nil, func() uint32 { m.next++; return m.next - 1 })
			for r := lo; r < n; r++ {
				var key []uint64
				for i := range width {
					key = append(key, k.Words(i)[r])
				}
				g, ok := m.want[fmt.Sprint(key)]
				if isNew := len(fresh) > 0 && fresh[0] == r; isNew == ok || ok && g != out[r] {
					t.Fatalf("key %v: group %d, new %v; want %d, %v", key, out[r], isNew, g, !ok)
				}
				if !ok {
					fresh = fresh[1:]
					m.want[fmt.Sprint(key)], m.keys[out[r]] = out[r], key
				}
			}
			if rapid.Bool().Draw(t, "reserve") {
				m.Reserve(rapid.SampledFrom([]int{0, 100, 5000, maxCells + 1}).Draw(t, "room"))
			}
			for g, key := range m.keys { // what is there
				key = append(key[:width:width], 0)
				m.Fetch(key)
				if got, added := m.Obtain(key, nil); added || got != g {
					t.Fatalf("key %v: %d, new %v; want %d", key, got, added, g)
				}
			}
			for r := range lo { // and what may not be
				var key []uint64
				for i := range width {
					key = append(key, k.Words(i)[r])
				}
				g, ok := m.want[fmt.Sprint(key)]
				got, added := m.Obtain(append(key[:width:width], 0), func() uint32 { m.next++; return m.next - 1 })
				if added == ok || ok && got != g {
					t.Fatalf("key %v: %d, new %v; want %d, %v", key, got, added, g, !ok)
				}
				if added {
					m.want[fmt.Sprint(key)], m.keys[got] = got, key
				}
			}
			drop := rapid.IntRange(1, 9).Draw(t, "drop every")
			for g, key := range m.keys {
				if int(g)%drop == 1 {
					m.Remove(g, key, 0)
					delete(m.keys, g)
					delete(m.want, fmt.Sprint(key))
				}
			}
			for g, key := range m.keys {
				if got, ok := m.Find(append(key[:width:width], 0)); !ok || got != g {
					t.Fatalf("key %v: found %d, %v; want %d", key, got, ok, g)
				}
			}
			if _, ok := m.Find([]uint64{1 << 20, 1 << 20, 1 << 20, 0}); ok || m.n != len(m.keys) {
				t.Fatalf("%d groups, want %d", m.n, len(m.keys))
			}
			forms[m.grid != nil]++
		}
	})
	if forms[true] == 0 || forms[false] == 0 {
		t.Errorf("grids and slots in use: %v", forms)
	}
}
