package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// TestBackupOfAnother makes no backup over that of another node, nor over one of what the node was before it was restored; over one of
// an empty node, and of itself, it does.
func TestBackupOfAnother(t *testing.T) {
	n, now := clocked(t)
	dir := filepath.Join(t.TempDir(), "backup")
	run(t, n, "INSERT INTO s VALUES (1)")
	now.Add(int64(types.Hour))
	before := types.Micros(now.Load())
	now.Add(int64(types.Hour))
	run(t, n, "INSERT INTO s VALUES (2)")
	if _, err := n.Backup(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	refused := func(name string, n *node.Node) {
		t.Helper()
		_, err := n.Backup(t.Context(), dir)
		if sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue || !strings.Contains(err.Error(), "is not of this node") {
			t.Errorf("%s: %v", name, err)
		}
		want(t, restored(t, dir, types.MaxTime), "SELECT * FROM s ORDER BY 1", "1\n2")
	}
	empty := open(t, node.Settings{Data: t.TempDir()})
	refused("an empty node", empty)
	other, _ := clocked(t)
	run(t, other, "INSERT INTO s VALUES (7)")
	run(t, other, "INSERT INTO s VALUES (8)")
	refused("another node", other)
	run(t, other, "INSERT INTO s VALUES (9)")
	run(t, other, "INSERT INTO s VALUES (10)")
	refused("another node that has more", other)
	refused("what it was before", restored(t, dir, before))

	if _, err := restored(t, dir, types.MaxTime).Backup(t.Context(), dir); err != nil {
		t.Errorf("what was restored goes on: %v", err)
	}
	run(t, n, "INSERT INTO s VALUES (3)")
	if _, err := n.Backup(t.Context(), dir); err != nil {
		t.Errorf("itself: %v", err)
	}
	of := filepath.Join(t.TempDir(), "empty")
	if _, err := empty.Backup(t.Context(), of); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Backup(t.Context(), of); err != nil {
		t.Errorf("over a backup of an empty node: %v", err)
	}
}

// TestDamagedBackup restores nothing of a backup whose log has lost its end, whose store has lost a table, or that does not say of when it is, and
// leaves no folder that looks like one; Verify finds each.
func TestDamagedBackup(t *testing.T) {
	n, _ := clocked(t)
	run(t, n, "INSERT INTO s VALUES (1), (2)")
	if err := n.Engine().Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "backup")
	earlier, err := n.Backup(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(filepath.Join(dir, "log", "0000000000000001.seg"))
	if err != nil {
		t.Fatal(err)
	}
	run(t, n, "INSERT INTO s VALUES (3)")
	if b, err := n.Backup(t.Context(), dir); err != nil || b.Epoch.No <= earlier.Epoch.No {
		t.Fatal(b, err)
	}
	for name, damage := range map[string]func(dir string) error{
		"the log of before": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "log", "0000000000000001.seg"), old, 0o600)
		},
		"a table": func(dir string) error {
			tables, err := filepath.Glob(filepath.Join(dir, "store", "*.sst"))
			if err != nil || len(tables) == 0 {
				t.Fatal("no tables", err)
			}
			return os.Remove(tables[0])
		},
		"the note": func(dir string) error { return os.WriteFile(filepath.Join(dir, "backup"), []byte("epoch\n"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			damaged := t.TempDir()
			if err := os.CopyFS(damaged, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			if err := damage(damaged); err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			if err := node.Verify(damaged, &said); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
				t.Errorf("Verify: %v\n%s", err, &said)
			}
			data := filepath.Join(t.TempDir(), "data")
			if _, err := node.Restore(damaged, data, types.MaxTime); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
				t.Errorf("Restore: %v", err)
			}
			if left, _ := os.ReadDir(data); len(left) > 0 {
				t.Errorf("it leaves %v", left)
			}
		})
	}
}
