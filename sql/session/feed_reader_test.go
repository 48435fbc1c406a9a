package session

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vexfs/vexstream/engine/format"
)

// whole is a format's reader that notes whether it was told that the data is whole.
type whole struct {
	format.Reader
	closed bool
}

func (w *whole) Write(p []byte) error { return nil }
func (w *whole) Close() error         { w.closed = true; return nil }

// Data that breaks off is not whole, also where the error has io.EOF for a cause.
func TestFeedReaderToldOfTheEnd(t *testing.T) {
	broken := fmt.Errorf("the client went away: %w", io.EOF)
	var in whole
	err := feedReader(t.Context(), io.MultiReader(strings.NewReader("1\n"), iotest.ErrReader(broken)), &in)
	if !errors.Is(err, broken) || in.closed {
		t.Errorf("broken off: %v, whole: %v", err, in.closed)
	}
	if err := feedReader(t.Context(), strings.NewReader("1\n"), &in); err != nil || !in.closed {
		t.Errorf("whole: %v, %v", err, in.closed)
	}
}
