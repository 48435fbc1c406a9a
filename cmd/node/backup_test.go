package node_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// clocked is a node whose time a test moves, with a stream, a table and views of both.
func clocked(t *testing.T) (n *node.Node, now *atomic.Int64) {
	now = &atomic.Int64{}
	now.Store(int64(1767225600 * types.Second)) // 2026-01-01 00:00:00 UTC
	n = open(t, node.Settings{Data: t.TempDir(), Clock: func() types.Micros { return types.Micros(now.Load()) }})
	run(t, n, `CREATE STREAM s (v int); CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s text); CREATE MATERIALIZED VIEW v AS SELECT count(*), sum(v) FROM s`)
	return n, now
}

// restored opens what Restore makes of a backup.
func restored(t *testing.T, backup string, upTo types.Micros) *node.Node {
	t.Helper()
	data := filepath.Join(t.TempDir(), "restored")
	if _, err := node.Restore(backup, data, upTo); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := node.Verify(data, &out); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	return open(t, node.Settings{Data: data})
}

// TestBackup makes a backup while rows come in, another into the same folder, and restores each as it was.
func TestBackup(t *testing.T) {
	n, now := clocked(t)
	dir := filepath.Join(t.TempDir(), "backup")
	run(t, n, "INSERT INTO s VALUES (1), (2); INSERT INTO t (s) VALUES ('a'), ('b')")
	if err := n.Engine().Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, n, "INSERT INTO s VALUES (3); UPDATE t SET s = 'c' WHERE s = 'b'")
	b, err := n.Backup(t.Context(), dir)
	if err != nil || b.Log.Bytes == 0 || b.Store == 0 {
		t.Fatal(b, err)
	}
	now.Add(int64(types.Hour))
	run(t, n, "INSERT INTO s VALUES (4)")
	r := restored(t, dir, types.MaxTime)
	want(t, r, "SELECT * FROM s ORDER BY 1", "1\n2\n3")
	want(t, r, "SELECT * FROM t ORDER BY 1", "1|a\n2|c")
	want(t, r, "SELECT * FROM v", "3|6")
	run(t, r, "INSERT INTO t (s) VALUES ('d'); INSERT INTO s VALUES (10)")
	want(t, r, "SELECT * FROM v", "4|16")
	want(t, r, "SELECT count(DISTINCT id) FROM t", "3")

	run(t, n, "CREATE VIEW later AS SELECT * FROM t")
	now.Add(int64(types.Hour))
	run(t, n, "INSERT INTO s VALUES (5)")
	if _, err = n.Backup(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	now.Add(int64(types.Hour))
	r = restored(t, dir, types.MaxTime)
	want(t, r, "SELECT * FROM v", "5|15")
	want(t, r, "SELECT count(*) FROM later", "2")
	var out strings.Builder
	if err := node.Verify(dir, &out); err != nil { // a backup is verified as a folder is
		t.Errorf("%v\n%s", err, &out)
	}
}

// TestRestoreUpTo goes back to a time within a backup: behind its checkpoint, before it, and where that cannot be done.
func TestRestoreUpTo(t *testing.T) {
	n, now := clocked(t)
	at := func() types.Micros { return types.Micros(now.Load()) }
	made := at()
	var times []types.Micros
	for i := range 4 {
		now.Add(int64(types.Hour))
		run(t, n, fmt.Sprintf("INSERT INTO s VALUES (%d); INSERT INTO t (s) VALUES ('%d')", i, i))
		times = append(times, at()+types.Minute)
		if i == 2 {
			want(t, n, "SELECT count(*) FROM v, t", "3") // both have seen it
			if err := n.Engine().Live.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "backup")
	if _, err := n.Backup(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for i, upTo := range times {
		r := restored(t, dir, upTo)
		want(t, r, "SELECT count FROM v", fmt.Sprint(i+1))
		want(t, r, "SELECT count(*), max(id) FROM t", fmt.Sprintf("%d|%d", i+1, i+1))
		run(t, r, "INSERT INTO s VALUES (9)")
		want(t, r, "SELECT count FROM v", fmt.Sprint(i+2))
	}
	data := filepath.Join(t.TempDir(), "restored")
	for upTo, code := range map[types.Micros]sqlerr.Code{made - types.Minute: sqlerr.InvalidParameterValue, made: sqlerr.FeatureNotSupported} {
		_, err := node.Restore(dir, data, upTo)
		if made == upTo { // the catalog's epochs are all of that microsecond or right behind it
			if err == nil {
				t.Error("the catalog changed after that time")
			}
			continue
		}
		if sqlerr.CodeOf(err) != code {
			t.Errorf("%v", err)
		}
		if left, err := os.ReadDir(data); len(left) > 0 || err != nil {
			t.Errorf("%v is left, %v", left, err)
		}
	}
}

// TestBackupBesideWriters makes backups while clients write to a table and a stream in one block: each backup has both rows of
// a block or none, and the view what the stream has.
func TestBackupBesideWriters(t *testing.T) {
	n, _ := clocked(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writers sync.WaitGroup
	for range 2 {
		writers.Go(func() {
			for ctx.Err() == nil {
				if err := n.Run(t.Context(), "BEGIN; INSERT INTO s VALUES (1); INSERT INTO t (s) VALUES ('x'); COMMIT", nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	defer writers.Wait()
	defer stop()
	dir := filepath.Join(t.TempDir(), "backup")
	for range 3 {
		if err := n.Engine().Live.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Backup(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		r := restored(t, dir, types.MaxTime)
		want(t, r, "SELECT (SELECT count(*) FROM s) = (SELECT count(*) FROM t), (SELECT count FROM v) = (SELECT count(*) FROM s), (SELECT count(DISTINCT id) = count(*) FROM t)", "t|t|t")
		run(t, r, "INSERT INTO t (s) VALUES ('one more')") // with a number that nobody has
	}
}

func TestBackupRefuses(t *testing.T) {
	data := t.TempDir()
	n := open(t, node.Settings{Data: data})
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "mine"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{data, filepath.Join(data, "log", "b"), other} {
		if _, err := n.Backup(t.Context(), dir); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
			t.Errorf("a backup in %s gives %v", dir, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "backup")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run(t, n, "CREATE STREAM s (v int)")
	if _, err := n.Backup(ctx, dir); err == nil {
		t.Error("a backup that was cancelled is none")
	}
	if _, err := node.Restore(dir, filepath.Join(t.TempDir(), "d"), types.MaxTime); sqlerr.CodeOf(err) != sqlerr.ObjectNotInState {
		t.Errorf("half a backup gives %v", err)
	}
	run(t, n, "CALL vex.backup('"+dir+"')")
	if _, err := node.Restore(dir, other, types.MaxTime); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
		t.Errorf("a folder that is not empty gives %v", err)
	}
	if _, err := node.Restore(other, filepath.Join(t.TempDir(), "d"), types.MaxTime); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
		t.Errorf("what is no backup gives %v", err)
	}
	if _, err := node.Open(t.Context(), node.Settings{Data: dir, MinFree: -1}); sqlerr.CodeOf(err) != sqlerr.ObjectNotInState {
		t.Errorf("a node on a backup gives %v", err)
	}
	memory := open(t, node.Settings{})
	if err := memory.Run(t.Context(), "CALL vex.backup('/nowhere')", nil); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		t.Errorf("a node in memory gives %v", err)
	}
}
