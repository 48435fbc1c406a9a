package session

import (
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// Limits of notifications: PostgreSQL's of a name and a payload, and how many wait for one listener.
const (
	maxChannel = 63
	maxPayload = 8000
	maxWaiting = 10_000
)

// Notification is what NOTIFY sends.
type Notification struct {
	PID              int32 // of the session that sent it
	Channel, Payload string
}

// channels are who listens to what, on the whole node.
type channels struct {
	mu sync.Mutex // held while a commit's notifications are given out, so that all listeners get them in one order
	by map[string]map[*listener]bool
}

// listener is a session that listens: what waits for it.
type listener struct {
	wake func() // tells the protocol that something waits; nil: it asks by itself

	mu    sync.Mutex // guards what follows
	queue []Notification
	over  bool // more came than may wait
}

// listening is a LISTEN or UNLISTEN that waits for COMMIT. No channel: all of them.
type listening struct {
	channel string
	off     bool
}

func (c *channels) apply(l *listener, acts []listening) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range acts {
		switch {
		case !a.off:
			if c.by == nil {
				c.by = map[string]map[*listener]bool{}
			}
			if c.by[a.channel] == nil {
				c.by[a.channel] = map[*listener]bool{}
			}
			c.by[a.channel][l] = true
		case a.channel != "":
			c.leave(l, a.channel)
		default:
			for name := range c.by {
				c.leave(l, name)
			}
		}
	}
}

// leave takes a listener off a channel. mu is held.
func (c *channels) leave(l *listener, name string) {
	if delete(c.by[name], l); len(c.by[name]) == 0 {
		delete(c.by, name)
	}
}

// send gives notifications to who listens. It waits for nobody: whoever does not take them is cut off.
func (c *channels) send(notes []Notification) {
	c.mu.Lock()
	defer c.mu.Unlock()
	woken := map[*listener]bool{}
	for _, n := range notes {
		for l := range c.by[n.Channel] {
			l.mu.Lock()
			if l.over = l.over || len(l.queue) >= maxWaiting; !l.over {
				l.queue = append(l.queue, n)
			}
			l.mu.Unlock()
			woken[l] = true
		}
	}
	for l := range woken {
		if l.wake != nil {
			l.wake()
		}
	}
}

// Notifications gives what came since the last call. An error ends the conversation: the client took too long.
func (s *Session) Notifications() ([]Notification, error) {
	l := s.listener
	if l == nil {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	notes := l.queue
	l.queue = nil
	if l.over {
		return notes, sqlerr.New(sqlerr.ConfigurationLimit, "more than %d notifications wait for this client", maxWaiting).
			WithHint("Take them sooner: end transaction blocks and statements, and read what the server sends.")
	}
	return notes, nil
}

// Wake has f called from another goroutine when a notification comes.
func (s *Session) Wake(f func()) { s.wake = f }

// listen is LISTEN and UNLISTEN, as of the end of the block.
func (s *Session) listen(a listening) error {
	if len(a.channel) > maxChannel {
		return sqlerr.New(sqlerr.InvalidParameterValue, "channel name too long")
	}
	s.tx.listens = append(s.tx.listens, a)
	return nil
}

// notify is NOTIFY and pg_notify, as of the end of the block. What is sent twice in one is sent once.
func (s *Session) notify(channel, payload string) error {
	switch {
	case channel == "":
		return sqlerr.New(sqlerr.InvalidParameterValue, "channel name cannot be empty")
	case len(channel) > maxChannel:
		return sqlerr.New(sqlerr.InvalidParameterValue, "channel name too long")
	case len(payload) >= maxPayload:
		return sqlerr.New(sqlerr.InvalidParameterValue, "payload string too long")
	}
	n := Notification{PID: s.PID, Channel: channel, Payload: payload}
	if s.tx.told == nil {
		s.tx.told = map[Notification]bool{}
	}
	switch {
	case s.tx.told[n]:
		return nil
	case len(s.tx.notes) >= maxWaiting:
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a transaction sends at most %d notifications", maxWaiting)
	}
	s.tx.told[n] = true
	s.tx.notes = append(s.tx.notes, n)
	return nil
}

// announce does what LISTEN, UNLISTEN and NOTIFY said, once what they go with is there.
func (s *Session) announce(tx *transaction) {
	if len(tx.listens) > 0 {
		if s.listener == nil {
			s.listener = &listener{wake: s.wake}
		}
		s.e.channels.apply(s.listener, tx.listens)
	}
	if len(tx.notes) > 0 {
		s.e.channels.send(tx.notes)
	}
}

// announced is announce for a statement outside of a block; nothing is said of one that failed.
func (s *Session) announced(err error) {
	if s.tx.open {
		return
	}
	tx := s.tx
	s.tx.listens, s.tx.notes, s.tx.told = nil, nil, nil
	if err == nil {
		s.announce(&tx)
	}
}

// forgetNotes drops what was to be announced since a savepoint.
func (tx *transaction) forgetNotes(listens, notes int) {
	for _, n := range tx.notes[notes:] {
		delete(tx.told, n)
	}
	tx.listens, tx.notes = slices.Clip(tx.listens[:listens]), slices.Clip(tx.notes[:notes])
}

// runNotices is LISTEN, UNLISTEN and NOTIFY.
func (s *Session) runNotices(st ast.Stmt) error {
	switch x := st.(type) {
	case *ast.Listen:
		return s.listen(listening{channel: x.Channel})
	case *ast.Unlisten:
		return s.listen(listening{channel: x.Channel, off: true})
	case *ast.Notify:
		return s.notify(x.Channel, x.Payload)
	}
	return nil
}
