package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sys/unix"
)

// fill makes a file that leaves so many bytes of a file system free.
func fill(t *testing.T, dir string, leave int64) (file string) {
	t.Helper()
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "filler")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Fallocate(int(f.Fd()), 0, 0, int64(s.Bavail)*s.Bsize-leave); err != nil {
		t.Fatal(err)
	}
	return file
}

// newTmpfs mounts a file system in memory.
func newTmpfs(t *testing.T, mib int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		skipOrFail(t, "mounting a file system needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		skipOrFail(t, "no file system of its own: "+err.Error())
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// code is the SQLSTATE of an error, "" without one.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// writes are statements of every kind that stores something.
var writes = []string{
	"INSERT INTO s VALUES ('2026-02-01Z', 0, 99, 1, 1, 1)",
	"UPDATE account SET balance = balance WHERE id = 1",
	"INSERT INTO side VALUES (100, 1) ON CONFLICT (k) DO NOTHING",
	"CREATE STREAM more (ts timestamptz)",
	"CREATE MATERIALIZED VIEW more AS SELECT count(*) FROM s",
}

// TestDiskFull fills a node's disk from outside and from inside: writes are refused, reads go on, and when there is room
// again writes do too.
func TestDiskFull(t *testing.T) {
	long(t)
	t.Run("tmpfs", func(t *testing.T) { diskFull(t, newTmpfs(t, 1024), seed(t)) }) // the store is refused before the log needs room
	t.Run("ext4", func(t *testing.T) {
		t.Setenv(childLarge, "yes") // the log is refused where it makes a segment
		diskFull(t, newImage(t, 1024).dir, seed(t))
	})
}

func diskFull(t *testing.T, disk string, seed uint64) {
	data := filepath.Join(disk, "data")
	w := newWorld(seed, data)
	p := start(t, data)
	w.found(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := p.connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	step := func(n int64) func(int64) bool { return func(steps int64) bool { return steps >= n } }
	if err := w.work(p, step(60)); err != nil {
		t.Fatal(err)
	}

	filler := fill(t, disk, 64<<20)
	for _, s := range writes {
		if _, err := c.Exec(ctx, s); code(err) != "53100" {
			t.Errorf("%s: %v, and not 53100", s, err)
		}
	}
	if err := w.compare(p, false); err != nil {
		t.Errorf("reads on a full disk: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := w.work(p, step(40)); err != nil {
		t.Fatalf("with room again: %v", err)
	}

	fill(t, disk, 220<<20)
	w.refusals = true
	full := 0
	for range 200 { // each takes some of what is left
		if err := w.fillUp(ctx, p); code(err) == "53100" {
			full++
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if full == 0 {
		t.Fatal("the disk did not get full")
	}
	_ = w.work(p, step(40))
	w.refusals = false
	if err := w.compare(p, false); err != nil {
		t.Errorf("filled from inside: %v\n%s", err, p.said)
	}
	p.kill()
	if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
		t.Fatal(err)
	}
	p = start(t, data)
	if err := w.check(p); err != nil {
		t.Errorf("after a restart: %v\n%s", err, p.said)
	}
	if err := w.work(p, step(40)); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// fillUp writes rows that no compression makes small.
func (w *world) fillUp(ctx context.Context, p *process) error {
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, "INSERT INTO filler SELECT now(), string_agg(md5((random() * i)::text), '') FROM generate_series(1, 60000) AS i GROUP BY i % 2000")
	return err
}
