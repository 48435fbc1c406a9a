package fanotify

import (
	"encoding/binary"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Limits of a guard.
const (
	maxGuarded   = 1 << 17 // directories below the folder
	maxIgnored   = 1 << 15 // files that the kernel does not ask about any more
	maxUntold    = 1 << 10 // accesses that were refused and have no row yet
	maxWatchdogs = 5       // how often one that has ended is followed by another
	guardIdle    = 1000    // ms that it waits without showing that it lives
)

// guard answers the kernel, which asks before a file of the folder is opened or read.
type guard struct {
	src   *Source
	o     bridge.GuardOptions
	root  string
	fd    int // the group; the watchdog has it, too
	wake  int
	mask  uint64
	page  *page
	procs *processes
	dog   watchdog

	gen     atomic.Uint64 // grows when files that nobody was refused may be refused now
	mu      sync.Mutex    // what follows; the loop only tries it
	ignored map[string]handle
	guarded int
	closed  bool
	late    int64

	off                            atomic.Bool
	err                            atomic.Pointer[error]
	asked, refused, ignores, quiet atomic.Int64
	done                           chan struct{}
	closing                        sync.Once
}

// handle is a file as the kernel names it.
type handle struct {
	kind  int32
	bytes []byte
}

var permissions = map[string]uint64{bridge.OpOpen: unix.FAN_OPEN_PERM, bridge.OpRead: unix.FAN_ACCESS_PERM}

// Guard has the kernel ask about accesses of others than this process to files below the folder. It is there until it is closed, or
// the source is.
func (s *Source) Guard(o bridge.GuardOptions) (bridge.Guard, error) {
	if o.Deadline <= 0 {
		o.Deadline = bridge.DefaultDeadline
	}
	g := &guard{src: s, o: o, root: s.o.Root, procs: newProcesses(), ignored: map[string]handle{}, done: make(chan struct{})}
	for _, op := range o.Ops {
		bit, ok := permissions[op]
		if !ok {
			return nil, sqlerr.NotSupported("refusing the operation %q by fanotify", op).WithHint("The kernel asks about 'open' and 'read'.")
		}
		g.mask |= bit
	}
	if len(o.Watchdog) == 0 {
		return nil, sqlerr.NotSupported("a guard without a watchdog").
			WithHint("The program that the node is part of must name one: a stopped node would hold up whoever opens a file.")
	}
	if err := g.open(); err != nil {
		return nil, err
	}
	if err := g.markBelow(g.root); err != nil {
		_ = g.Close()
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.guard.CompareAndSwap(nil, g) {
		_ = g.Close()
		return nil, sqlerr.New(sqlerr.ObjectNotInState, "the folder %q is guarded already, or its source is closed", g.root)
	}
	return g, nil
}

// CanGuard says why the kernel would not ask about the folder; nil: it would.
func (s *Source) CanGuard() error {
	fd, err := permissionGroup()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD|unix.FAN_MARK_ONLYDIR, unix.FAN_ACCESS_PERM|unix.FAN_EVENT_ON_CHILD, unix.AT_FDCWD, s.o.Root); err != nil {
		return explain(err, "permission events of the folder "+s.o.Root)
	}
	return nil
}

func permissionGroup() (int, error) {
	const flags = unix.FAN_CLOEXEC | unix.FAN_NONBLOCK
	// A group of the class PRE_CONTENT may say which error a process gets; one of the class CONTENT knows EPERM alone.
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_PRE_CONTENT|flags, unix.O_RDONLY|unix.O_LARGEFILE|unix.O_CLOEXEC)
	if err != nil {
		fd, err = unix.FanotifyInit(unix.FAN_CLASS_CONTENT|flags, unix.O_RDONLY|unix.O_LARGEFILE|unix.O_CLOEXEC)
	}
	if err != nil {
		return -1, explain(err, "a fanotify group for permission events")
	}
	return fd, nil
}

// open makes the group, and has its watchdog and its loop run.
func (g *guard) open() (err error) {
	if g.fd, err = permissionGroup(); err != nil {
		return err
	}
	if g.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
		if g.page, err = newPage(); err == nil {
			if err = g.dog.start(g); err == nil {
				go g.loop()
				return nil
			}
			g.page.close()
		}
		_ = unix.Close(g.wake)
	}
	_ = unix.Close(g.fd)
	return sqlerr.Wrap(sqlerr.SystemError, err, "the folder %q cannot be guarded", g.root)
}

