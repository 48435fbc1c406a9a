package badgerstore

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// folder gives the sum of every file, by name, without the lock's.
func folder(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	files, err := filepath.Glob(dir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(f) != "LOCK.vexstream" {
			out[filepath.Base(f)] = sha256.Sum256(data)
		}
	}
	return out
}

// TestVerify reads a database that was closed, and one as a kill leaves it; neither is changed.
func TestVerify(t *testing.T) {
	live := t.TempDir()
	db, err := Open(live, Options{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	noise := rand.NewChaCha8([32]byte{7}) // what does not compress: each bit counts
	for i := range 100 {
		value := make([]byte, 2000)
		noise.Read(value)
		err := db.Scope(Catalog).Update(func(w state.Writer) error {
			return w.Set(fmt.Appendf(nil, "key %03d", i), value)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(live)); err != nil {
		t.Fatal(err)
	}
	if err := Verify(live, nil); sqlerr.CodeOf(err) != sqlerr.ObjectInUse {
		t.Errorf("a database in use gives %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{live, killed} {
		before := folder(t, dir)
		n := 0
		err := Verify(dir, func(scope func(Prefix) state.Store) error {
			err := scope(Catalog).View(func(r state.Reader) error {
				return r.Scan([]byte("key "), func(_, value []byte) error {
					if n++; len(value) != 2000 {
						return errors.New("another value")
					}
					return nil
				})
			})
			return err
		})
		if err != nil || n != 100 {
			t.Errorf("%d keys, %v", n, err)
		}
		after := folder(t, dir)
		for name, sum := range before {
			if after[name] != sum {
				t.Errorf("%s was changed", name)
			}
		}
		if len(after) > len(before)+1 { // Badger's own lock may be new
			t.Errorf("%d files before, %d after", len(before), len(after))
		}
	}
	tables, err := filepath.Glob(live + "/*.sst")
	if err != nil || len(tables) == 0 {
		t.Fatal("no table was written", err)
	}
	data, err := os.ReadFile(tables[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/3] ^= 4
	if err := os.WriteFile(tables[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Verify(live, nil); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
		t.Errorf("a damaged table gives %v", err)
	}
	if err := Verify(live+"/none", nil); sqlerr.CodeOf(err) != sqlerr.IOError {
		t.Errorf("a folder that is not there gives %v", err)
	}
}
