package epoch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/memstore"
)

// long adds rows until the statement stages its blocks.
func long(t *testing.T, s *epoch.Statement, log *memstore.Log) {
	t.Helper()
	b := rowsAt(make([]int64, 8192)...)
	for range 3 {
		b.Cols = append(b.Cols, b.Cols[0])
	}
	for before := log.Size(); log.Size() == before; {
		if err := s.Add(target, b); err != nil {
			t.Fatal(err)
		}
	}
}

// What a statement has staged is given up with it, however it ends without having been committed.
func TestAbortGivesUpWhatWasStaged(t *testing.T) {
	log := memstore.NewLog()
	c := open(t, log)
	s := c.Begin()
	long(t, s, log)
	s.Abort()
	if log.Size() != 0 {
		t.Errorf("%d bytes are left of a statement that was given up", log.Size())
	}

	s = c.Begin()
	long(t, s, log)
	if _, err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	size := log.Size()
	s.Abort() // after Commit it does nothing
	if log.Size() != size {
		t.Error("Abort after Commit took something back")
	}
}

// refusing is a log that has no room.
type refusing struct {
	*memstore.Log
	err error
}

func (r *refusing) Append(fence uint64, e *epoch.Entry) error {
	if r.err != nil {
		return r.err
	}
	return r.Log.Append(fence, e)
}

func TestFailedCommitGivesUpWhatWasStaged(t *testing.T) {
	log := &refusing{Log: memstore.NewLog(), err: sqlerr.New(sqlerr.DiskFull, "no room")}
	c := open(t, log)
	s := c.Begin()
	long(t, s, log.Log)
	if _, err := s.Commit(t.Context()); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("error %v", err)
	}
	if log.Size() != 0 {
		t.Errorf("%d bytes are left of a statement that failed", log.Size())
	}
	log.err = nil
	write(t, c, 1)
}

// A statement that comes when the committer ends is answered.
func TestCommitBesideClose(t *testing.T) {
	for range 200 {
		c := open(t, memstore.NewLog())
		done := make(chan error)
		go func() {
			_, err := c.Begin().Commit(context.Background())
			done <- err
		}()
		c.Close()
		if err := <-done; err != nil && !errors.Is(err, epoch.ErrClosed) {
			t.Fatalf("error %v", err)
		}
	}
}
