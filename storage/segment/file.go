package segment

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

const tmpSuffix = ".tmp"

// made is a segment that has no name yet.
type made struct {
	segmentInfo
	prev   int64
	zeroed int64 // how much of it has been written
}

// create makes a preallocated segment under a temporary name, durable but for its name.
func (l *Log) create(id, first uint64, prev int64, fence uint64) (*made, *os.File, error) {
	m := &made{segmentInfo: segmentInfo{version: plainVersion, id: id, path: segmentPath(l.dir, id), first: first, size: fileHeadLen, oldest: id}, prev: prev}
	f, size, zeroed, err := l.make(id)
	if err != nil {
		return nil, nil, l.cannotMake(m.path, err)
	}
	m.disk, m.zeroed = size, zeroed
	d := make([]byte, fileHeadLen)
	(&fileHead{version: plainVersion, id: id, first: first, prevSize: prev, fence: fence}).put(d)
	if _, err = l.write(f, d, 0); err == nil {
		err = fdatasync(f)
	}
	if err != nil {
		f.Close()
		_ = os.Remove(m.path + tmpSuffix)
		return nil, nil, l.cannotMake(m.path, err)
	}
	return m, f, nil
}

func (l *Log) cannotMake(path string, err error) error {
	if disk.Full(err) {
		return full(l.dir, err)
	}
	return sqlerr.Wrap(sqlerr.IOError, err, "cannot make the segment %s", path)
}

// preallocate reserves n bytes, so that a write finds room and changes no size. It gives the file's
// size; a file system that cannot reserve is no error.
func preallocate(f *os.File, n int64) (int64, error) {
	err := unix.Fallocate(int(f.Fd()), 0, 0, n)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS):
		return fileHeadLen, nil
	}
	return 0, err
}

// publish gives a segment its name.
func publish(dir, path string) error {
	if err := os.Rename(path+tmpSuffix, path); err != nil {
		return err
	}
	return disk.SyncDir(dir)
}

func fdatasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }
