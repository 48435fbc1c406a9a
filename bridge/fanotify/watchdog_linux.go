package fanotify

import (
	"encoding/binary"
	"errors"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// page is memory that a guard and its watchdog share.
type page struct {
	fd int
	m  []byte
	*pulse
}

// pulse shows that a guard lives.
type pulse struct {
	beats atomic.Uint64 // grow with all that its loop does
	work  atomic.Uint32 // 1: it may have read an event and not answered it
	late  atomic.Int64  // events that the watchdog has answered
}

const pageSize = 4096

func newPage() (*page, error) {
	fd, err := unix.MemfdCreate("guard", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err = unix.Ftruncate(fd, pageSize); err == nil {
		var p *page
		if p, err = mapPage(fd); err == nil {
			return p, nil
		}
	}
	_ = unix.Close(fd)
	return nil, err
}

func mapPage(fd int) (*page, error) {
	m, err := unix.Mmap(fd, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &page{fd: fd, m: m, pulse: (*pulse)(unsafe.Pointer(unsafe.SliceData(m)))}, nil
}

func (p *page) alive() { p.beats.Add(1) }

func (p *page) busy(is bool) {
	n := uint32(0)
	if is {
		n = 1
	}
	p.work.Store(n)
}

func (p *page) close() {
	_ = unix.Munmap(p.m)
	_ = unix.Close(p.fd)
}

// watchdog is the process that answers when this one does not. It runs as long as it can read from a pipe that nobody writes to.
type watchdog struct {
	mu    sync.Mutex // life, child, ended
	life  int
	child *os.Process
	ended bool
	wait  sync.WaitGroup
}

// start runs a watchdog, and waits until it watches.
func (w *watchdog) start(g *guard) error {
	if err := w.run(g); err != nil {
		return err
	}
	w.wait.Go(func() { w.follow(g) })
	return nil
}

// run starts a process with standard input that ends with this process, and standard output that it says on that it is ready.
func (w *watchdog) run(g *guard) error {
	var life, ready [2]int
	if err := unix.Pipe2(life[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	if err := unix.Pipe2(ready[:], unix.O_CLOEXEC); err != nil {
		_ = unix.Close(life[0])
		_ = unix.Close(life[1])
		return err
	}
	late := "allow"
	if g.o.LateDeny {
		late = "deny"
	}
	args := append(append([]string(nil), g.o.Watchdog...), strconv.Itoa(os.Getpid()), strconv.FormatInt(g.o.Deadline.Microseconds(), 10), late)
	pid, err := syscall.ForkExec(args[0], args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{uintptr(life[0]), uintptr(ready[1]), 2, uintptr(g.fd), uintptr(g.page.fd)},
		Sys:   &syscall.SysProcAttr{Setsid: true}, // what stops this process by its group does not stop that one
	})
	_ = unix.Close(life[0])
	_ = unix.Close(ready[1])
	defer unix.Close(ready[0])
	if err != nil {
		_ = unix.Close(life[1])
		return errors.New("the watchdog " + args[0] + " does not start: " + err.Error())
	}
	child, _ := os.FindProcess(pid)
	p := [1]unix.PollFd{{Fd: int32(ready[0]), Events: unix.POLLIN}}
	n, err := unix.Poll(p[:], int(watchdogStart.Milliseconds()))
	for err == unix.EINTR {
		n, err = unix.Poll(p[:], int(watchdogStart.Milliseconds()))
	}
	if n == 0 || p[0].Revents&unix.POLLIN == 0 {
		_ = unix.Close(life[1])
		_ = child.Kill()
		_, _ = child.Wait()
		return errors.New("the watchdog " + args[0] + " says nothing")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life, w.child = life[1], child; w.ended {
		_ = child.Kill()
	}
	return nil
}

// watchdogStart is how long a watchdog may take until it watches.
const watchdogStart = 30 * time.Second

// follow starts another watchdog for one that has ended by itself.
func (w *watchdog) follow(g *guard) {
	for n := 0; ; n++ {
		w.mu.Lock()
		child := w.child
		w.mu.Unlock()
		_, _ = child.Wait()
		w.mu.Lock()
		_ = unix.Close(w.life)
		ended := w.ended
		w.life = -1
		w.mu.Unlock()
		if ended {
			return
		}
		err := error(sqlerr.New(sqlerr.SystemError, "the watchdog of %s has ended %d times", g.root, n+1))
		if n < maxWatchdogs {
			err = w.run(g)
		}
		if err != nil {
			g.standDown(sqlerr.Wrap(sqlerr.SystemError, err, "there is no watchdog for %s: nothing is refused any more", g.root))
			return
		}
	}
}

// end ends the watchdog for good.
func (w *watchdog) end() {
	w.mu.Lock()
	if w.ended = true; w.life >= 0 && w.child != nil {
		_ = w.child.Kill()
	}
	w.mu.Unlock()
	w.wait.Wait()
}

// Watchdog is what the program of GuardOptions.Watchdog does: it has the group as file 3 and the page as file 4, and ends when its standard
// input does. The guard asks it nothing; it looks whether the guard goes on.
func Watchdog(args []string) error {
	if len(args) != 3 {
		return errors.New("this is for the node to run")
	}
	parent, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	deadline, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	p, err := mapPage(4)
	if err != nil {
		return err
	}
	k := &keeper{page: p, group: 3, parent: parent, tick: max(1, int(deadline/2000)), how: unix.FAN_ALLOW}
	if args[2] == "deny" {
		k.how = unix.FAN_DENY
	}
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP) // they are for the node, with which this ends
	_, _ = unix.Write(1, []byte{'.'})
	_ = unix.Close(1)
	k.run()
	return nil
}

// keeper is the watchdog at work.
type keeper struct {
	*page
	group, parent, tick int // ms
	how                 uint32
}

// run looks at the guard twice in a deadline. One that has something to do and did not move from one look to the next is late.
func (k *keeper) run() {
	var last uint64
	seen := false
	for k.lives(k.tick, false) {
		beats := k.beats.Load()
		if waits := k.work.Load() != 0 || k.readable(); beats != last || !waits {
			last, seen = beats, false
			continue
		}
		if !seen {
			seen = true
			continue
		}
		k.answerRead()
		for seen = false; k.beats.Load() == last; {
			k.answerUnread()
			if !k.lives(k.tick, true) {
				return
			}
		}
	}
}

// lives waits, as long as nothing is there to answer if events says that it may be, and says whether the guard's process lives.
func (k *keeper) lives(ms int, events bool) bool {
	p := [2]unix.PollFd{{Fd: 0, Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}}
	if events {
		p[1].Fd = int32(k.group)
	}
	_, _ = unix.Poll(p[:], ms)
	return p[0].Revents == 0
}

func (k *keeper) readable() bool {
	p := [1]unix.PollFd{{Fd: int32(k.group), Events: unix.POLLIN}}
	_, _ = unix.Poll(p[:], 0)
	return p[0].Revents != 0
}

// answerRead answers the event that the guard has read: the kernel knows it by the number of the file that was opened for the guard.
func (k *keeper) answerRead() {
	files, err := os.ReadDir("/proc/" + strconv.Itoa(k.parent) + "/fd")
	if err != nil {
		return
	}
	for _, f := range files {
		if fd, err := strconv.Atoi(f.Name()); err == nil && respond(k.group, int32(fd), k.how) == nil {
			k.late.Add(1)
		}
	}
}

// answerUnread answers what nobody has read.
func (k *keeper) answerUnread() {
	buf := make([]byte, metadataLen)
	for {
		n, err := unix.Read(k.group, buf)
		if err != nil || n < metadataLen {
			return
		}
		if fd := int32(binary.LittleEndian.Uint32(buf[16:])); fd >= 0 {
			if respond(k.group, fd, k.how) == nil {
				k.late.Add(1)
			}
			_ = unix.Close(int(fd))
		}
	}
}
