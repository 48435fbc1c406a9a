package file

import (
	"errors"
	"os"
)

// segment is rows that become one file: those of the epochs first to last.
type segment struct {
	first, last uint64
	rows        int64
	buf         []byte   // what file does not have
	file        *os.File // nil: nothing is on disk
	size        int64    // of file
}

// spill moves what is in memory into the file at path, or the one that it has.
func (s *segment) spill(path string) error {
	if s.file == nil {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
		if err != nil {
			return err
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(s.buf, s.size); err != nil {
		return err
	}
	s.size += int64(len(s.buf))
	s.buf = s.buf[:0]
	return nil
}

// finish makes all of the segment durable in the file at path, or the one that it has, and closes that. When it fails the
// segment is as it was.
func (s *segment) finish(path string) (name string, err error) {
	f := s.file
	if f == nil {
		if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640); err != nil {
			return "", err
		}
	}
	if _, err = f.WriteAt(s.buf, s.size); err == nil {
		err = f.Sync()
	}
	switch {
	case err == nil:
		return f.Name(), f.Close()
	case s.file == nil:
		return "", errors.Join(err, f.Close(), os.Remove(path))
	}
	return "", err
}

// discard gives up the rows.
func (s *segment) discard() {
	if s.file != nil {
		_ = s.file.Close() // what it holds is given up
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
}
