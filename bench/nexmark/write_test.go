package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
)

// TestWrite reads what was written for other systems, and finds the generator's events in it.
func TestWrite(t *testing.T) {
	m := &bench{events: 3 * batch.MaxRows, rate: 10_000, seed: 1}
	dir := t.TempDir()
	if err := m.write(dir); err != nil {
		t.Fatal(err)
	}
	for s := range streams {
		var want, got [2][]int64 // of the first column, and of the event time
		at := schemas[s].Index("datetime")
		g := NewGenerator(m.seed, m.rate)
		for from := int64(0); from < m.events; from += batch.MaxRows {
			if b := g.Batches(from, from+batch.MaxRows)[s]; b != nil {
				want[0] = append(want[0], batch.Values[int64](&b.Cols[0])...)
				want[1] = append(want[1], batch.Values[int64](&b.Cols[at])...)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, names[s]+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := format.NewReader(format.CSV, plain(s), nil, format.Options{}, func(b *batch.Batch) error {
			got[0] = append(got[0], batch.Values[int64](&b.Cols[0])...)
			got[1] = append(got[1], batch.Values[int64](&b.Cols[at])...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if len(want[0]) == 0 || !slices.Equal(got[0], want[0]) || !slices.Equal(got[1], want[1]) {
			t.Errorf("%s: %d rows that differ from the generator's %d", names[s], len(got[0]), len(want[0]))
		}
	}
	for _, q := range queries() {
		if text, err := os.ReadFile(filepath.Join(dir, q.name+".sql")); err != nil || string(text) != q.sql {
			t.Errorf("%s: %v", q.name, err)
		}
	}
}
