package inotify

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/fsnotify/fsnotify"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/poll"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Name is the source column of this package's rows.
const Name = "inotify"

const (
	maxFound  = 1 << 14 // paths remembered as already told by a scan
	eventsBuf = 4096    // events that fsnotify may read ahead
	scanSteps = 4       // steps of a rescan between two looks at the events
	checkTime = time.Second
	flushTime = 5 * time.Millisecond
)

// Source watches one folder. Open makes it.
type Source struct {
	o     bridge.Options
	count bridge.Counters
	feed  *bridge.Feed
	watch *fsnotify.Watcher
	scan  *poll.Scan
	again bool
	gone  bool
	full  bool                // the limit on watches was met, and told
	found map[string]struct{} // told by the scan of a new directory: their Create events say nothing new

	mu      sync.Mutex
	closed  bool
	stop    context.CancelFunc
	running chan struct{}
}

// Open makes a source for the folder o.Root and watches every directory below it.
func Open(o bridge.Options) (bridge.Source, error) { return open(o) }

func open(o bridge.Options) (*Source, error) {
	s := &Source{o: o.Normalize(), found: make(map[string]struct{})}
	info, err := os.Stat(s.o.Root)
	if err == nil && !info.IsDir() {
		err = errors.New("it is not a folder")
	}
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "folder %q cannot be watched", s.o.Root).
			WithHint("Name a folder that exists and can be read.")
	}
	if s.watch, err = fsnotify.NewBufferedWatcher(eventsBuf); err != nil {
		return nil, explain(err, s.o.Root)
	}
	if err := s.addTree(s.o.Root, nil); err != nil {
		_ = s.watch.Close()
		return nil, err
	}
	s.feed = bridge.NewFeed(bridge.BatcherOptions{Source: Name, Host: s.o.Host, Node: s.o.Node, Counters: &s.count})
	return s, nil
}

func explain(err error, dir string) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return sqlerr.Wrap(sqlerr.ConfigurationLimit, err, "the limit on inotify watches is met at folder %q", dir).
			WithHint("Raise it: sysctl fs.inotify.max_user_watches=524288. Or watch a smaller folder, or run as root for fanotify, which needs one mark.")
	case errors.Is(err, syscall.EMFILE):
		return sqlerr.Wrap(sqlerr.ConfigurationLimit, err, "the limit on inotify instances or open files is met at folder %q", dir).
			WithHint("Raise fs.inotify.max_user_instances with sysctl, or the limit on open files (ulimit -n).")
	}
	return sqlerr.Wrap(sqlerr.IOError, err, "folder %q cannot be watched", dir)
}

// Name is inotify.
func (s *Source) Name() string { return Name }

// Schema is that of events.
func (s *Source) Schema() batch.Schema { return bridge.Schema }

// Caps is what fsnotify can tell.
func (s *Source) Caps() bridge.Caps {
	return bridge.Caps{Path: true, FileSize: true, SeesIOUring: true}
}

// Blind is what fsnotify cannot see.
func (s *Source) Blind() []string {
	out := []string{
		"who did it: no process, no thread, no user",
		"how many bytes an operation moved (size_bytes is null; file_size is the size afterwards)",
		"opens, reads and closes",
		"both names of a rename in one row: it is a FilesystemRename of the old and a FilesystemCreate of the new name",
		"what happens in a new folder before it is watched, except that the files found in it are reported",
		"its own process: the node's accesses inside the watched folder can be left out by folder only",
		"writes through a memory mapping",
	}
	if runtime.GOOS != "linux" {
		out = append(out, "on "+runtime.GOOS+" fsnotify uses the system's own mechanism, with its own limits")
	}
	return out
}

// Stats is what was counted so far.
func (s *Source) Stats() []bridge.Stat { return s.count.Stats(Name) }

// Err says why it sees nothing at the moment; nil: it does.
func (s *Source) Err() error { return s.count.Err() }

// Run reads events until ctx is done or Close is called.
func (s *Source) Run(ctx context.Context, to stream.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	if s.closed || s.running != nil {
		s.mu.Unlock()
		return nil
	}
	done := make(chan struct{})
	s.running, s.stop = done, cancel
	s.mu.Unlock()
	defer close(done)
	return s.feed.Drive(ctx, to, s.o.Now, s.drain)
}

