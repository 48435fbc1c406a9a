// Package scratch keeps what operators put aside when memory is short: bytes in one file, which means nothing to the
// next process and is emptied by it.
//
//	file   | a | free | b | c | free ...
//
// Freed room is used again, the first that is large enough, and joins free room beside it; the file never gets shorter
// while it is open. Nothing is synced: after a crash nobody asks for it.
package scratch

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// DefaultMaxBytes is how large a File gets unless it is told otherwise.
const DefaultMaxBytes = 64 << 30

// File is a state.Scratch in a file. It may be used from any goroutine.
type File struct {
	path  string
	max   int64
	guard *disk.Guard

	mu   sync.Mutex
	f    *os.File // nil until something is put, and after Close
	shut bool
	end  int64
	free []extent // by place, no two beside each other
}

type extent struct{ at, n int64 }

// Open gives a File that is made when something is first put into it, at most maxBytes long; 0: DefaultMaxBytes. What an earlier
// process left there is removed. minFree is the space of the file system that is left alone, as disk.NewGuard takes it.
func Open(path string, maxBytes, minFree int64) (*File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot remove %s, which an earlier process left", path)
	}
	if maxBytes <= 0 {
		maxBytes = DefaultMaxBytes
	}
	return &File{path: path, max: maxBytes, guard: disk.NewGuard(filepath.Dir(path), minFree)}, nil
}

// Put stores data and says where. It fails with 53100 when there is no room.
func (s *File) Put(data []byte) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return 0, err
	}
	if err := s.guard.Check(int64(len(data))); err != nil {
		return 0, err
	}
	at, err := s.take(int64(len(data)))
	if err != nil {
		return 0, err
	}
	if _, err := s.f.WriteAt(data, at); err != nil {
		s.give(extent{at, int64(len(data))})
		return 0, sqlerr.Wrap(sqlerr.DiskFull, err, "cannot write to %s", s.path)
	}
	return at, nil
}

func (s *File) open() (err error) {
	if s.shut {
		return sqlerr.New(sqlerr.IOError, "%s is closed", s.path)
	}
	if s.f == nil {
		if s.f, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return sqlerr.Wrap(sqlerr.IOError, err, "cannot make %s", s.path)
		}
	}
	return nil
}

// take finds room for n bytes.
func (s *File) take(n int64) (int64, error) {
	for i := range s.free {
		x := &s.free[i]
		if x.n < n {
			continue
		}
		at := x.at
		if x.at, x.n = x.at+n, x.n-n; x.n == 0 {
			s.free = slices.Delete(s.free, i, i+1)
		}
		return at, nil
	}
	if s.end+n > s.max {
		return 0, sqlerr.New(sqlerr.DiskFull, "%s has the %d bytes that it may have", s.path, s.max)
	}
	at := s.end
	s.end += n
	return at, nil
}

// Get fills data with what was put there.
func (s *File) Get(data []byte, at int64) error {
	s.mu.Lock()
	f := s.f
	s.mu.Unlock()
	if f == nil {
		return sqlerr.New(sqlerr.IOError, "%s is closed", s.path)
	}
	if _, err := f.ReadAt(data, at); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot read from %s", s.path)
	}
	return nil
}

// Free gives up n bytes that were put there.
func (s *File) Free(at int64, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.give(extent{at, int64(n)})
}

func (s *File) give(x extent) {
	i, _ := slices.BinarySearchFunc(s.free, x.at, func(e extent, at int64) int {
		if e.at < at {
			return -1
		}
		return 1
	})
	if i < len(s.free) && x.at+x.n == s.free[i].at {
		x.n += s.free[i].n
		s.free = slices.Delete(s.free, i, i+1)
	}
	if i > 0 && s.free[i-1].at+s.free[i-1].n == x.at {
		i--
		x.at, x.n = s.free[i].at, x.n+s.free[i].n
		s.free = slices.Delete(s.free, i, i+1)
	}
	if x.at+x.n == s.end {
		s.end = x.at
		return
	}
	s.free = slices.Insert(s.free, i, x)
}

// Bytes is the length of the file.
func (s *File) Bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

// Close removes the file.
func (s *File) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	if s.f == nil {
		return nil
	}
	err := errors.Join(s.f.Close(), os.Remove(s.path))
	s.f = nil
	return err
}
