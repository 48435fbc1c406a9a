package flight

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow/flight"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// halting is a stream whose messages come after the given times; then it stands still until it is ended.
type halting struct {
	flight.FlightService_DoPutServer
	after []time.Duration
	ended chan struct{}
}

func (s *halting) Recv() (*flight.FlightData, error) {
	if len(s.after) == 0 {
		<-s.ended
		return nil, io.ErrUnexpectedEOF
	}
	<-time.After(s.after[0])
	s.after = s.after[1:]
	return &flight.FlightData{DataHeader: []byte("head"), DataBody: []byte("body")}, nil
}

// TestStall reads what a client sends slowly, and leaves one that has stopped.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &halting{after: []time.Duration{0, stallAfter - time.Second, stallAfter - time.Second}, ended: make(chan struct{})}
		rows, began := &incoming{stream: s}, time.Now()
		sent, err := io.ReadAll(rows)
		if e, ok := sqlerr.As(err); !ok || e.Code != sqlerr.QueryCanceled || len(sent) != 3*16 {
			t.Errorf("%d bytes, then %v", len(sent), err)
		}
		if took := time.Since(began); took != 3*stallAfter-2*time.Second {
			t.Errorf("left after %v", took)
		}
		close(s.ended) // as gRPC does when the call is over
	})
	s := &halting{ended: make(chan struct{})}
	close(s.ended)
	if _, err := (&incoming{stream: s}).Read(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the stream's own error is %v", err)
	}
}