// Close ends Run, waits for it, and takes the watches back.
func (s *Source) Close() error {
	s.mu.Lock()
	running, stop, closed := s.running, s.stop, s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	if running != nil {
		stop()
		<-running
	}
	return s.watch.Close()
}

func (s *Source) drain(ctx context.Context) error {
	flush, check := time.NewTicker(flushTime), time.NewTicker(checkTime)
	defer flush.Stop()
	defer check.Stop()
	for {
		if s.scan != nil { // a scan goes on between events, and does not wait for them
			s.rescanSome()
			select {
			case e := <-s.watch.Events:
				s.event(e)
			case err := <-s.watch.Errors:
				s.failed(err)
			case <-ctx.Done():
				s.scan.Close()
				return nil
			default:
			}
			s.feed.Tick(s.o.Now())
			continue
		}
		select {
		case e, ok := <-s.watch.Events:
			if !ok {
				return nil
			}
			s.event(e)
		case err := <-s.watch.Errors:
			s.failed(err)
		case <-flush.C:
			s.feed.Flush(s.o.Now())
		case <-check.C:
			clear(s.found)
			s.look()
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Source) failed(err error) {
	now := s.o.Now()
	switch {
	case err == nil:
	case errors.Is(err, fsnotify.ErrEventOverflow):
		s.count.Add(bridge.CountOverflows, 1)
		s.feed.Loss(bridge.LostKernel, -1, "the kernel's inotify queue was full; the folder is read again", now)
		s.rescan()
	default:
		s.feed.Loss(bridge.LostDecode, -1, "reading the inotify queue failed: "+err.Error(), now)
		s.rescan()
	}
}

// event makes the row of one fsnotify event.
func (s *Source) event(w fsnotify.Event) {
	if !s.o.Wants(w.Name) {
		s.count.Add(bridge.CountExcluded, 1)
		return
	}
	now := s.o.Now()
	e := bridge.Event{TS: now, Path: printable(w.Name), Uncertainty: int32(flushTime.Microseconds()), Has: bridge.HasUncertainty}
	info, err := os.Lstat(w.Name)
	if err == nil {
		fillInfo(&e, info)
	}
	dir := err == nil && info.IsDir()
	told := w.Has(fsnotify.Create) && s.told(w.Name)
	for _, o := range operations {
		if !w.Has(o.op) {
			continue
		}
		if o.op == fsnotify.Create && told {
			continue
		}
		e.ID = [16]byte{}
		e.Type, e.Op = o.kind, o.name
		if dir && o.op == fsnotify.Create {
			e.Type, e.Op = bridge.TypeMkdir, bridge.OpMkdir
		}
		e.Seal()
		s.feed.Append(&e, now)
	}
	if w.Has(fsnotify.Create) && dir && !told { // the scan that told of it watched it before it read it
		s.newDir(w.Name, now)
	}
	if w.Has(fsnotify.Remove) || w.Has(fsnotify.Rename) {
		delete(s.found, w.Name) // what comes next under this name is new
	}
	if w.Name == s.o.Root && (w.Has(fsnotify.Remove) || w.Has(fsnotify.Rename)) {
		s.away(now) // also if another is in its place already: the watches went with the old one
		s.look()
	}
}

// operations is the fixed order of the rows of an event that has several bits.
var operations = [...]struct {
	op         fsnotify.Op
	kind, name string
}{
	{fsnotify.Create, bridge.TypeCreate, bridge.OpCreate},
	{fsnotify.Write, bridge.TypeWrite, bridge.OpWrite},
	{fsnotify.Chmod, bridge.TypeChmod, bridge.OpAttrib},
	{fsnotify.Rename, bridge.TypeRename, bridge.OpRename},
	{fsnotify.Remove, bridge.TypeDelete, bridge.OpDelete},
}

func (s *Source) told(path string) bool {
	_, ok := s.found[path]
	delete(s.found, path)
	return ok
}

// newDir watches a directory that appeared, and tells what is in it already.
func (s *Source) newDir(dir string, now types.Micros) {
	err := s.addTree(dir, func(path string, d fs.DirEntry) {
		info, err := d.Info()
		if err != nil {
			return
		}
		if len(s.found) < maxFound {
			s.found[path] = struct{}{}
		}
		e := bridge.Event{TS: now, Type: bridge.TypeCreate, Op: bridge.OpCreate, Path: printable(path), Flags: bridge.FlagRescan}
		if d.IsDir() {
			e.Type, e.Op = bridge.TypeMkdir, bridge.OpMkdir
		}
		fillInfo(&e, info)
		e.Seal()
		s.feed.Append(&e, now)
	})
	if err != nil {
		s.count.Add(bridge.CountWatchFailed, 1)
		if !s.full {
			s.full = true
			s.o.Log.Error("a new folder cannot be watched", "source", Name, "folder", dir, "error", err)
			s.feed.Loss(bridge.LostKernel, -1, err.Error(), now)
		}
	}
}

// addTree watches root and all directories below it, each before it is read, and calls found for what is below.
func (s *Source) addTree(root string, found func(string, fs.DirEntry)) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == s.o.Root {
				return explain(err, path)
			}
			if !errors.Is(err, fs.ErrNotExist) {
				s.count.Add(bridge.CountWatchFailed, 1)
			}
			return nil // it went away, or may not be read
		}
		if s.o.Excluded(path) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if found != nil && path != root {
			found(path, d)
		}
		if !d.IsDir() {
			return nil
		}
		switch err := s.watch.Add(path); {
		case err == nil, errors.Is(err, fs.ErrNotExist):
			return nil
		case errors.Is(err, fs.ErrPermission) && path != s.o.Root:
			s.count.Add(bridge.CountWatchFailed, 1)
			return fs.SkipDir
		default:
			return explain(err, path)
		}
	})
}

