package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// seal makes files of all segments that wait. What cannot be written goes on waiting, unless a part of it was on disk
// already: a disk that has failed once does not say what it holds.
func (o *Output) seal() error {
	o.sealing.Lock()
	s, err := o.sealAll()
	o.sealing.Unlock()
	if err != nil && s.file != nil {
		o.fail(err)
	}
	return err
}

// sealAll gives the segment that it failed at. The lock of sealing is held.
func (o *Output) sealAll() (*segment, error) {
	if err := o.find(false); err != nil {
		return &segment{}, err
	}
	for {
		o.mu.Lock()
		var s *segment
		if len(o.waiting) > 0 {
			s = o.waiting[0]
		}
		o.mu.Unlock()
		if s == nil {
			return nil, nil
		}
		err := o.write(s)
		o.mu.Lock()
		again := o.status.Err != nil
		if o.status.Err = err; err == nil {
			o.waiting = o.waiting[1:]
			o.status.tally = o.status.with(s)
		}
		o.mu.Unlock()
		if err != nil {
			if !again {
				o.o.Journal.Warn("an output cannot write a file; it keeps its rows and tries again", "output", o.o.Name, "err", err)
			}
			return s, err
		}
	}
}

// write makes the file of a segment. The order is what holds after a crash at any point: the file is whole before the marker
// names it, and the marker is there before the file has its name.
func (o *Output) write(s *segment) error {
	dir := o.o.Dir
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	temp, err := s.finish(filepath.Join(dir, o.temp()))
	if err != nil {
		return err
	}
	m := marker{tally: o.Status().with(s), temp: filepath.Base(temp)}
	m.final = fmt.Sprintf("%s-%012d-%012d.%s", o.base, s.first, s.last, o.o.Format)
	if placed, err := m.write(dir, o.base); err != nil {
		if !placed && s.file == nil { // what a marker names is finished at the next start
			err = errors.Join(err, os.Remove(temp))
		}
		return err
	}
	return m.apply(dir)
}

// marker says which file is about to get its name, and what is in files then:
//
//	version
//	epoch files rows bytes
//	temporary name
//	final name
type marker struct {
	tally
	temp, final string
}

func markerPath(dir, base string) string { return filepath.Join(dir, "."+base+".sealed") }

// write makes the marker durable. placed says that it may be there even though that failed.
func (m marker) write(dir, base string) (placed bool, err error) {
	path := markerPath(dir, base)
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return false, err
	}
	_, err = fmt.Fprintf(f, "1\n%d %d %d %d\n%s\n%s\n", m.Epoch, m.Files, m.Rows, m.Bytes, m.temp, m.final)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	if err := syncDir(dir); err != nil { // the name of what the marker names
		return false, err
	}
	if err := os.Rename(tmp, path); err != nil {
		return false, err
	}
	return true, syncDir(dir)
}

// apply gives the file its name. A crash may take that back: the marker gives it again.
func (m marker) apply(dir string) error {
	if err := os.Rename(filepath.Join(dir, m.temp), filepath.Join(dir, m.final)); err != nil {
		return err
	}
	_ = syncDir(dir)
	return nil
}

// readMarker gives an output's marker, the zero one if there is none.
func readMarker(dir, base string) (m marker, err error) {
	path := markerPath(dir, base)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	lines := strings.Split(string(data), "\n")
	if lines[0] != "1" {
		return m, fmt.Errorf("%s is of version %q, and this program knows version 1", path, lines[0])
	}
	if len(lines) != 5 || lines[4] != "" {
		return m, fmt.Errorf("%s is damaged", path)
	}
	m.temp, m.final = lines[2], lines[3]
	if _, err := fmt.Sscanf(lines[1], "%d %d %d %d", &m.Epoch, &m.Files, &m.Rows, &m.Bytes); err != nil {
		return m, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return m, nil
}

// recoverFiles brings a folder in order after a crash, and says what is in files. first says that no file without its
// name is in use.
func recoverFiles(dir, base string, first bool) (tally, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return tally{}, err
	}
	m, err := readMarker(dir, base)
	if err != nil {
		return tally{}, err
	}
	if m.temp != "" {
		if err := m.apply(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // it has its name, or somebody took it away
			return tally{}, err
		}
	}
	if !first {
		return m.tally, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return tally{}, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "."+base+".") && strings.HasSuffix(e.Name(), ".tmp") {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return tally{}, err
			}
		}
	}
	return m.tally, nil
}

// syncDir makes the names in a folder durable, where a system has that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
