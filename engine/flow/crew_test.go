package flow_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestCrewWorksTogether: all shares are at work at the same time, each of several pieces of work one after the other.
func TestCrewWorksTogether(t *testing.T) {
	crew := flow.NewCrew(quietly())
	defer crew.Close()
	for _, n := range []int{2, 4, 3} {
		var all sync.WaitGroup
		all.Add(n)
		if err := crew.Share("test", n, func(int) error {
			all.Done()
			all.Wait() // it ends only if n come
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCrewDoesNotWaitForOthers: whose helpers are busy with somebody else's work does all himself.
func TestCrewDoesNotWaitForOthers(t *testing.T) {
	crew := flow.NewCrew(quietly())
	busy, free, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = crew.Share("long", 2, func(share int) error {
			if share == 1 {
				close(busy)
			} else {
				<-busy // so that somebody else has taken the other share
			}
			<-free
			return nil
		})
	}()
	<-busy
	var shares atomic.Int32
	if err := crew.Share("short", 2, func(int) error {
		shares.Add(1)
		return nil
	}); err != nil || shares.Load() != 1 {
		t.Errorf("%d shares, %v", shares.Load(), err)
	}
	close(free)
	<-done
	crew.Close()
	if err := crew.Share("late", 2, func(int) error { return nil }); err != nil {
		t.Errorf("a closed crew: %v", err)
	}
	var nobody *flow.Crew
	if err := nobody.Share("alone", 2, func(int) error { return nil }); err != nil {
		t.Errorf("no crew: %v", err)
	}
}

// TestCrewFences: a panic in any share is an error of the work, and the others end before it is given.
func TestCrewFences(t *testing.T) {
	for _, bad := range []int{0, 1} {
		crew := flow.NewCrew(quietly())
		var ended atomic.Int32
		var both sync.WaitGroup
		both.Add(2)
		err := crew.Share("view v", 2, func(share int) error {
			both.Done()
			both.Wait()
			if share == bad {
				panic("a mistake")
			}
			ended.Add(1)
			return nil
		})
		if sqlerr.CodeOf(err) != sqlerr.InternalError || ended.Load() != 1 {
			t.Errorf("share %d: %v, %d have ended", bad, err, ended.Load())
		}
		crew.Close()
	}
}

// counter is an operator that counts rows, and has lanes that do.
type counter struct {
	rows, owed int
	lanes      []op.Divided
	breaks     bool
	asides     *flow.Asides
	said       *[]int
	full       int64 // what it says that it holds
	forgot     int
}

func (c *counter) Push(_ context.Context, b *batch.Batch) error {
	if c.breaks {
		panic("a mistake")
	}
	c.rows += b.N
	if c.asides != nil {
		seq := int(b.Seq0)
		c.asides.Later(func(context.Context) error {
			*c.said = append(*c.said, seq)
			return nil
		})
	}
	return nil
}
func (c *counter) Advance(context.Context, stream.Progress) error { return nil }
func (c *counter) Close() error                                   { return nil }
func (c *counter) Begin(lanes []op.Divided)                       { c.lanes = lanes }
func (c *counter) Owes() bool                                     { return c.owed > 0 }
func (c *counter) Pays() bool                                     { return true }
func (c *counter) Bytes() int64                                   { return c.full }
func (c *counter) Owe(rows int) error {
	c.owed += rows
	return nil
}

func (c *counter) Collect() error {
	for _, l := range c.lanes {
		c.rows += l.(*counter).rows
		l.(*counter).rows = 0
	}
	c.owed = 0
	return nil
}

func (c *counter) Forget() error {
	c.forgot++
	return nil
}

// counting makes the Lanes of a counter. Its lanes are like the given one.
func counting(crew *flow.Crew, like counter) (l *flow.Lanes, root *counter, lanes *[]*counter) {
	root, lanes = &counter{said: like.said}, new([]*counter)
	l = flow.NewLanes("view v", crew, root, root, func() (*flow.Lane, error) {
		c := like
		c.asides = &flow.Asides{}
		*lanes = append(*lanes, &c)
		return &flow.Lane{In: &c, Root: &c, Asides: c.asides}, nil
	})
	return l, root, lanes
}

func several(n int) (out []*batch.Batch) {
	for i := range n {
		b := one()
		b.Seq0 = uint32(i)
		out = append(out, b)
	}
	return out
}

// TestLanesTellInOrder: what lanes leave aside is told batch by batch, whoever had it, and after what it is of.
func TestLanesTellInOrder(t *testing.T) {
	crew := flow.NewCrew(quietly())
	defer crew.Close()
	var said, want []int
	l, root, lanes := counting(crew, counter{said: &said})
	l.Use(3)
	l.From(1)
	if err := l.Push(t.Context(), several(200), func(i int) { said = append(said, -i) }); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		want = append(want, -i, i)
	}
	if !slices.Equal(said, want) {
		t.Errorf("said %v", said)
	}
	if err := root.Collect(); err != nil || root.rows != 200 || len(*lanes) != 3 {
		t.Errorf("%d rows, %d lanes, %v", root.rows, len(*lanes), err)
	}
	l.Close()
}

// TestLanesRest: few rows go to the operator itself, and those that come after many to a lane, so that their order is kept.
func TestLanesRest(t *testing.T) {
	l, root, lanes := counting(nil, counter{said: new([]int)})
	l.Use(2)
	l.From(3)
	push := func(n int) {
		t.Helper()
		if err := l.Push(t.Context(), several(n), func(int) {}); err != nil {
			t.Fatal(err)
		}
	}
	push(2)
	if root.rows != 2 || len(*lanes) != 0 {
		t.Errorf("%d rows, %d lanes", root.rows, len(*lanes))
	}
	push(3)
	push(1)
	if root.rows != 2 || root.owed != 4 {
		t.Errorf("%d rows, %d owed", root.rows, root.owed)
	}
	l.Use(1) // collects
	push(5)
	if root.rows != 11 || root.owed != 0 || len(*lanes) != 2 {
		t.Errorf("%d rows, %d owed, %d lanes", root.rows, root.owed, len(*lanes))
	}
}

// TestLanesAreRelieved: a lane that holds much is collected and starts anew.
func TestLanesAreRelieved(t *testing.T) {
	l, root, lanes := counting(nil, counter{said: new([]int), full: 1 << 30})
	l.Use(2)
	l.From(1)
	if err := l.Push(t.Context(), several(5), func(int) {}); err != nil {
		t.Fatal(err)
	}
	if root.rows != 5 || (*lanes)[0].forgot != 1 || l.Bytes() != 2<<30 {
		t.Errorf("%d rows, %d forgotten, %d bytes", root.rows, (*lanes)[0].forgot, l.Bytes())
	}
}

// TestLanesFail: a panic in a lane is the error of a Push, and names the view.
func TestLanesFail(t *testing.T) {
	crew := flow.NewCrew(quietly())
	defer crew.Close()
	l, _, _ := counting(crew, counter{breaks: true})
	l.Use(2)
	l.From(1)
	err := l.Push(t.Context(), several(9), func(int) {})
	var e *sqlerr.Error
	if !errors.As(err, &e) || e.Code != sqlerr.InternalError {
		t.Errorf("got %v", err)
	}
}