// Close lets everything pass: the kernel allows what waits when the last who has the group is gone.
func (g *guard) Close() error {
	g.closing.Do(func() {
		g.off.Store(true)
		g.src.guard.CompareAndSwap(g, nil)
		_, _ = unix.Write(g.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		<-g.done
		g.dog.end()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.closed = true
		g.late = g.page.late.Load()
		_ = unix.Close(g.fd)
		_ = unix.Close(g.wake)
		g.page.close()
	})
	return nil
}

// Err says why the kernel does not ask any more.
func (g *guard) Err() error {
	if err := g.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Counts are what it has done.
func (g *guard) Counts() bridge.GuardCounts {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.late = g.page.late.Load()
	}
	return bridge.GuardCounts{Asked: g.asked.Load(), Denied: g.refused.Load(), Ignored: g.ignores.Load(), Late: g.late, Untold: g.quiet.Load()}
}

// loop answers, on a thread that does nothing else: it opens no files, waits for no lock and writes to no journal, as whoever it would wait
// for may wait for it.
func (g *guard) loop() {
	runtime.LockOSThread()
	defer close(g.done)
	buf := make([]byte, metadataLen) // room for one event: what was read and has no answer is one at most
	path := make([]byte, bridge.MaxPath)
	access := &bridge.Access{Who: g.who}
	p := [2]unix.PollFd{{Fd: int32(g.fd), Events: unix.POLLIN}, {Fd: int32(g.wake), Events: unix.POLLIN}}
	for !g.off.Load() {
		_, _ = unix.Poll(p[:], guardIdle)
		g.page.alive()
		for !g.off.Load() {
			g.page.busy(true)
			n, err := unix.Read(g.fd, buf)
			if err != nil || n < metadataLen {
				g.page.busy(false)
				break
			}
			g.answer(buf, path, access)
			g.page.alive()
			g.page.busy(false)
		}
	}
}

// answer answers one event.
func (g *guard) answer(b, path []byte, a *bridge.Access) {
	fd, pid := int32(binary.LittleEndian.Uint32(b[16:])), int32(binary.LittleEndian.Uint32(b[20:]))
	if fd < 0 {
		return // the queue was full: there is nobody to answer
	}
	defer unix.Close(int(fd))
	if pid == g.src.self {
		_ = respond(g.fd, fd, unix.FAN_ALLOW)
		return
	}
	began, gen := time.Now(), g.gen.Load()
	v := g.judge(b, path, fd, pid, a)
	g.asked.Add(1)
	if !v.Deny {
		if v.Always {
			g.ignore(int(fd), gen)
		}
		_ = respond(g.fd, fd, unix.FAN_ALLOW)
		return
	}
	e := bridge.Denied(a, &v)                                                                // while the process is there
	if v.Errno == 0 || respond(g.fd, fd, unix.FAN_DENY|uint32(v.Errno)<<24) == unix.EINVAL { // the kernel does not know that one
		v.Errno = unix.EPERM
		_ = respond(g.fd, fd, unix.FAN_DENY)
	}
	g.refused.Add(1)
	e.Result, e.Latency, e.Has = -int32(v.Errno), time.Since(began).Nanoseconds(), e.Has|bridge.HasResult|bridge.HasLatency
	select {
	case g.src.denied <- e:
		g.src.group.nudge()
	default:
		g.quiet.Add(1)
	}
}

// judge asks about an access. What goes wrong with that lets everything pass, from then on.
func (g *guard) judge(b, path []byte, fd, pid int32, a *bridge.Access) (v bridge.Verdict) {
	defer func() {
		if recover() != nil {
			v = bridge.Verdict{}
			g.standDown(sqlerr.New(sqlerr.InternalError, "a verdict about a file of %s failed: nothing is refused any more", g.root))
		}
	}()
	n, err := unix.Readlink("/proc/self/fd/"+strconv.Itoa(int(fd)), path)
	if err != nil || n == len(path) {
		return v
	}
	*a = bridge.Access{Op: bridge.OpOpen, Path: unsafe.String(unsafe.SliceData(path), n), PID: pid, Who: a.Who}
	if binary.LittleEndian.Uint64(b[8:])&unix.FAN_ACCESS_PERM != 0 {
		a.Op = bridge.OpRead
	}
	if !g.src.o.Wants(a.Path) {
		return v
	}
	return g.o.Judge.Judge(a)
}

// respond answers an event. ENOENT says that somebody else has.
func respond(group int, fd int32, how uint32) error {
	var b [8]byte
	binary.LittleEndian.PutUint32(b[:], uint32(fd))
	binary.LittleEndian.PutUint32(b[4:], how)
	for {
		_, err := unix.Write(group, b[:])
		if err != unix.EINTR {
			return err
		}
	}
}

// who asks /proc, and opens nothing else: the names of users would be in a file.
func (g *guard) who(a *bridge.Access) bool {
	q := g.procs.read(a.PID, -1)
	if q == nil {
		return false
	}
	a.UID, a.GID, a.PPID, a.Process, a.Container = q.uid, q.gid, q.ppid, q.name, q.box
	return true
}

// standDown has everything pass, and says why.
func (g *guard) standDown(err error) {
	if g.err.CompareAndSwap(nil, &err) {
		g.off.Store(true)
		go func() {
			g.src.o.Log.Error("files of the folder are not guarded any more", "folder", g.root, "err", err)
			_ = g.Close()
		}()
	}
}

// tellDenied makes rows of what was refused. Run's goroutine calls it.
func (s *Source) tellDenied() {
	for {
		select {
		case e := <-s.denied:
			now := s.o.Now()
			e.TS = now
			if e.Has&bridge.HasUID != 0 {
				e.UserID = s.procs.userName(e.UID)
			}
			e.Seal()
			s.feed.Append(&e, now)
		default:
			return
		}
	}
}
