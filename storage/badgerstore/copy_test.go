package badgerstore

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/state"
)

// TestHoldCopies copies a database as it was when it was held, while it goes on.
func TestHoldCopies(t *testing.T) {
	db, err := Open(t.TempDir(), Options{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	set := func(from, to int, value string) {
		t.Helper()
		err := db.Scope(Catalog).Update(func(w state.Writer) error {
			for i := from; i < to; i++ {
				if err := w.Set(fmt.Appendf(nil, "%04d", i), []byte(value)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(0, 2000, "old")
	held, err := db.Hold()
	if err != nil {
		t.Fatal(err)
	}
	set(1000, 3000, "new")
	dir := t.TempDir() + "/copy"
	if n, err := held.CopyTo(t.Context(), dir); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	held.Release()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Hold(); err == nil {
		t.Error("a closed database was held")
	}
	again := t.TempDir() + "/again"
	if err := CopyFolder(dir, again); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, again} {
		n := 0
		err := Verify(dir, func(scope func(Prefix) state.Store) error {
			return scope(Catalog).View(func(r state.Reader) error {
				return r.Scan(nil, func(key, value []byte) error {
					if string(key) != fmt.Sprintf("%04d", n) || string(value) != "old" {
						t.Fatalf("%q is %q", key, value)
					}
					n++
					return nil
				})
			})
		})
		if err != nil || n != 2000 {
			t.Errorf("%d keys, %v", n, err)
		}
	}
}
