package pgwire

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// patient is a Session whose statements take their time: "forever" ends with its context, "minute" sooner.
type patient struct {
	script
	ended chan error // why forever did
	notes chan Notification
	quiet time.Duration // how long a client may be idle
}

func (p patient) Run(ctx context.Context, s *Prepared, args []batch.Column, out Output) (string, error) {
	switch s.Bound.(text) {
	case "forever":
		<-ctx.Done()
		p.ended <- context.Cause(ctx)
		return "", ctx.Err()
	case "minute":
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return p.script.Run(ctx, s, args, out)
}

func (p patient) Notifications() ([]Notification, error) {
	select {
	case n := <-p.notes:
		return []Notification{n}, nil
	default:
		return nil, nil
	}
}

func (p patient) Timeout(name string) time.Duration {
	if name == "idle_session_timeout" {
		return p.quiet
	}
	return 0
}

// waiting lets a client of a patient session in, over a pipe and in a bubble of its own.
func waiting(t *testing.T, quiet time.Duration, do func(t *testing.T, nc net.Conn, f *pgproto3.Frontend, p patient, wake func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := patient{ended: make(chan error, 1), notes: make(chan Notification, 8), quiet: quiet}
		var wake func()
		with := config
		with.Open = func(_ context.Context, s Startup) (Session, error) { wake = s.Wake; return p, nil }
		s := NewServer(with)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		from := &pipes{Listener: l, conns: make(chan net.Conn, 1)}
		s.Serve(from)
		ours, theirs := net.Pipe()
		from.conns <- theirs
		do(t, ours, login(t, ours), p, wake)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A client that goes away ends the statement that runs for it.
func TestClientGoesAwayInStatement(t *testing.T) {
	waiting(t, 0, func(t *testing.T, nc net.Conn, f *pgproto3.Frontend, p patient, _ func()) {
		send(t, f, &pgproto3.Query{String: "forever"})
		synctest.Wait()
		select {
		case err := <-p.ended:
			t.Fatal("the statement ended by itself:", err)
		default:
		}
		began := time.Now()
		nc.Close()
		<-p.ended
		if took := time.Since(began); took > 2*watchAfter {
			t.Errorf("it took %v", took)
		}
	})
}

// What a client sends while a statement runs is answered after it, also when it comes in pieces on both sides of its end.
func TestMessagesDuringStatement(t *testing.T) {
	waiting(t, 0, func(t *testing.T, nc net.Conn, f *pgproto3.Frontend, _ patient, _ func()) {
		for _, pause := range []time.Duration{0, 3 * watchAfter, 59 * time.Second, 2 * time.Minute} {
			for cut := range 6 {
				next, err := (&pgproto3.Query{String: "one"}).Encode(nil)
				if err != nil {
					t.Fatal(err)
				}
				send(t, f, &pgproto3.Query{String: "minute"})
				sent := make(chan error, 1)
				go func() {
					<-time.After(pause)
					_, err := nc.Write(next[:cut])
					if err == nil {
						<-time.After(time.Minute)
						_, err = nc.Write(next[cut:])
					}
					sent <- err
				}()
				for range 2 {
					await[*pgproto3.DataRow](t, f)
					await[*pgproto3.ReadyForQuery](t, f)
				}
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// A notification is sent to a client in the middle of whose message it comes, and the message is not harmed.
func TestNotificationDuringMessage(t *testing.T) {
	waiting(t, 0, func(t *testing.T, nc net.Conn, f *pgproto3.Frontend, p patient, wake func()) {
		for _, size := range []int{3, framerBuffer, longMessage * 3} {
			next, err := (&pgproto3.Query{String: string(bytes.Repeat([]byte{'x'}, size))}).Encode(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, cut := range []int{0, 2, 5, len(next) / 2, len(next) - 1} {
				if _, err := nc.Write(next[:cut]); err != nil {
					t.Fatal(err)
				}
				p.notes <- Notification{Channel: "c", Payload: "p"}
				wake()
				if n := await[*pgproto3.NotificationResponse](t, f); n.Payload != "p" {
					t.Error(n)
				}
				if _, err := nc.Write(next[cut:]); err != nil {
					t.Fatal(err)
				}
				await[*pgproto3.DataRow](t, f)
				await[*pgproto3.ReadyForQuery](t, f)
			}
		}
	})
}

// A client may be silent for so long, counted from its last answer, whatever woke the connection in between.
func TestIdleClientIsCutOff(t *testing.T) {
	waiting(t, time.Minute, func(t *testing.T, nc net.Conn, f *pgproto3.Frontend, p patient, wake func()) {
		<-time.After(59 * time.Second)
		send(t, f, &pgproto3.Query{String: "minute"})
		await[*pgproto3.ReadyForQuery](t, f)
		began := time.Now()
		<-time.After(30 * time.Second)
		p.notes <- Notification{}
		wake()
		e := await[*pgproto3.ErrorResponse](t, f)
		if took := time.Since(began); e.Code != string(sqlerr.IdleSessionTimeout) || took != time.Minute {
			t.Errorf("%s %s after %v", e.Code, e.Message, took)
		}
	})
}

// halting gives a piece, then fails with a deadline, and so on.
type halting struct {
	from  io.Reader
	piece int
	now   bool
}

func (h *halting) Read(p []byte) (int, error) {
	if h.now = !h.now; h.now {
		return 0, os.ErrDeadlineExceeded
	}
	return h.from.Read(p[:min(len(p), h.piece)])
}

// What was read of a message before a deadline is not lost.
func TestFramerGoesOnAfterDeadline(t *testing.T) {
	var sent []byte
	for _, n := range []int{0, 7, framerBuffer, longMessage + 1, 3 * longMessage, 1} {
		sent = append(sent, 'd')
		sent = binary.BigEndian.AppendUint32(sent, uint32(n+4))
		sent = append(sent, bytes.Repeat([]byte{byte(n)}, n)...)
	}
	for _, piece := range []int{997, 40_000} {
		s := &Server{}
		f := newFramer(&halting{from: bytes.NewReader(sent), piece: piece}, s)
		f.max = MaxMessage
		var got []byte
		p := make([]byte, 8192)
		for {
			n, err := f.Read(p)
			got = append(got, p[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil && err != os.ErrDeadlineExceeded {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, sent) || s.long.Load() != 0 {
			t.Errorf("%d bytes of %d, %d not given back", len(got), len(sent), s.long.Load())
		}
	}
}
