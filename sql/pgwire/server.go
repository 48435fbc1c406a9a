package pgwire

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"sync"
)

// Config is what a Server is made of.
type Config struct {
	// Open starts a session for a client that has connected. Its error is what the client sees.
	Open func(ctx context.Context, s Startup) (Session, error)
	// Journal gets connects, disconnects and errors nobody foresaw.
	Journal *slog.Logger
	// Connections is the most clients at once; 0 means DefaultConnections.
	Connections int
}

// Server serves clients until Close.
type Server struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu        sync.Mutex // guards what follows
	listeners []net.Listener
	conns     map[uint32]*conn // by process id
	nextID    uint32
	closed    bool
}

// NewServer makes a Server that listens nowhere yet.
func NewServer(cfg Config) *Server {
	if cfg.Connections == 0 {
		cfg.Connections = DefaultConnections
	}
	s := &Server{cfg: cfg, conns: map[uint32]*conn{}}
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
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					s.cfg.Journal.Error("accepting PostgreSQL clients ended", "err", err)
				}
				return
			}
			s.accept(nc)
		}
	}()
}

func (s *Server) accept(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = nc.Close()
		return
	}
	s.nextID++
	c := newConn(s, nc, s.nextID, newSecret(), len(s.conns) >= s.cfg.Connections)
	s.conns[c.id] = c
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		c.serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c.id)
	}()
}

// newSecret makes the key that a cancel request must know.
func newSecret() []byte {
	key := make([]byte, 4)
	_, _ = rand.Read(key) // crypto/rand.Read never fails
	return key
}

// cancelRequest ends the statement that the named connection runs, if the key fits. The asker gets no answer.
func (s *Server) cancelRequest(id uint32, secret []byte) {
	s.mu.Lock()
	c := s.conns[id]
	s.mu.Unlock()
	if c != nil && len(secret) >= 4 && binary.BigEndian.Uint32(secret) == binary.BigEndian.Uint32(c.secret) {
		c.cancelStatement()
	}
}

// Connections is the number of clients.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Close ends every connection with 57P01 and waits for them.
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
	s.wg.Wait()
	return nil
}
