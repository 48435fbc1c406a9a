package flow

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Fence runs f and turns a panic of it into an XX000 error that names what ran; the stack goes to the journal, the
// words of the panic do not go to a client. A panic with an error of sqlerr is that error: a limit was met where none can be returned. A nil log is slog.Default().
func Fence(log *slog.Logger, name string, f func() error) (err error) {
	defer func() {
		r := recover()
		if limit, ok := r.(*sqlerr.Error); ok {
			err = limit
			return
		}
		if r != nil {
			if log == nil {
				log = slog.Default()
			}
			log.Error("panic", "in", name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = sqlerr.Wrap(sqlerr.InternalError, fmt.Errorf("panic: %v", r), "internal error in %s", name).
				WithHint("The journal has the stack. Please report it.")
		}
	}()
	return f()
}

// Group is goroutines that end together: the first that fails cancels the context of all. Make one with NewGroup.
type Group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	log    *slog.Logger
	wg     sync.WaitGroup
	once   sync.Once
	err    error
}

// NewGroup makes a Group whose context is done when ctx is, when a member fails, or after Wait.
func NewGroup(ctx context.Context, log *slog.Logger) *Group {
	g := &Group{log: log}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

// Go runs f on a goroutine of its own, behind a Fence that calls it name. It must not be called after Wait.
func (g *Group) Go(name string, f func(ctx context.Context) error) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		if err := Fence(g.log, name, func() error { return f(g.ctx) }); err != nil {
			g.once.Do(func() {
				g.err = err
				g.cancel(err)
			})
		}
	}()
}

// Stop cancels the context of all.
func (g *Group) Stop() { g.cancel(context.Canceled) }

// Wait waits until every member has returned and gives the first error.
func (g *Group) Wait() error {
	g.wg.Wait()
	g.cancel(context.Canceled)
	return g.err
}
