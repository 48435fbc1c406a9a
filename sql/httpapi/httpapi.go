// Package httpapi answers over HTTP what operators and their tools ask: is the node alive, is it ready, what are its
// figures, and single statements. It holds no state of its own; the node gives it functions to ask.
//
//	GET /healthz   200 while the process runs
//	GET /readyz    200 when statements are answered and writes are kept; else 503 with the reason
//	GET /metrics   the figures, in Prometheus' text form; from other machines with the token
//	POST /v1/sql   a statement; its rows as JSON, NDJSON, CSV or Arrow; always with the token
//	POST /v1/append/RELATION   rows as NDJSON, CSV or Arrow, stored as a whole; always with the token
//
// A page in somebody's browser gets nowhere: a request has to name this machine as its host and may not come from
// another origin, and no answer has a CORS header.
//
// # Concurrency
//
// A Server has one goroutine that accepts and one per request. Close waits for them.
package httpapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of a request.
const (
	maxHeader   = 16 << 10
	readTimeout = 10 * time.Second
	closeWait   = 2 * time.Second // for requests under way

	maxBody       = 1 << 20 // of POST /v1/sql
	maxStatements = 64      // under way at once
	maxAppend     = 1 << 30 // of POST /v1/append, packed and unpacked
	maxAppends    = 16      // under way at once
	maxNotices    = 100     // of a statement
	flushBytes    = 64 << 10
	sendTimeout   = 30 * time.Second // how long a client may take nothing
)

// Config is what a Server is made of.
type Config struct {
	// Ready gives nil, or why the node is not ready. Any goroutine calls it.
	Ready func() error
	// Metrics answers /metrics; nil: 404.
	Metrics http.Handler
	// Token is what a request must know (Authorization: Bearer TOKEN) that asks for more than /healthz and /readyz; empty:
	// nothing, for a listener that only this machine reaches.
	Token string
	// SQL runs statements; nil: 404. They always need SQLToken.
	SQL      SQL
	SQLToken string
	// Append stores rows; nil: 404. It always needs SQLToken.
	Append Append
	// Names are those that a request may call its host, beside localhost and addresses.
	Names []string
	// Journal gets what goes wrong in serving; nil: nobody does.
	Journal *slog.Logger
}

// Server serves the endpoints on one listener.
type Server struct {
	addr  string
	http  *http.Server
	gates []*gate
	wg    sync.WaitGroup
	once  sync.Once
	ended sync.Once
	err   error
}

// Serve starts serving on l, which it takes over, until Close.
func Serve(l net.Listener, cfg Config) *Server {
	if cfg.Journal == nil {
		cfg.Journal = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s := &Server{addr: l.Addr().String()}
	s.http = &http.Server{
		Handler: guard(cfg, s.routes(cfg)), MaxHeaderBytes: maxHeader, ReadTimeout: readTimeout,
		ErrorLog: slog.NewLogLogger(cfg.Journal.Handler(), slog.LevelDebug),
	}
	s.wg.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			cfg.Journal.Error("HTTP is not served any more", "addr", s.addr, "err", err)
		}
	})
	return s
}

func (s *Server) routes(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := cfg.Ready(); err != nil {
			answer(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		answer(w, http.StatusOK, "ready")
	})
	if cfg.Metrics != nil {
		mux.Handle("GET /metrics", cfg.Metrics)
	}
	if cfg.SQL != nil {
		r := &runner{cfg.SQL, newGate("statements", maxStatements)}
		s.gates = append(s.gates, r.gate)
		mux.Handle("POST "+sqlPath, r)
	}
	if cfg.Append != nil {
		a := &appender{cfg.Append, newGate("requests that append", maxAppends)}
		s.gates = append(s.gates, a.gate)
		mux.Handle("POST "+appendPath+"{relation}", a)
	}
	return mux
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a client that went away is none of ours
}

// Addr is the address that is listened on, with the port that was picked.
func (s *Server) Addr() string { return s.addr }

// EndSQL ends the statements under way and takes no more. It may come twice, and comes before what runs them is closed.
func (s *Server) EndSQL() {
	s.ended.Do(func() {
		for _, g := range s.gates {
			g.end()
		}
	})
}

// Close ends the server; requests under way have two seconds. It may come twice.
func (s *Server) Close() error {
	s.EndSQL()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeWait)
		defer cancel()
		if s.err = s.http.Shutdown(ctx); s.err != nil {
			s.err = s.http.Close()
		}
		s.wg.Wait()
	})
	return s.err
}
