// Package poll reads a directory tree in small steps: after a loss, when nobody can say what happened in between, it
// tells what is there now. It is not a watcher: it remembers nothing of an earlier scan.
//
// # Concurrency
//
// A Scan belongs to one goroutine, which calls Step between its other work; no call reads more than MaxStep entries.
package poll

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// MaxStep is the most entries that one Step reads. MaxDirs is how many directories may wait to be read; those past
// it are left out and counted.
const (
	MaxStep = 256
	MaxDirs = 1 << 20
)

// Scan walks a tree depth first. Symbolic links are reported and not followed; other file systems below the root are
// walked too.
type Scan struct {
	dirs    []string
	open    *os.File
	at      string
	skip    func(string) bool
	Skipped int // directories that could not be read, or did not fit
}

// New starts a scan of the tree under root. A path for which skip is true is left out, and all below it.
func New(root string, skip func(path string) bool) *Scan {
	return &Scan{dirs: []string{root}, skip: skip}
}

// Step reads some entries and calls found for each. It returns false when the tree is done.
func (s *Scan) Step(found func(path string, info fs.FileInfo)) bool {
	if s.open == nil && !s.next() {
		return false
	}
	entries, err := s.open.ReadDir(MaxStep)
	for _, e := range entries {
		s.visit(e, found)
	}
	if err != nil {
		if err != io.EOF {
			s.Skipped++
		}
		s.Close()
	}
	return s.open != nil || len(s.dirs) > 0
}

func (s *Scan) next() bool {
	for len(s.dirs) > 0 {
		s.at = s.dirs[len(s.dirs)-1]
		s.dirs = s.dirs[:len(s.dirs)-1]
		f, err := os.Open(s.at)
		if err == nil {
			s.open = f
			return true
		}
		s.Skipped++
	}
	return false
}

func (s *Scan) visit(e fs.DirEntry, found func(string, fs.FileInfo)) {
	path := filepath.Join(s.at, e.Name())
	if s.skip != nil && s.skip(path) {
		return
	}
	info, err := e.Info()
	if err != nil {
		return // gone since it was listed
	}
	found(path, info)
	if !e.IsDir() {
		return
	}
	if len(s.dirs) >= MaxDirs {
		s.Skipped++
		return
	}
	s.dirs = append(s.dirs, path)
}

// Close lets go of the directory that is open. The Scan may go on with the next one.
func (s *Scan) Close() {
	if s.open != nil {
		_ = s.open.Close()
		s.open = nil
	}
}