func (s *Source) rescan() {
	if s.scan != nil {
		s.again = true
		return
	}
	s.count.Add(bridge.CountRescans, 1)
	s.scan = poll.New(s.o.Root, s.o.Excluded)
}

func (s *Source) rescanSome() {
	now := s.o.Now()
	for range scanSteps {
		if s.scan.Step(func(path string, info fs.FileInfo) { s.scanned(path, info, now) }) {
			continue
		}
		s.scan = nil
		if s.again {
			s.again = false
			s.rescan()
		}
		return
	}
}

// scanned makes the row of a file that a rescan came upon; a directory that was missed is watched from now on.
func (s *Source) scanned(path string, info fs.FileInfo, now types.Micros) {
	e := bridge.Event{TS: now, Type: bridge.TypeRescan, Op: bridge.OpRescan, Path: printable(path), Flags: bridge.FlagRescan}
	fillInfo(&e, info)
	e.Seal()
	s.feed.Append(&e, now)
	if info.IsDir() && s.watch.Add(path) != nil {
		s.count.Add(bridge.CountWatchFailed, 1)
	}
}

// look sees whether the folder is there. While it is away there is a Gap, and it is looked for every second.
func (s *Source) look() {
	info, err := os.Stat(s.o.Root)
	there := err == nil && info.IsDir()
	now := s.o.Now()
	switch {
	case !there:
		s.away(now)
	case there && s.gone:
		if s.addTree(s.o.Root, nil) != nil {
			return
		}
		s.gone = false
		s.o.Log.Info("the watched folder is there again", "source", Name, "folder", s.o.Root)
		s.feed.Back(s.o.Root, now)
		s.rescan()
	}
}

func (s *Source) away(now types.Micros) {
	if s.gone {
		return
	}
	s.gone = true
	s.o.Log.Warn("the watched folder is away; it is looked for every second", "source", Name, "folder", s.o.Root)
	s.feed.Away(s.o.Root, now)
}

func fillInfo(e *bridge.Event, info fs.FileInfo) {
	if info.IsDir() {
		e.Flags |= bridge.FlagDir
	} else {
		e.FileSize = info.Size()
		e.Has |= bridge.HasFileSize
	}
	fillNode(e, info)
}

func printable(p string) string {
	if utf8.ValidString(p) {
		return p
	}
	return string([]rune(p))
}
