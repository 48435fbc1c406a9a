package fanotify

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
)

// maxDirs is how many directories the cache holds. When it is full it begins anew.
const maxDirs = 1 << 16

// dirs finds the path of a directory by its file handle.
type dirs struct {
	o      *bridge.Options
	cache  map[string]dirPath
	mount  int // an open directory of the file system, which open_by_handle_at needs; -1: none
	misses int64
}

type dirPath struct {
	path  string
	keep  bool // below the root or above it: its entries may be wanted
	stale bool // the directory had been deleted when it was looked up
}

func newDirs(o *bridge.Options) *dirs {
	return &dirs{o: o, cache: make(map[string]dirPath), mount: -1}
}

// find gives the path of r's directory, and false when nobody knows it any more.
func (d *dirs) find(r *ref) (dirPath, bool) {
	if p, ok := d.cache[string(r.key)]; ok {
		return p, true
	}
	p, ok := d.lookup(r)
	if !ok {
		return p, false
	}
	if len(d.cache) >= maxDirs {
		clear(d.cache)
	}
	d.cache[string(r.key)] = p
	return p, true
}

func (d *dirs) lookup(r *ref) (p dirPath, ok bool) {
	d.misses++
	if d.mount < 0 {
		fd, err := unix.Open(d.o.Root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return p, false
		}
		d.mount = fd
	}
	fd, err := unix.OpenByHandleAt(d.mount, unix.NewFileHandle(r.kind, r.handle), unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return p, false
	}
	defer unix.Close(fd)
	path, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return p, false
	}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Nlink == 0 {
		path, p.stale = strings.TrimSuffix(path, " (deleted)"), true
	}
	p.path = path
	p.keep = bridge.Within(path, d.o.Root) || bridge.Within(d.o.Root, path)
	return p, true
}

// forget drops all paths: a directory was renamed, and whatever lies below it has another path now.
func (d *dirs) forget() { clear(d.cache) }

// rest closes the directory that lookups used: an open one would keep its file system from being unmounted.
func (d *dirs) rest() {
	if d.mount >= 0 {
		_ = unix.Close(d.mount)
		d.mount = -1
	}
}
