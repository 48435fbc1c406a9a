package session

import (
	"context"
	"strconv"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// handed is the changes of a cursor's subscription on their way to FETCH.
type handed struct {
	yield func(*batch.Batch, error) bool
}

func (h handed) write(ctx context.Context, _ batch.Schema, b *batch.Batch) error {
	if !h.yield(b, nil) {
		return stream.ErrStop
	}
	return ctx.Err()
}

func (handed) flush() {}

// declareChanges is DECLARE CURSOR FOR SUBSCRIBE. The subscription begins here; changes wait for FETCH, up to the limits
// of a subscriber.
func (s *Session) declareChanges(ctx context.Context, x *ast.Subscribe, d *ast.DeclareCursor) error {
	c := newCursor(ctx, d)
	defer c.during(ctx)()
	to := &handed{}
	f, err := s.follow(ctx, x, to)
	if err != nil {
		return err
	}
	c.schema, c.changes = f.sub.schema, f
	c.run(func(yield func(*batch.Batch, error) bool) {
		to.yield = yield
		if err := f.snapshot(c.ctx); err != nil {
			yield(nil, err)
			return
		}
		for {
			updates, came, err := f.changes.Wait(c.ctx, c.wait)
			if err == nil && came {
				err = f.pass(c.ctx, updates)
			}
			switch {
			case err != nil:
				yield(nil, err)
				return
			case !came && !yield(nil, nil):
				return
			}
		}
	})
	stop := c.stop
	c.stop = func() {
		stop()
		f.close()
	}
	if s.cursors == nil {
		s.cursors = map[string]*cursor{}
	}
	s.cursors[d.Name] = c
	return nil
}

// fetchChanges is FETCH from a subscription: up to so many rows, of those that come within the timeout. Without one it
// waits for the first row, and gives those that are there with it. Like every read it includes what was acknowledged
// before it began, however short the timeout.
func (s *Session) fetchChanges(ctx context.Context, c *cursor, x *ast.Fetch, out Output) (string, error) {
	if x.Where != "" || x.Count < 0 || x.All && x.Count < 0 {
		return "", c.backward()
	}
	atMost, timed, err := fetchTimeout(x)
	if err != nil {
		return "", err
	}
	want := x.Count
	if x.All {
		want = 1<<63 - 1
	}
	if x.Move {
		out = nowhere{out}
	}
	until := s.e.clock() + types.Micros(atMost/time.Microsecond)
	acknowledged, reached := s.e.Committer.Last().No, false
	n := int64(0)
	for n < want {
		switch {
		case timed:
			c.wait = max(0, time.Duration(until-s.e.clock())*time.Microsecond)
		case n == 0:
			c.wait = -1
		default:
			c.wait = 0
		}
		ok, err := c.more()
		if err != nil {
			return "", err
		}
		switch {
		case !ok && reached:
			return x.Tag() + " " + strconv.FormatInt(n, 10), nil
		case !ok:
			if err := s.e.Live.Reach(ctx, c.changes.id, acknowledged); err != nil {
				return "", err
			}
			reached = true
			continue
		}
		k, err := c.give(ctx, min(want-n, int64(c.rest.N-c.at)), out)
		n += k
		if err != nil {
			return "", err
		}
	}
	return x.Tag() + " " + strconv.FormatInt(n, 10), nil
}

// fetchTimeout reads WITH (timeout = '1s').
func fetchTimeout(x *ast.Fetch) (d time.Duration, timed bool, err error) {
	for _, o := range x.With {
		l, ok := o.Value.(*ast.Literal)
		switch {
		case o.Name != "timeout":
			return 0, false, sqlerr.NotSupported("option %q of %s", o.Name, x.Tag()).At(o.Position()).WithHint("There is timeout.")
		case !ok:
			return 0, false, sqlerr.New(sqlerr.InvalidParameterValue, "timeout is no span of time").At(o.Position()).WithHint("Write a time such as timeout = '1s'.")
		}
		if d, _, err = timeout("timeout", l.Text); err != nil {
			return 0, false, placed(err, o.Position())
		}
		timed = true
	}
	return d, timed, nil
}
