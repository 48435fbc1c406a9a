package segment

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Truncate removes the leading segments that hold only epochs before the given one and that no kept epoch's staged
// blocks lie in. The segment written to stays. Blocks staged in a removed segment and not named yet are gone: an
// epoch that names one is refused.
func (l *Log) Truncate(before uint64) error {
	if err := l.cutFront(before); err != nil {
		return err
	}
	return l.removeGone()
}

func (l *Log) cutFront(before uint64) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	n := 0
	for n+1 < len(l.segments) && l.segments[n+1].first <= before {
		n++
	}
	for i := len(l.segments) - 1; i >= n; i-- {
		for n > 0 && l.segments[n-1].id >= l.segments[i].oldest {
			n--
		}
	}
	for _, s := range l.segments[:n] {
		l.staged -= s.staged
		l.gone = append(l.gone, s)
	}
	l.segments = slices.Delete(l.segments, 0, n)
	l.first = l.segments[0].first
	return nil
}

// removeGone removes the files of truncated segments that no scan may come to any more; after Close of all. The oldest
// goes first: what a crash leaves behind is a log without a gap. That is why one at a time removes.
func (l *Log) removeGone() error {
	l.removing.Lock()
	defer l.removing.Unlock()
	l.mu.Lock()
	read := uint64(math.MaxUint64)
	for r := range l.readers {
		if !l.closed {
			read = min(read, r.segments[0].id)
		}
	}
	n := 0
	for n < len(l.gone) && l.gone[n].id < read {
		n++
	}
	unread := slices.Clone(l.gone[:n])
	l.mu.Unlock()
	for _, s := range unread {
		if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return sqlerr.Wrap(sqlerr.IOError, err, "cannot remove the segment %s", s.path)
		}
		l.mu.Lock()
		l.gone = l.gone[1:]
		l.mu.Unlock()
	}
	if n == 0 {
		return nil
	}
	if err := disk.SyncDir(l.dir); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot sync the folder %s", l.dir)
	}
	return nil
}
