package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"math"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/auth"
)

// Config is what a Server is made of.
type Config struct {
	// Open starts a session for a client that has connected. Its error is what the client sees.
	Open func(ctx context.Context, s Startup) (Session, error)
	// Login says what a client must prove before it is let in.
	Login func(s Startup) Login
	// Refused hears of each client that was not let in, and why; nil: nobody does.
	Refused func(s Startup, err error)
	// TLS is what connections are encrypted with; nil: none is. Its first certificate is what channel binding binds to.
	TLS *tls.Config
	// Journal gets connects, disconnects and errors nobody foresaw.
	Journal *slog.Logger
	// Connections is the most clients at once; 0 means DefaultConnections.
	Connections int
}

// Server serves clients until Close.
type Server struct {
	cfg    Config
	bound  auth.Binding // to the certificate of TLS
	long   atomic.Int64 // bytes of long messages that are gathered
	nobody []byte       // makes the salts of names that nobody has
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu        sync.Mutex // guards what follows
	listeners []net.Listener
	conns     map[uint32]*conn // by process id
	starting  []*conn          // those that have not logged in, the oldest first
	users     map[string]int   // how many logged in, by name
	failures  failures         // of passwords
	inside    int              // how many logged in
	nextID    uint32
	closed    bool
}

// NewServer makes a Server that listens nowhere yet.
func NewServer(cfg Config) *Server {
	if cfg.Connections == 0 {
		cfg.Connections = DefaultConnections
	}
	s := &Server{cfg: cfg, conns: map[uint32]*conn{}, users: map[string]int{}, nobody: newSecret(32)}
	if cfg.TLS != nil && len(cfg.TLS.Certificates) > 0 && cfg.TLS.Certificates[0].Leaf != nil {
		s.bound = auth.BindingTo(cfg.TLS.Certificates[0].Leaf)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Serve accepts clients from l in a goroutine of its own, until Close. It takes l over.
func (s *Server) Serve(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, l)
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		for {
			nc, err := l.Accept()
			switch {
			case err == nil:
				s.accept(nc)
			case errors.Is(err, net.ErrClosed):
				return
			default: // too many open files, a client that gave up: it passes
				s.cfg.Journal.Warn("a PostgreSQL client could not be accepted", "err", err)
				pause := time.NewTimer(acceptPause)
				select {
				case <-pause.C:
				case <-s.ctx.Done():
					pause.Stop()
				}
			}
		}
	}()
}

// accept gives a client a goroutine. Where too many are about to log in, the one that has taken longest makes room, so
// that many that never do cannot keep others out.
func (s *Server) accept(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = nc.Close()
		return
	}
	if len(s.starting) >= maxStarting {
		_ = s.starting[0].raw.Close()
		s.starting = slices.Delete(s.starting, 0, 1)
	}
	s.nextID = s.nextID%math.MaxInt32 + 1 // clients take it for a signed number
	c := newConn(s, nc, s.nextID)
	s.conns[c.id] = c
	s.starting = append(s.starting, c)
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		c.serve()
		s.left(c)
	}()
}

// entered counts a client that logged in, if there is room for it.
func (s *Server) entered(c *conn, user string, l Login) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := s.cfg.Connections
	if l.Super {
		room += ReservedConnections
	}
	switch {
	case s.inside >= room:
		return sqlerr.New(sqlerr.TooManyConnections, "sorry, too many clients already").
			WithHint("This node takes %d, and %d more of superusers.", s.cfg.Connections, ReservedConnections)
	case l.Limit >= 0 && !l.Super && s.users[user] >= l.Limit:
		return sqlerr.New(sqlerr.TooManyConnections, "too many connections for role %q", user)
	}
	c.user = user
	s.inside++
	s.users[user]++
	s.starting = slices.DeleteFunc(s.starting, func(o *conn) bool { return o == c })
	return nil
}

// left forgets a client.
func (s *Server) left(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.id)
	s.starting = slices.DeleteFunc(s.starting, func(o *conn) bool { return o == c })
	if c.user == "" {
		return
	}
	s.inside--
	if s.users[c.user]--; s.users[c.user] == 0 {
		delete(s.users, c.user)
	}
}

// newSecret makes a key that nobody can guess.
func newSecret(bytes int) []byte {
	key := make([]byte, bytes)
	_, _ = rand.Read(key) // crypto/rand.Read never fails
	return key
}

// cancelRequest ends the statement that the named connection runs, if the key fits. The asker gets no answer.
func (s *Server) cancelRequest(id uint32, secret []byte) {
	s.mu.Lock()
	c := s.conns[id]
	s.mu.Unlock()
	if c != nil && c.holds(secret) {
		c.cancelStatement()
	}
}

// Cancel ends the statement that a connection runs, as a cancel request does, or with whole the connection itself (57P01), unless may
// gives an error for who logged in there. It says whether there is such a connection.
func (s *Server) Cancel(pid int32, whole bool, may func(user string) error) (bool, error) {
	s.mu.Lock()
	c := s.conns[uint32(pid)]
	user := ""
	if c != nil {
		user = c.user
	}
	s.mu.Unlock()
	if user == "" { // nobody, or nobody who has logged in
		return false, nil
	}
	if err := may(user); err != nil {
		return false, err
	}
	if !whole {
		c.cancelStatement()
		return true, nil
	}
	s.mu.Lock()
	c.doomed = true
	s.mu.Unlock()
	c.shutdown()
	return true, nil
}

// Connections is the number of clients that logged in.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inside
}

// cutOff closes the connections that are still there: their clients read nothing, so that they cannot be told.
func (s *Server) cutOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.raw.Close()
	}
}

// Close ends every connection with 57P01 and waits for them, for those that take nothing at most farewell.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		_ = l.Close()
	}
	for _, c := range s.conns {
		c.shutdown()
	}
	s.mu.Unlock()
	s.cancel()
	late := time.AfterFunc(farewell, s.cutOff)
	defer late.Stop()
	s.wg.Wait()
	return nil
}
