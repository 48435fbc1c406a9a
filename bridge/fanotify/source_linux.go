package fanotify

import (
	"context"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/poll"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

const (
	readBytes   = 256 << 10             // one read of the kernel's queue
	lingerTime  = 5 * types.Millisecond // at least this long from one reading to the next
	checkTime   = types.Second          // how often the folder is looked at, and looked for
	scanPerTurn = 4                     // steps of a rescan between two readings
	readsTurn   = 64                    // reads before the batch and the clock get their turn
	wakeSlack   = types.Micros(100)     // what waking up is taken to cost, in ts_uncertainty_us
)

// Source watches one folder. Open makes it.
type Source struct {
	o     bridge.Options
	count bridge.Counters
	feed  *bridge.Feed
	group *group
	dirs  *dirs
	procs *processes
	self  int32

	buf       []byte
	rec       record
	event     bridge.Event
	path, to  pathBuf
	st        unix.Statx_t
	now       types.Micros // when the buffer under way was read
	uncertain int32        // µs that an event of it may be older
	scan      *poll.Scan
	again     bool // another loss came during the scan
	gone      bool // the folder is away
	suspect   bool // a directory was renamed or removed: look whether it was the folder
	checked   types.Micros

	guard  atomic.Pointer[guard] // nil: nothing is denied
	denied chan bridge.Event     // that Run has not told of yet

	mu      sync.Mutex // closed, running
	closed  bool
	running chan struct{} // nil until Run; closed when it has ended
}

// Open makes a source for the folder o.Root, and marks its file system at once, so that nothing is missed between
// Open and Run. An error says what the machine refuses, and what mends it.
func Open(o bridge.Options) (bridge.Source, error) { return open(o) }

func open(o bridge.Options) (*Source, error) {
	s := &Source{o: o.Normalize(), self: int32(os.Getpid()), buf: make([]byte, readBytes), denied: make(chan bridge.Event, maxUntold)}
	g, err := newGroup(s.o.Reads)
	if err != nil {
		return nil, err
	}
	if err := g.mark(s.o.Root); err != nil {
		g.close()
		return nil, err
	}
	s.group, s.dirs, s.procs = g, newDirs(&s.o), newProcesses()
	s.feed = bridge.NewFeed(bridge.BatcherOptions{Source: Name, Host: s.o.Host, Node: s.o.Node, Counters: &s.count})
	return s, nil
}

// Name is fanotify.
func (s *Source) Name() string { return Name }

// Schema is that of events.
func (s *Source) Schema() batch.Schema { return bridge.Schema }

// Caps is what fanotify can tell.
func (s *Source) Caps() bridge.Caps { return capsOf(s.o.Reads) }

// Blind is what fanotify cannot see.
func (s *Source) Blind() []string { return blindOf(s.o.Reads) }

// Stats is what was counted so far.
func (s *Source) Stats() []bridge.Stat { return s.count.Stats(Name) }

// Err says why it sees nothing at the moment; nil: it does.
func (s *Source) Err() error { return s.count.Err() }

// Run reads events until ctx is done or Close is called.
func (s *Source) Run(ctx context.Context, to stream.Sink) error {
	s.mu.Lock()
	if s.closed || s.running != nil {
		s.mu.Unlock()
		return nil
	}
	done := make(chan struct{})
	s.running = done
	s.mu.Unlock()
	defer close(done)
	return s.feed.Drive(ctx, to, s.o.Now, s.drain)
}

// Close ends Run, waits for it, and gives the group back to the kernel.
func (s *Source) Close() error {
	s.mu.Lock()
	running, closed := s.running, s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	if g := s.guard.Load(); g != nil {
		_ = g.Close()
	}
	s.group.stop()
	if running != nil {
		<-running
	}
	s.group.close()
	return nil
}

// drain is the loop of the reading goroutine. A first event after silence is read at once, while its process still
// lives; after that the loop reads every lingerTime, because a record read alone costs ten times one read among many.
func (s *Source) drain(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.group.stop)()
	defer s.release()
	last := s.o.Now() // the queue was empty then
	for {
		ready, end := s.group.wait(s.patience())
		if end {
			s.read(last)
			s.tellDenied()
			return nil
		}
		now := s.o.Now()
		if ready {
			woken := now
			if rest := last + lingerTime - now; rest > 0 {
				if s.group.linger(int((rest + 999) / 1000)) {
					s.read(last)
					return nil
				}
				woken = last
			}
			last = s.read(max(last, woken-wakeSlack))
		}
		s.rescanSome()
		s.tellDenied()
		if now-s.checked >= checkTime || s.suspect {
			s.look(now)
		}
		s.feed.Flush(s.o.Now())
	}
}

// patience is how many ms the loop may wait for the kernel.
func (s *Source) patience() int {
	if s.scan != nil {
		return 0
	}
	return int(checkTime / types.Millisecond)
}

