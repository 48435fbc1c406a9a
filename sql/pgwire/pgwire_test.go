package pgwire

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"

	"github.com/jackc/pgx/v5/pgproto3"
	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a Session of which each statement's text says what it does.
type script struct{}

type text string

func (t text) Tag() string          { return "SELECT" }
func (t text) Cut() []*sqlerr.Error { return nil }

func (script) Parse(s string) ([]Statement, error) { return []Statement{text(s)}, nil }

func (script) Prepare(_ context.Context, s Statement, declared []types.Type) (*Prepared, error) {
	return &Prepared{Params: declared, Schema: batch.Schema{{Name: "n", Type: types.Int8}}, Bound: s}, nil
}

func (script) Run(ctx context.Context, p *Prepared, _ []batch.Column, out Output) (string, error) {
	one := &batch.Batch{N: 1, Cols: []batch.Column{batch.FixedOf(types.Int8, []int64{7}, nil)}}
	switch p.Bound.(text) {
	case "panic":
		panic("on purpose")
	case "endless":
		for {
			if err := out.Rows(ctx, one); err != nil {
				return "", err
			}
		}
	}
	return "SELECT", out.Rows(ctx, one)
}

func (script) Notifications() ([]Notification, error)     { return nil, nil }
func (script) Timeout(string) time.Duration               { return 0 }
func (script) Status() byte                               { return 'I' }
func (script) HasCursor(string) bool                      { return false }
func (script) Pipeline()                                  {}
func (script) Sync(context.Context, bool, Output) error   { return nil }
func (script) Locale() *types.Locale                      { return &types.Locale{} }
func (script) Tells(string) bool                          { return true }
func (script) Encoding() *expr.Encoding                   { return nil }
func (script) RegValue(types.Type, string) (int64, error) { return 0, nil }
func (script) Parameters() map[string]string              { return nil }
func (script) Close()                                     {}

var config = Config{
	Open:    func(context.Context, Startup) (Session, error) { return script{}, nil },
	Login:   func(Startup) Login { return Login{Trusted: true, Limit: -1} },
	Journal: slog.New(slog.DiscardHandler),
}

// serve starts a server of scripts on l, or on a listener of its own, and gives its address.
func serve(t *testing.T, l net.Listener) string {
	t.Helper()
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	s := NewServer(config)
	s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// dial connects and logs in.
func dial(t *testing.T, addr string) *pgproto3.Frontend {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return login(t, nc)
}

func login(t *testing.T, nc net.Conn) *pgproto3.Frontend {
	t.Helper()
	t.Cleanup(func() { nc.Close() })
	f := pgproto3.NewFrontend(nc, nc)
	send(t, f, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "u"}})
	await[*pgproto3.ReadyForQuery](t, f)
	return f
}

// pipes is a listener without buffers: who writes waits for who reads.
type pipes struct {
	net.Listener
	conns chan net.Conn
}

func (p *pipes) Accept() (net.Conn, error) {
	if c, ok := <-p.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p *pipes) Close() error {
	close(p.conns)
	return p.Listener.Close()
}

func send(t *testing.T, f *pgproto3.Frontend, msgs ...pgproto3.FrontendMessage) {
	t.Helper()
	for _, m := range msgs {
		f.Send(m)
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
}

// await reads up to a message of type M.
func await[M pgproto3.BackendMessage](t *testing.T, f *pgproto3.Frontend) M {
	t.Helper()
	for {
		m, err := f.Receive()
		if err != nil {
			t.Fatalf("no %T: %v", *new(M), err)
		}
		if got, ok := m.(M); ok {
			return got
		}
	}
}

// A panic in a statement ends the client's connection, tells it so, and harms no other.
func TestPanicEndsOneConnection(t *testing.T) {
	addr := serve(t, nil)
	other := dial(t, addr)
	f := dial(t, addr)
	send(t, f, &pgproto3.Query{String: "panic"})
	if e := await[*pgproto3.ErrorResponse](t, f); e.Severity != "FATAL" || e.Code != "XX000" || e.Hint == "" {
		t.Errorf("%s %s: %s (%s)", e.Severity, e.Code, e.Message, e.Hint)
	}
	if _, err := f.Receive(); err == nil {
		t.Error("the connection goes on")
	}
	send(t, other, &pgproto3.Query{String: "one"})
	await[*pgproto3.DataRow](t, other)
}

// A panic in a portal that is read piece by piece, which runs beside the connection, is an error of the statement.
func TestPanicInPortal(t *testing.T) {
	addr := serve(t, nil)
	f := dial(t, addr)
	send(t, f, &pgproto3.Parse{Query: "panic"}, &pgproto3.Bind{}, &pgproto3.Execute{MaxRows: 1}, &pgproto3.Sync{})
	if e := await[*pgproto3.ErrorResponse](t, f); e.Severity != "ERROR" || e.Code != "XX000" {
		t.Errorf("%s %s: %s", e.Severity, e.Code, e.Message)
	}
	await[*pgproto3.ReadyForQuery](t, f)
	send(t, f, &pgproto3.Query{String: "one"})
	await[*pgproto3.DataRow](t, f)
}

func TestBindFormatsMustFit(t *testing.T) {
	addr := serve(t, nil)
	f := dial(t, addr)
	send(t, f, &pgproto3.Parse{Query: "one", ParameterOIDs: []uint32{20, 20, 20}},
		&pgproto3.Bind{Parameters: [][]byte{[]byte("1"), []byte("2"), []byte("3")}, ParameterFormatCodes: []int16{0, 0}}, &pgproto3.Sync{})
	if e := await[*pgproto3.ErrorResponse](t, f); e.Code != "08P01" || e.Message != "bind message has 2 parameter formats but 3 parameters" {
		t.Errorf("%s: %s", e.Code, e.Message)
	}
	await[*pgproto3.ReadyForQuery](t, f)
}

// A client that asks for much and reads nothing does not keep the server from closing.
func TestCloseWithClientThatDoesNotRead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pipes{Listener: l, conns: make(chan net.Conn, 1)}
	s := NewServer(config)
	s.Serve(p)
	ours, theirs := net.Pipe()
	p.conns <- theirs
	f := login(t, ours)
	send(t, f, &pgproto3.Query{String: "endless"})
	await[*pgproto3.DataRow](t, f) // the next piece waits for the client
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// scarce is a listener that fails once for want of files.
type scarce struct {
	net.Listener
	failed bool
}

func (s *scarce) Accept() (net.Conn, error) {
	if !s.failed {
		s.failed = true
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return s.Listener.Accept()
}

func TestAcceptGoesOn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, &scarce{Listener: l})
	f := dial(t, addr)
	send(t, f, &pgproto3.Terminate{})
	if _, err := f.Receive(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("after Terminate: %v", err)
	}
}
