package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/storetest"
)

func open1(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func put(s state.Store, k, v string) error {
	return s.Update(func(w state.Writer) error { return w.Set([]byte(k), []byte(v)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func value(t *testing.T, s state.Store, k string) (v string) {
	t.Helper()
	if err := s.View(func(r state.Reader) error {
		b, _, err := r.Get([]byte(k))
		v = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) state.Store {
		db := open1(t, t.TempDir())
		for _, p := range []Prefix{Catalog - 1, Catalog + 1} { // neighbours that no scan may reach
			if err := put(db.Scope(p), "a", "not yours"); err != nil {
				t.Fatal(err)
			}
		}
		return db.Scope(Catalog)
	})
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	db := open1(t, dir)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if err := put(db.Scope(Table), fmt.Sprint(i), fmt.Sprint(i*i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := put(db.Scope(Table), "a", ""); !errors.Is(err, epoch.ErrClosed) {
		t.Fatalf("a closed store gives %v", err)
	}
	db = open1(t, dir)
	for i := range 50 {
		if v := value(t, db.Scope(Table), fmt.Sprint(i)); v != fmt.Sprint(i*i) {
			t.Fatalf("%d is %q after a restart", i, v)
		}
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	open1(t, dir)
	if _, err := Open(dir, Options{}); sqlerr.CodeOf(err) != sqlerr.ObjectInUse {
		t.Fatalf("a second Open gives %v", err)
	}
}

// TestUnfinishedFiles opens a store beside what a killed process had begun and the store does not know yet.
func TestUnfinishedFiles(t *testing.T) {
	dir := t.TempDir()
	db := open1(t, dir)
	if err := put(db.Scope(Table), "a", "1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"00077.mem": "", "000077.vlog": "", "000077.sst": "", "000078.sst": "half a table"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if v := value(t, open1(t, dir).Scope(Table), "a"); v != "1" {
		t.Fatalf("a is %q", v)
	}
}

func TestNoSpace(t *testing.T) {
	db, err := Open(t.TempDir(), Options{MinFree: 1 << 60})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := put(db.Scope(Table), "a", "1"); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("a write without free space gives %v", err)
	}
	if v := value(t, db.Scope(Table), "a"); v != "" {
		t.Fatalf("a is %q", v)
	}
}

func TestCommitFails(t *testing.T) {
	db := open1(t, t.TempDir())
	if err := put(db.Scope(Table), "a", "1"); err != nil {
		t.Fatal(err)
	}
	db.commit = func(txn *badger.Txn) error { txn.Discard(); return os.ErrInvalid }
	for range 2 {
		if err := put(db.Scope(Table), "a", "2"); sqlerr.CodeOf(err) != sqlerr.IOError {
			t.Fatalf("a failed commit gives %v", err)
		}
	}
	if v := value(t, db.Scope(Table), "a"); v != "1" {
		t.Fatalf("a is %q after a failed commit", v)
	}
}

func TestWatchdog(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{CommitTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	hang := make(chan struct{})
	ended := make(chan struct{})
	db.commit = func(txn *badger.Txn) error { <-hang; txn.Discard(); close(ended); return nil }
	if err := put(db.Scope(Table), "a", "2"); sqlerr.CodeOf(err) != sqlerr.IOError {
		t.Fatalf("a hanging commit gives %v", err)
	}
	if db.Close() == nil {
		t.Fatal("Close hides that a commit hangs")
	}
	close(hang)
	<-ended
	db.base.release()
	if err := errors.Join(db.badger.Close(), db.lock.Release()); err != nil {
		t.Fatal(err)
	}
}

// TestCloseIsBounded ends a database whose folder is gone, was replaced, or whose files take no writes: Close gives up and says
// why, also the second time, and what was committed is there when the folder is back.
func TestCloseIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		betray func(t *testing.T, dir string, db *DB)
		says   string
	}{
		"gone": {func(t *testing.T, dir string, _ *DB) { must(t, os.Rename(dir, dir+".away")) }, "no such file"},
		"replaced": {func(t *testing.T, dir string, _ *DB) {
			must(t, os.Rename(dir, dir+".away"))
			must(t, os.Mkdir(dir, 0o700))
		}, "replaced"},
		"hangs": {func(t *testing.T, _ string, db *DB) {
			hang := make(chan struct{})
			db.end = func() error { <-hang; return nil }
			t.Cleanup(func() { close(hang) })
		}, "takes longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			db, err := Open(dir, Options{MinFree: -1})
			must(t, err)
			must(t, put(db.Scope(Table), "a", "1"))
			c.betray(t, dir, db)
			db.timeout = time.Millisecond
			if err := db.Close(); sqlerr.CodeOf(err) != sqlerr.IOError || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("Close gives %v", err)
			}
			if err := db.Close(); err != nil {
				t.Errorf("the second Close gives %v", err)
			}
			if _, err := os.Stat(dir + ".away"); err == nil {
				must(t, os.RemoveAll(dir))
				must(t, os.Rename(dir+".away", dir))
			}
			must(t, db.badger.Close())
			db, err = Open(dir, Options{MinFree: -1})
			must(t, err)
			if v := value(t, db.Scope(Table), "a"); v != "1" {
				t.Errorf("a is %q", v)
			}
			must(t, db.Close())
		})
	}
}

// TestMerged holds one commit until others wait, and counts the transactions that they become.
func TestMerged(t *testing.T) {
	db := open1(t, t.TempDir())
	commits := 0
	begun, hold := make(chan struct{}), make(chan struct{})
	db.commit = func(txn *badger.Txn) error {
		if commits++; commits == 1 {
			close(begun)
			<-hold
		}
		return txn.Commit()
	}
	var wg sync.WaitGroup
	one := func(i int) {
		if err := put(db.Scope(Table), fmt.Sprint(i), "x"); err != nil {
			t.Error(err)
		}
	}
	wg.Go(func() { one(0) })
	<-begun
	joined := make(chan struct{}, 40)
	for i := range 40 {
		wg.Go(func() {
			err := db.Scope(Table).Update(func(w state.Writer) error {
				defer func() { joined <- struct{}{} }()
				return w.Set(fmt.Appendf(nil, "%d", i+1), []byte("x"))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range 40 {
		<-joined
	}
	db.turn.Lock()
	//lint:ignore SA2001 taking the lock is the point: the last one has joined, not only written
	db.turn.Unlock()
	close(hold)
	wg.Wait()
	if commits != 2 {
		t.Fatalf("40 transactions that waited became %d", commits-1)
	}
}

func BenchmarkUpdate(b *testing.B) {
	db := open1(b, b.TempDir())
	s := db.Scope(Table)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := put(s, "key", "value"); err != nil {
				b.Error(err)
			}
		}
	})
}
