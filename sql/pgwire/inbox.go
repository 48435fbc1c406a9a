package pgwire

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// inbox is where a client's messages come out. The session's goroutine reads the socket itself, as a hand-over from
// another goroutine would take as long as a small statement does. A statement that runs for longer than watchAfter gets a watcher, which
// reads the next message in the meantime: so a client that goes away is seen. The watcher gives the reading back
// when the session's goroutine asks for the next message.
//
// One goroutine reads at a time. What it has read half-way when it is called off stays where it is, in the framer and the
// decoder, for the one that goes on.
type inbox struct {
	raw     net.Conn
	receive func() (pgproto3.FrontendMessage, error)    // goes on where it was after a deadline; nil before open
	seen    func(m pgproto3.FrontendMessage, err error) // hears at once of what came while a statement runs

	came  chan arrival // from the watcher: one, when it ends
	timer *time.Timer  // ticks while the session's goroutine is busy

	mu       sync.Mutex // guards what follows
	turn     int        // how often the next message was asked for
	ticked   int        // turn, when the timer last ticked
	ticking  bool
	reading  bool      // whoever reads may be blocked
	watching bool      // there is a watcher, or what it left in came
	called   bool      // somebody wants the session's goroutine to look around
	stopped  bool      // for good
	wanted   bool      // the session's goroutine waits for the watcher
	held     bool      // the session's goroutine uses the memory of the last message
	closed   bool      // no watcher starts any more
	until    time.Time // the deadline that the socket has
}

// arrival is what a watcher read. Both are nil when it was called off before anything came.
type arrival struct {
	m   pgproto3.FrontendMessage
	err error
}

// errCalled says that somebody called the session's goroutine while it waited for the client.
var errCalled = errors.New("called")

// longAgo is a deadline that ends a read at once.
var longAgo = time.Unix(1, 0)

// open gives the messages of a client that has logged in; before, call and stop are all that may be used.
func (in *inbox) open(receive func() (pgproto3.FrontendMessage, error), seen func(pgproto3.FrontendMessage, error)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.receive, in.seen = receive, seen
	in.came = make(chan arrival, 1)
	in.timer = time.AfterFunc(time.Hour, in.tick)
	in.timer.Stop()
}

// close waits for the watcher. The socket is closed already.
func (in *inbox) close() {
	in.mu.Lock()
	in.closed = true
	in.timer.Stop()
	watching := in.watching
	in.mu.Unlock()
	if watching {
		<-in.came
	}
}

// call makes the session's goroutine look around: next gives errCalled, now or when it waits again. Any goroutine may
// call.
func (in *inbox) call() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.called = true
	in.interrupt()
}

// stop ends the reading for good: from now on next gives errCalled. It also ends a login that waits for the client.
func (in *inbox) stop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stopped = true
	if in.receive == nil {
		in.set(longAgo)
	}
	in.interrupt()
}

// interrupt ends a receive that waits for the client. mu is held.
func (in *inbox) interrupt() {
	if in.reading {
		in.set(longAgo)
	}
}

// set gives the socket a deadline, unless it has it. A closed socket says so when it is read.
func (in *inbox) set(until time.Time) {
	if in.until != until {
		in.until = until
		_ = in.raw.SetReadDeadline(until)
	}
}

// next gives the next message, or errCalled. The message's memory is the caller's until release.
func (in *inbox) next() (pgproto3.FrontendMessage, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.turn++
	if in.watching {
		if a := in.takeBack(); a.m != nil || a.err != nil {
			return in.took(a.m, a.err)
		}
	}
	for !in.called && !in.stopped {
		if m, err := in.read(); err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return in.took(m, err)
		}
	}
	in.called = false
	return nil, errCalled
}

// took notes that a message came, and that the session's goroutine is busy with it. mu is held.
func (in *inbox) took(m pgproto3.FrontendMessage, err error) (pgproto3.FrontendMessage, error) {
	if in.held = err == nil; in.held && !in.ticking {
		in.ticking = true
		in.timer.Reset(watchAfter)
	}
	return m, err
}

// read reads a message, or up to an interrupt. mu is held, but not while it reads.
func (in *inbox) read() (pgproto3.FrontendMessage, error) {
	in.set(time.Time{})
	in.reading = true
	in.mu.Unlock()
	m, err := in.receive()
	in.mu.Lock()
	in.reading = false
	return m, err
}

// release gives a message's memory back: the next may be read.
func (in *inbox) release() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.held = false
}

// takeBack calls the watcher off and gives what it read, if anything. mu is held, but not while it waits.
func (in *inbox) takeBack() arrival {
	in.wanted = true
	in.interrupt()
	in.mu.Unlock()
	a := <-in.came
	in.mu.Lock()
	in.wanted, in.watching = false, false
	return a
}

// tick starts a watcher when the session's goroutine was busy with the same message at the last tick.
func (in *inbox) tick() {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.closed || in.reading || in.watching: // nothing to watch until the next message
		in.ticking = false
	case in.held || in.ticked != in.turn:
		in.ticked = in.turn
		in.timer.Reset(watchAfter)
	default:
		in.ticking, in.watching = false, true
		in.watch()
	}
}

// watch reads one message while a statement runs. mu is held, but not while it reads.
func (in *inbox) watch() {
	for !in.wanted {
		m, err := in.read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		in.mu.Unlock()
		in.seen(m, err)
		in.mu.Lock()
		in.came <- arrival{m, err}
		return
	}
	in.came <- arrival{}
}
