package fanotify

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// markBelow has the kernel ask about the files of a directory and of those below it, on the same file system.
func (g *guard) markBelow(dir string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "folder %q cannot be guarded", dir)
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil // it went away meanwhile
		}
		var at unix.Stat_t
		if unix.Lstat(path, &at) != nil {
			return nil
		}
		if at.Dev != st.Dev || g.src.o.Excluded(path) {
			return fs.SkipDir
		}
		if g.guarded++; g.guarded > maxGuarded {
			return sqlerr.New(sqlerr.ConfigurationLimit, "more than %d directories below %q", maxGuarded, g.root).WithHint("Watch a smaller folder.")
		}
		err = unix.FanotifyMark(g.fd, unix.FAN_MARK_ADD|unix.FAN_MARK_ONLYDIR|unix.FAN_MARK_DONT_FOLLOW, g.mask|unix.FAN_EVENT_ON_CHILD, unix.AT_FDCWD, path)
		if err != nil && err != unix.ENOENT {
			return explain(err, "permission events of the folder "+path)
		}
		return nil
	})
}

// ignore has the kernel not ask about the file of an event any more, until Forget. gen is what it was before the file was judged.
func (g *guard) ignore(fd int, gen uint64) {
	if !g.mu.TryLock() {
		return
	}
	defer g.mu.Unlock()
	if len(g.ignored) >= maxIgnored {
		return
	}
	h, _, err := unix.NameToHandleAt(fd, "", unix.AT_EMPTY_PATH)
	if err != nil || gen != g.gen.Load() { // Forget comes for the lock when gen has grown
		return
	}
	const how = unix.FAN_MARK_ADD | unix.FAN_MARK_IGNORE | unix.FAN_MARK_IGNORED_SURV_MODIFY | unix.FAN_MARK_EVICTABLE
	if unix.FanotifyMark(g.fd, how, g.mask, fd, "") == nil {
		g.ignored[string(h.Bytes())] = handle{h.Type(), h.Bytes()}
		g.ignores.Add(1)
	}
}

// Forget has the kernel ask about all files again.
func (g *guard) Forget() {
	g.gen.Add(1)
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.ignored) == 0 || g.closed {
		return
	}
	mount, err := unix.Open(g.root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // the folder is away, and its files with it
	}
	defer unix.Close(mount)
	for _, h := range g.ignored {
		fd, err := unix.OpenByHandleAt(mount, unix.NewFileHandle(h.kind, h.bytes), unix.O_PATH|unix.O_CLOEXEC)
		if err != nil {
			continue // the file is gone, and its mark with it
		}
		g.unignore("/proc/self/fd/" + strconv.Itoa(fd))
		_ = unix.Close(fd)
	}
	clear(g.ignored)
}

func (g *guard) unignore(path string) {
	_ = unix.FanotifyMark(g.fd, unix.FAN_MARK_REMOVE|unix.FAN_MARK_IGNORE|unix.FAN_MARK_IGNORED_SURV_MODIFY, g.mask, unix.AT_FDCWD, path)
}

// moved takes in that a file or a directory is at a place where it was not: what was allowed where it was may not be here.
func (s *Source) moved(g *guard, r *record) {
	at := &r.dir
	if r.mask&maskRename != 0 {
		at = &r.new
	}
	if !at.set() {
		return
	}
	dir, ok := s.dirs.find(at)
	if !ok || !dir.keep {
		return
	}
	path := filepath.Join(dir.path, string(at.name))
	switch {
	case !bridge.Within(path, g.root):
	case r.mask&maskDir == 0:
		g.gen.Add(1)
		g.mu.Lock()
		if !g.closed {
			g.unignore(path)
		}
		g.mu.Unlock()
	default:
		g.Forget()
		if err := g.markBelow(path); err != nil && !os.IsNotExist(err) {
			s.o.Log.Error("a directory is not guarded", "folder", path, "err", err)
		}
	}
}

// renew has the kernel ask about the whole folder anew: what happened to its directories was not seen.
func (g *guard) renew() {
	g.Forget()
	g.mu.Lock()
	g.guarded = 0
	g.mu.Unlock()
	if err := g.markBelow(g.root); err != nil {
		g.src.o.Log.Error("a part of the folder is not guarded", "folder", g.root, "err", err)
	}
}
