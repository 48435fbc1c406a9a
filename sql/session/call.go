package session

import (
	"context"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// procedures are what CALL calls, by name, and how many texts each takes.
var procedures = map[string]struct {
	args int
	run  func(s *Session, ctx context.Context, args []string, out Output) error
}{
	"vex.advance_watermark": {2, (*Session).advanceWatermark},
	"vex.backup":            {1, (*Session).backup},
	"vex.stop_denying":      {0, (*Session).stopDenying},
	"vex.test_target":       {2, (*Session).testTarget},
}

// runCall is CALL name('text', ...).
func (s *Session) runCall(ctx context.Context, x *ast.CallStmt, out Output) error {
	name := strings.Join(x.Call.Name, ".")
	if len(x.Call.Name) == 1 {
		name = "vex." + name
	}
	p, ok := procedures[name]
	if !ok || len(x.Call.Args) != p.args {
		return sqlerr.New(sqlerr.UndefinedFunction, "procedure %s with %d arguments does not exist", strings.Join(x.Call.Name, "."), len(x.Call.Args)).At(x.Call.Position()).
			WithHint("There are vex.advance_watermark('stream', 'time'), vex.backup('folder'), vex.stop_denying() and vex.test_target('target', 'text').")
	}
	args := make([]string, len(x.Call.Args))
	for i, a := range x.Call.Args {
		l, ok := a.(*ast.Literal)
		if !ok || l.Kind != ast.LitString {
			return sqlerr.NotSupported("an argument of %s that is no text in quotes", name).At(a.Position())
		}
		args[i] = l.Text
	}
	return p.run(s, ctx, args, out)
}

// advanceWatermark moves a stream's watermark on by hand, never back.
func (s *Session) advanceWatermark(ctx context.Context, args []string, _ Output) error {
	snap := s.catalog()
	r, err := snap.Resolve(0, strings.Split(args[0], ".")...)
	switch {
	case err != nil:
		return err
	case r.Kind != catalog.Stream || r.Watermark == nil:
		return sqlerr.New(sqlerr.WrongObjectType, "%q is no stream with a watermark", args[0]).
			WithHint("CREATE STREAM ... (..., WATERMARK FOR ts AS ts - INTERVAL '5 seconds') makes one.")
	}
	if err := s.mustOwn(snap, r); err != nil {
		return err
	}
	at, err := types.ParseTimestamptz(args[1], s.Locale())
	if err != nil {
		return err
	}
	if at <= types.MinTime || at >= types.MaxTime {
		return sqlerr.New(sqlerr.InvalidParameterValue, "a watermark is no infinite time")
	}
	s.e.Times.Advance(r.ID, at)
	_, err = s.e.Committer.Begin().Commit(ctx) // the epoch that records it
	return err
}

// backup has the node copy what it keeps into a folder.
func (s *Session) backup(ctx context.Context, args []string, out Output) error {
	switch {
	case s.e.backup == nil:
		return sqlerr.NotSupported("a backup of a node in memory")
	case !s.super(s.catalog()):
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to make a backup")
	}
	what, err := s.e.backup(ctx, args[0])
	if err == nil {
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "%s", what))
	}
	return err
}

// stopDenying has the kernel refuse nothing any more.
func (s *Session) stopDenying(context.Context, []string, Output) error {
	if !s.super(s.catalog()) {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to have the kernel refuse nothing")
	}
	if s.e.enforcer != nil {
		s.e.enforcer.Stop()
	}
	return nil
}
