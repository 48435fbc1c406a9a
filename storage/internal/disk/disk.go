// Package disk is what every store of files needs of the file system: a lock on its folder, a guard over the free
// space, and a sync of a folder's entries. It knows no file format.
//
// # Concurrency
//
// A Guard may be asked from any goroutine.
package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// The free space that is left alone: a tenth of the file system, within these bounds.
const (
	LeastFree = 128 << 20
	MostFree  = 1 << 30
)

const lockName = "LOCK.vexstream"

// Lock is a hold on a folder. The kernel drops it with the process, however that ends.
type Lock struct{ f *os.File }

// Acquire takes the lock of a folder, or gives 55006 that names the folder, and the process that holds it if known.
func Acquire(dir string) (*Lock, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot open the lock file %s", path).
			WithHint("Run vexstream as the user that owns %s.", dir)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot lock the folder %s", dir)
		}
		holder := "another process"
		pid := make([]byte, 20)
		if n, _ := f.ReadAt(pid, 0); n > 0 {
			holder = "process " + strings.TrimSpace(string(pid[:n]))
		}
		return nil, sqlerr.New(sqlerr.ObjectInUse, "the folder %s is in use by %s", dir, holder).
			WithHint("Stop that process, or use another folder.")
	}
	// The number is only for the hint above: a full disk must not keep a store from opening.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	return &Lock{f}, nil
}

// Release gives the folder free.
func (l *Lock) Release() error { return l.f.Close() }

// Guard refuses writes while the file system has too little free space.
type Guard struct {
	dir string
	min int64
	// free gives the bytes an ordinary user may still write, and the size of the file system.
	free func(dir string) (free, total int64, err error)
}

// NewGuard makes a guard for the file system that holds dir. min is the space to leave; 0: a tenth of the file system
// within LeastFree and MostFree; negative: none.
func NewGuard(dir string, min int64) *Guard { return &Guard{dir: dir, min: min, free: statfs} }

// Check gives 53100 unless n more bytes leave enough space free. It costs one system call (about 1 µs), so its answer
// is never stale.
func (g *Guard) Check(n int64) error {
	if g.min < 0 {
		return nil
	}
	free, total, err := g.free(g.dir)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot ask for the free space of %s", g.dir)
	}
	least := g.min
	if least == 0 {
		least = min(MostFree, max(LeastFree, total/10))
	}
	if free-n >= least {
		return nil
	}
	return sqlerr.New(sqlerr.DiskFull, "the file system of %s has %d MB free, and %d MB are kept back", g.dir, free>>20, least>>20).
		WithHint("Free some space, or lower min_free_space; reads go on, and writes resume by themselves.")
}

func statfs(dir string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), nil
}

// Full says whether err means that the disk, or the user's share of it, is full.
func Full(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// SyncDir makes the creation, renaming and removal of dir's entries durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

// Copy makes to a copy of the file from, and makes it durable.
func Copy(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	return CopyPart(in, info.Size(), to)
}

// CopyPart makes to a copy of the first size bytes of a file, and makes it durable. Where there is nothing but zeros, it takes
// no room.
func CopyPart(in *os.File, size int64, to string) (err error) {
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buf := make([]byte, 1<<20)
	for at := int64(0); at < size; {
		n := int(min(size-at, int64(len(buf))))
		if _, err := in.ReadAt(buf[:n], at); err != nil {
			return err
		}
		if len(bytes.TrimRight(buf[:n], "\x00")) > 0 {
			if _, err := out.WriteAt(buf[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
	}
	return errors.Join(out.Truncate(size), out.Sync())
}