func (s *Source) release() {
	s.dirs.rest()
	if s.scan != nil {
		s.scan.Close()
	}
}

// read empties the kernel's queue, or does readsTurn reads of it, and gives the time of the last. Nothing in it is
// older than since.
func (s *Source) read(since types.Micros) types.Micros {
	s.procs.cycle++
	for range readsTurn {
		n, err := unix.Read(s.group.fd, s.buf)
		if err == unix.EINTR {
			continue
		}
		s.now = s.o.Now()
		s.uncertain = int32(min(max(s.now-since, 0), 1<<31-1))
		if err != nil || n <= 0 {
			if err != nil && err != unix.EAGAIN {
				s.feed.Loss(bridge.LostDecode, -1, "reading the fanotify queue failed: "+err.Error(), s.now)
			}
			break
		}
		s.decode(s.buf[:n])
		s.feed.Tick(s.now)
	}
	s.dirs.rest()
	return s.now
}

func (s *Source) decode(b []byte) {
	for len(b) > 0 {
		rest, err := parse(b, &s.rec)
		if err == nil {
			s.record(&s.rec)
		} else {
			s.feed.Loss(bridge.LostDecode, -1, "a fanotify record could not be read: "+err.Error(), s.now)
			s.rescan()
		}
		if s.rec.pidfd >= 0 {
			_ = unix.Close(int(s.rec.pidfd))
		}
		b = rest
	}
}

func (s *Source) record(r *record) {
	if r.mask&maskOverflow != 0 {
		s.count.Add(bridge.CountOverflows, 1)
		s.feed.Loss(bridge.LostKernel, -1, "the kernel's fanotify queue was full; the folder is read again", s.now)
		s.rescan()
		return
	}
	if r.mask&maskDir != 0 && r.mask&(maskRename|maskDelete) != 0 {
		s.suspect = true
		if r.mask&maskRename != 0 {
			s.dirs.forget()
		}
	}
	if g := s.guard.Load(); g != nil && r.mask&(maskCreate|maskRename) != 0 {
		s.moved(g, r)
	}
	if s.own(r) {
		s.count.Add(bridge.CountOwn, 1)
		return
	}
	if s.locate(r) {
		s.rows(r)
	}
}

// own says whether the node itself did it: any access by a process to leave out, or this source reading directories.
func (s *Source) own(r *record) bool {
	if r.pid == s.self && r.mask&maskDir != 0 && r.mask&maskChanges == 0 {
		return true
	}
	for _, p := range s.o.Exclude.Pids {
		if int32(p) == r.pid {
			return true
		}
	}
	return false
}

// rescan starts to read the tree again, or notes that it must be done once more.
func (s *Source) rescan() {
	if s.scan != nil {
		s.again = true
		return
	}
	s.count.Add(bridge.CountRescans, 1)
	s.scan = poll.New(s.o.Root, s.o.Excluded)
	if g := s.guard.Load(); g != nil {
		g.renew()
	}
}

func (s *Source) rescanSome() {
	for range scanPerTurn {
		if s.scan == nil {
			return
		}
		now := s.o.Now()
		if s.scan.Step(func(path string, info fs.FileInfo) { s.found(path, info, now) }) {
			continue
		}
		s.scan = nil
		if s.again {
			s.again = false
			s.rescan()
		}
	}
}

// found makes the row of a file that a rescan came upon.
func (s *Source) found(path string, info fs.FileInfo, now types.Micros) {
	e := bridge.Event{
		TS: now, Type: bridge.TypeRescan, Op: bridge.OpRescan, Path: path, Flags: bridge.FlagRescan,
		FileSize: info.Size(), Has: bridge.HasFileSize,
	}
	if info.IsDir() {
		e.Flags |= bridge.FlagDir
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.Inode, e.Device = int64(st.Ino), int64(st.Dev)
		e.Has |= bridge.HasInode | bridge.HasDevice
	}
	e.Seal()
	s.feed.Append(&e, now)
}

// look sees whether the folder is still the one that was marked. While it is away there is a Gap, and the loop looks
// for it every second; when one is there again its file system is marked and the tree is read.
func (s *Source) look(now types.Micros) {
	s.checked, s.suspect = now, false
	id, err := identify(s.o.Root)
	if err == nil && id == s.group.root && !s.gone {
		return
	}
	if !s.gone {
		s.gone = true
		s.group.root = identity{}
		s.o.Log.Warn("the watched folder is away; it is looked for every second", "source", Name, "folder", s.o.Root)
		s.feed.Away(s.o.Root, now)
	}
	if err != nil || s.group.mark(s.o.Root) != nil {
		return
	}
	s.gone = false
	s.dirs.forget()
	s.o.Log.Info("the watched folder is there again", "source", Name, "folder", s.o.Root)
	s.feed.Back(s.o.Root, now)
	s.rescan()
}
