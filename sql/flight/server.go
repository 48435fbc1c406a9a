package flight

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow/flight"
	"github.com/apache/arrow/go/v17/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/session"
)

// Limits of a server.
const (
	maxCalls   = 64                             // that do something with statements, at once
	maxStreams = 100                            // of one connection
	maxMessage = format.MaxArrowMessage + 1<<20 // with what gRPC and Flight put around it
	maxHeader  = 16 << 10
	closeWait  = 2 * time.Second // for calls under way
	idleAfter  = 5 * time.Minute // a connection that has no call for so long is closed
	stallAfter = 2 * time.Minute // a client that sends rows and then nothing for so long is left
	aliveEvery = time.Minute     // a client that does not answer is gone
)

// Config is what a Server is made of.
type Config struct {
	// Open gives a session in a role's name to whom remote asks. Any goroutine calls it. Errors: 28000, 57P03.
	Open func(role, remote string) (*session.Session, error)
	// Verifier is what is stored of a role's password. Errors: 28000 for who may not log in.
	Verifier func(role string) (string, error)
	// Refused takes note of a client that was not let in.
	Refused func(role, remote string, err error)
	// Token, as a bearer's, is the right to do everything, as the role Admin.
	Token string
	Admin string
	// TLS is nil for a listener that only this machine reaches.
	TLS *tls.Config
	// Version is what clients are told of the server.
	Version string
	Journal *slog.Logger
}

// Server serves Flight on one listener.
type Server struct {
	cfg   Config
	addr  string
	grpc  *grpc.Server
	key   []byte // seals tokens
	slots chan struct{}
	ctx   context.Context // ends with Close
	stop  context.CancelFunc
	wg    sync.WaitGroup
	once  sync.Once
}

// Serve starts serving on l, which it takes over, until Close.
func Serve(l net.Listener, cfg Config) *Server {
	if cfg.Journal == nil {
		cfg.Journal = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s := &Server{cfg: cfg, addr: l.Addr().String(), key: make([]byte, 32), slots: make(chan struct{}, maxCalls)}
	_, _ = rand.Read(s.key) // never fails
	s.ctx, s.stop = context.WithCancel(context.Background())
	opts := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessage), grpc.MaxConcurrentStreams(maxStreams), grpc.MaxHeaderListSize(maxHeader),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleAfter, Time: aliveEvery}),
		grpc.UnaryInterceptor(s.single), grpc.StreamInterceptor(s.stream),
	}
	if cfg.TLS != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(cfg.TLS)))
	}
	s.grpc = grpc.NewServer(opts...)
	statements := &statements{s: s}
	statements.describe()
	flight.RegisterFlightServiceServer(s.grpc, &service{flightsql.NewFlightServer(statements), statements})
	s.wg.Go(func() {
		if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			cfg.Journal.Error("Flight is not served any more", "addr", s.addr, "err", err)
		}
	})
	return s
}

// Addr is the address that is listened on, with the port that was picked.
func (s *Server) Addr() string { return s.addr }

// Close ends the calls under way, waits for them, and ends the server. It may come twice.
func (s *Server) Close() {
	s.once.Do(func() {
		s.stop()
		late := time.AfterFunc(closeWait, s.grpc.Stop)
		s.grpc.GracefulStop()
		late.Stop()
		s.wg.Wait()
	})
}

// enter lets a call do its work, or refuses it if there are too many. Its context ends with the call and with the server;
// leave is to be called when it is done.
func (s *Server) enter(ctx context.Context) (_ context.Context, leave func(), err error) {
	select {
	case s.slots <- struct{}{}:
	default:
		return nil, nil, errTooMany
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
		<-s.slots
	}, nil
}

// ended gives the error of a call, which is another one if the server ended it.
func (s *Server) ended(err error) error {
	if s.ctx.Err() != nil {
		return sqlerr.New(sqlerr.AdminShutdown, "the server is stopping")
	}
	return err
}

// service is what gRPC calls: Flight SQL's own routing, but for what is not Flight SQL, and for all that brings Arrow in.
type service struct {
	flight.FlightServer
	*statements
}
