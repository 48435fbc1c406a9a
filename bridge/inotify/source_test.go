package inotify

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/bridgetest"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, o bridge.Options) (*Source, *bridgetest.Collector, func()) {
	t.Helper()
	s, err := open(o)
	must(t, err)
	c, stop := bridgetest.Start(t, s)
	t.Cleanup(stop)
	return s, c, stop
}

func TestLifeOfAFile(t *testing.T) {
	dir := bridge.RealPath(t.TempDir())
	must(t, os.Mkdir(filepath.Join(dir, "old"), 0o755))
	_, c, _ := start(t, bridge.Options{Root: dir, Host: "h"})
	f, g := filepath.Join(dir, "old", "a"), filepath.Join(dir, "old", "b")
	must(t, os.WriteFile(f, []byte("hello"), 0o644))
	if r := c.Wait(t, "create", bridgetest.Is(bridge.TypeCreate, f)); r.Source != Name || r.PID != -1 || r.Host != "h" {
		t.Errorf("create: %v", r)
	}
	c.Wait(t, "write", func(r bridgetest.Row) bool { return r.Type == bridge.TypeWrite && r.Path == f && r.FileSize == 5 })
	must(t, os.Rename(f, g))
	c.Wait(t, "rename", bridgetest.Is(bridge.TypeRename, f))
	c.Wait(t, "the new name", bridgetest.Is(bridge.TypeCreate, g))
	must(t, os.Remove(g))
	c.Wait(t, "delete", bridgetest.Is(bridge.TypeDelete, g))
}

// What is made in a new folder before it is watched is found by reading it, and told once.
func TestNewFolders(t *testing.T) {
	dir := bridge.RealPath(t.TempDir())
	_, c, stop := start(t, bridge.Options{Root: dir})
	deep := filepath.Join(dir, "a", "b", "c")
	must(t, os.MkdirAll(deep, 0o755))
	must(t, os.WriteFile(filepath.Join(deep, "f"), []byte("x"), 0o644))
	c.Wait(t, "the deepest folder", bridgetest.Is(bridge.TypeMkdir, deep))
	c.Wait(t, "its file", bridgetest.Is(bridge.TypeCreate, filepath.Join(deep, "f")))
	must(t, os.WriteFile(filepath.Join(deep, "g"), nil, 0o644))
	c.Wait(t, "a later file", bridgetest.Is(bridge.TypeCreate, filepath.Join(deep, "g")))
	stop()
	told := map[string]int{}
	for _, r := range c.Rows() {
		if r.Type == bridge.TypeMkdir || r.Type == bridge.TypeCreate {
			told[r.Path]++
		}
	}
	for p, n := range told {
		if n != 1 {
			t.Errorf("%s was made once and told %d times", p, n)
		}
	}
}

func TestExclusion(t *testing.T) {
	dir := bridge.RealPath(t.TempDir())
	data := filepath.Join(dir, "data")
	must(t, os.Mkdir(data, 0o755))
	_, c, stop := start(t, bridge.Options{Root: dir, Exclude: bridge.Exclude{Dirs: []string{data}}})
	must(t, os.WriteFile(filepath.Join(data, "log"), nil, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "data2"), nil, 0o644))
	c.Wait(t, "a file beside the folder", bridgetest.Is(bridge.TypeCreate, filepath.Join(dir, "data2")))
	stop()
	for _, r := range c.Rows() {
		if r.Path != data && bridge.Within(r.Path, data) {
			t.Errorf("an excluded folder got a row: %v", r)
		}
	}
}

func TestOverflowIsToldAndTheFolderReadAgain(t *testing.T) {
	dir := bridge.RealPath(t.TempDir())
	must(t, os.WriteFile(filepath.Join(dir, "there"), nil, 0o644))
	s, err := open(bridge.Options{Root: dir})
	must(t, err)
	go func() { s.watch.Errors <- fsnotify.ErrEventOverflow }()
	c, stop := bridgetest.Start(t, s)
	t.Cleanup(stop)
	if r := c.Wait(t, "the loss", func(r bridgetest.Row) bool { return r.Type == bridge.TypeLoss }); r.Lost != -1 {
		t.Errorf("loss: %v", r)
	}
	if r := c.Wait(t, "the rescan", bridgetest.Is(bridge.TypeRescan, filepath.Join(dir, "there"))); r.Flags != "rescan" {
		t.Errorf("rescan: %v", r)
	}
}

func TestFolderVanishes(t *testing.T) {
	dir := filepath.Join(bridge.RealPath(t.TempDir()), "w")
	must(t, os.Mkdir(dir, 0o755))
	s, c, _ := start(t, bridge.Options{Root: dir})
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	must(t, os.Remove(dir))
	c.Wait(t, "the gap", func(r bridgetest.Row) bool { return r.Type == bridge.TypeGap })
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), dir+" is away") {
		t.Errorf("while the folder is away the source says %v", err)
	}
	must(t, os.Mkdir(dir, 0o755))
	c.Wait(t, "its end", func(r bridgetest.Row) bool { return r.Type == bridge.TypeGap && strings.Contains(r.Content, "again") })
	if err := s.Err(); err != nil {
		t.Errorf("the folder is there again, and the source says %v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "late"), nil, 0o644))
	c.Wait(t, "a file in the new folder", func(r bridgetest.Row) bool {
		return r.Path == filepath.Join(dir, "late") && (r.Type == bridge.TypeCreate || r.Type == bridge.TypeRescan)
	})
}

func TestErrorsSayWhatToDo(t *testing.T) {
	_, err := open(bridge.Options{Root: filepath.Join(t.TempDir(), "none")})
	if e, ok := sqlerr.As(err); !ok || !strings.Contains(e.Message, "none") || e.Hint == "" {
		t.Errorf("a missing folder: %v", err)
	}
	e, ok := sqlerr.As(explain(syscall.ENOSPC, "/x"))
	if !ok || !strings.Contains(e.Hint, "fs.inotify.max_user_watches") || !errors.Is(e, syscall.ENOSPC) {
		t.Errorf("the limit on watches: %v", e)
	}
}
