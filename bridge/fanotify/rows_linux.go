package fanotify

import (
	"bytes"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
)

// pathBuf holds a path and a zero byte behind it, so that it can be shown to the kernel without a copy.
type pathBuf struct {
	b     []byte
	stale bool
}

func (p *pathBuf) set(dir string, name []byte) {
	p.b = append(p.b[:0], dir...)
	if len(name) > 0 && !(len(name) == 1 && name[0] == '.') {
		if len(p.b) == 0 || p.b[len(p.b)-1] != '/' {
			p.b = append(p.b, '/')
		}
		p.b = append(p.b, name...)
	}
	p.b = append(p.b, 0)
}

func (p *pathBuf) clear() { p.b, p.stale = p.b[:0], false }

// view is the path without its zero byte, borrowed until the next set.
func (p *pathBuf) view() string {
	if len(p.b) == 0 {
		return ""
	}
	return unsafe.String(unsafe.SliceData(p.b), len(p.b)-1)
}

// locate finds the paths of a record, and says whether any of them is wanted.
func (s *Source) locate(r *record) bool {
	s.path.clear()
	s.to.clear()
	from, to := &r.dir, &r.new
	if r.mask&maskRename != 0 {
		from = &r.old
	}
	known := s.place(&s.path, from)
	if to.set() {
		known = s.place(&s.to, to) || known
	}
	if !known {
		return false
	}
	a, b := s.path.view(), s.to.view()
	if a != "" && s.o.Wants(a) || b != "" && s.o.Wants(b) {
		return true
	}
	if s.o.Excluded(a) {
		s.count.Add(bridge.CountExcluded, 1)
	} else {
		s.count.Add(bridge.CountForeign, 1)
	}
	return false
}

// place finds one path. It gives false for what lies outside the folder, and for what nobody can name any more.
func (s *Source) place(p *pathBuf, r *ref) bool {
	if !r.set() {
		return false
	}
	dir, ok := s.dirs.find(r)
	if !ok {
		// The directory is gone, and was never seen: it may have been inside the folder or not.
		s.count.Add(bridge.CountUnnamed, 1)
		return false
	}
	if !dir.keep && s.rec.mask&maskRename == 0 {
		s.count.Add(bridge.CountForeign, 1)
		return false
	}
	p.set(dir.path, r.name)
	p.stale = dir.stale
	return true
}

// rows appends a row for each operation of a located record.
func (s *Source) rows(r *record) {
	e := &s.event
	*e = bridge.Event{TS: s.now, Uncertainty: s.uncertain, Has: bridge.HasUncertainty}
	dir := r.mask&maskDir != 0
	if dir {
		e.Flags |= bridge.FlagDir
	}
	if r.merged() {
		e.Flags |= bridge.FlagMerged
	}
	if s.path.stale || s.to.stale {
		e.Flags |= bridge.FlagPathStale
	}
	s.procs.fill(e, r)
	e.Path, e.Target = printable(s.path.view()), printable(s.to.view())
	there := r.mask&maskStat != 0 && s.stat(&s.st)
	has, flags := e.Has, e.Flags
	for i := range operations {
		o := &operations[i]
		if r.mask&o.bit == 0 {
			continue
		}
		e.ID, e.Has, e.Flags = [16]byte{}, has, flags
		o.fill(e, dir)
		e.Target = ""
		if o.bit == maskRename {
			e.Target = printable(s.to.view())
		}
		if there && o.stat {
			fillStat(e, &s.st)
		}
		e.Seal()
		s.feed.Append(e, s.now)
	}
}

// printable is p as UTF-8: a file name may be any bytes, a text may not.
func printable(p string) string {
	if utf8.ValidString(p) {
		return p
	}
	return string(bytes.ToValidUTF8([]byte(p), []byte("\uFFFD")))
}

// stat asks for the file where it is now: at its new name after a rename.
func (s *Source) stat(st *unix.Statx_t) bool {
	b := s.path.b
	if len(s.to.b) > 0 {
		b = s.to.b
	}
	if len(b) == 0 {
		return false
	}
	const want = unix.STATX_SIZE | unix.STATX_INO | unix.STATX_TYPE
	at := unix.AT_FDCWD
	_, _, errno := unix.Syscall6(unix.SYS_STATX, uintptr(at), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		unix.AT_SYMLINK_NOFOLLOW, want, uintptr(unsafe.Pointer(st)), 0)
	return errno == 0
}

func fillStat(e *bridge.Event, st *unix.Statx_t) {
	e.Inode = int64(st.Ino)
	e.Device = int64(unix.Mkdev(st.Dev_major, st.Dev_minor))
	e.Has |= bridge.HasInode | bridge.HasDevice
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		e.FileSize = int64(st.Size)
		e.Has |= bridge.HasFileSize
	}
}
