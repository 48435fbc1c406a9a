package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// Targets are what the node can send to.
type Targets interface {
	// Check says what is wrong with a target of a kind. In options, secrets are put in; those of pending are not known yet.
	Check(kind string, options map[string]string, pending []string) error
	// Send makes one attempt to send a body under an id.
	Send(ctx context.Context, kind string, options map[string]string, id, body string) error
}

// runOutward runs a statement about secrets and targets. It takes effect at once, also in a block.
func (s *Session) runOutward(ctx context.Context, st ast.Stmt, out Output) error {
	switch x := st.(type) {
	case *ast.Secret:
		return s.stays(x.Tag()+" "+x.Name, s.secret(ctx, x, out))
	case *ast.CreateTarget:
		return s.stays(x.Tag()+" "+x.Name, s.createTarget(ctx, x, out))
	case *ast.AlterTarget:
		return s.stays(x.Tag()+" "+x.Name, s.alterTarget(ctx, x))
	}
	return nil
}

// createTarget is CREATE TARGET. It opens the network to whoever may use the target, so only superusers make one.
func (s *Session) createTarget(ctx context.Context, x *ast.CreateTarget, out Output) error {
	if s.e.targets == nil {
		return sqlerr.NotSupported("a target of a node that sends nothing")
	}
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		if !s.super(snap) {
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to create target %q", x.Name).
				WithHint("Must be superuser to create a target. GRANT USAGE ON TARGET lets others send to it.")
		}
		there, err := s.newOutward("target", x.Name, snap.Target(x.Name) != nil, x.IfNotExists, len(snap.Targets()), catalog.MaxTargets, out)
		if err != nil || there {
			return snap, err
		}
		t := &catalog.Target{ID: snap.NextID, Name: x.Name, Owner: s.User, Kind: strings.ToLower(x.Kind)}
		if err := s.setTarget(snap, t, x.With); err != nil {
			return nil, err
		}
		return snap.WithTarget(version, t), nil
	})
}

// alterTarget is ALTER TARGET ... SET and RESET.
func (s *Session) alterTarget(ctx context.Context, x *ast.AlterTarget) error {
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		have := snap.Target(x.Name)
		if have == nil {
			return nil, noSuch("target", x.Name)
		}
		if !s.super(snap) {
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to change target %q", x.Name)
		}
		t := *have
		t.Options = slices.DeleteFunc(slices.Clone(have.Options), func(o catalog.TargetOption) bool {
			return slices.ContainsFunc(x.With, func(w ast.TargetOption) bool { return strings.EqualFold(w.Name, o.Name) })
		})
		with := x.With
		if !x.Set {
			with = nil
		}
		if err := s.setTarget(snap, &t, with); err != nil {
			return nil, err
		}
		return snap.WithTarget(version, &t), nil
	})
}

// setTarget adds options to a target, and refuses what the node cannot send to.
func (s *Session) setTarget(snap *catalog.Snapshot, t *catalog.Target, with []ast.TargetOption) error {
	for _, w := range with {
		o := catalog.TargetOption{Name: strings.ToLower(w.Name)}
		if slices.ContainsFunc(t.Options, func(have catalog.TargetOption) bool { return have.Name == o.Name }) {
			return sqlerr.New(sqlerr.SyntaxError, "conflicting or redundant options").At(w.Position())
		}
		switch v := w.Value.(type) {
		case nil:
			x := snap.Secret(w.Secret)
			if x == nil {
				return placed(noSuch("secret", w.Secret), w.Position())
			}
			if err := s.mustOwnOutward(snap, "secret", x.Name, x.Owner); err != nil {
				return err
			}
			o.Secret = x.ID
		case *ast.Literal:
			if secretOptions[o.Name] {
				return sqlerr.New(sqlerr.InvalidParameterValue, "option %q is kept as a secret", o.Name).At(w.Position()).
					WithHint("CREATE SECRET name AS '...', and then %s = SECRET name.", o.Name)
			}
			o.Value = v.Text
		case *ast.Interval:
			o.Value = v.Text + " " + v.Unit
		case *ast.Column:
			o.Value = strings.Join(v.Name, ".")
		default:
			return sqlerr.New(sqlerr.SyntaxError, "option %q is a text", w.Name).At(w.Position())
		}
		t.Options = append(t.Options, o)
	}
	options, pending, err := s.e.optionsOf(snap, t)
	if err != nil {
		return err
	}
	return s.e.targets.Check(t.Kind, options, pending)
}

// secretOptions are not given in the open: what is no secret is shown to everybody.
var secretOptions = map[string]bool{"authorization": true, "password": true, "signing_secret": true}

// optionsOf are the options of a target, with secrets put in, and the names of those whose secrets have no text yet.
func (e *Engine) optionsOf(snap *catalog.Snapshot, t *catalog.Target) (out map[string]string, pending []string, err error) {
	out = make(map[string]string, len(t.Options))
	for _, o := range t.Options {
		if o.Secret == 0 {
			out[o.Name] = o.Value
			continue
		}
		x := snap.SecretByID(o.Secret)
		if x == nil || e.vault == nil {
			return nil, nil, sqlerr.New(sqlerr.UndefinedObject, "the secret of option %q of target %q is gone", o.Name, t.Name)
		}
		if x.Sealed == nil {
			pending = append(pending, o.Name)
			continue
		}
		text, err := e.vault.Open(x.ID, x.Sealed)
		if _, ok := sqlerr.As(err); ok { // the key cannot be had
			return nil, nil, err
		}
		if err != nil {
			return nil, nil, sqlerr.Wrap(sqlerr.DataCorrupted, err, "secret %q cannot be read", x.Name).
				WithHint("Give it again with ALTER SECRET %s AS '...', or put the key back that it was sealed with.", x.Name)
		}
		out[o.Name] = text
	}
	return out, pending, nil
}

func (s *Session) dropTarget(snap *catalog.Snapshot, version uint64, t *catalog.Target, cascade bool, out Output) (*catalog.Snapshot, error) {
	if err := s.mustOwnOutward(snap, "target", t.Name, t.Owner); err != nil {
		return nil, err
	}
	snap, err := dropUsers(snap, version, "target "+pgcatalog.QuoteIdent(t.Name), snap.SendingTo(t.ID), cascade, out)
	if err != nil {
		return nil, err
	}
	return snap.WithoutTarget(version, t.Name), nil
}

// SendTo makes one attempt to send a body under an id to a target.
func (e *Engine) SendTo(ctx context.Context, target, id, body string) error {
	snap := e.Catalog()
	t := snap.Target(target)
	if t == nil {
		return noSuch("target", target)
	}
	options, pending, err := e.optionsOf(snap, t)
	switch {
	case err != nil:
		return err
	case len(pending) > 0:
		return sqlerr.New(sqlerr.ObjectNotInState, "the secret of option %q of target %q has no text yet", pending[0], target).
			WithHint("ALTER SECRET ... AS '...' gives it one; SELECT * FROM vex.targets says which.")
	}
	return e.targets.Send(ctx, t.Kind, options, id, body)
}

// testTarget is CALL vex.test_target('name', 'body'): one attempt, whose failure is the statement's.
func (s *Session) testTarget(ctx context.Context, args []string, out Output) error {
	snap := s.catalog()
	t := snap.Target(args[0])
	if t == nil {
		return noSuch("target", args[0])
	}
	if may, _ := s.rights(snap).On(t.ACL, t.Owner, catalog.OnTarget); !strings.Contains(may, "U") {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for target %s", t.Name)
	}
	if err := s.e.SendTo(ctx, t.Name, fmt.Sprintf("test/%d", s.e.clock()), args[1]); err != nil {
		if _, ok := sqlerr.As(err); ok {
			return err
		}
		return sqlerr.New(sqlerr.ConnectionFailure, "target %q did not take it", t.Name).WithDetail("%s", err)
	}
	out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "target %q took it", t.Name))
	return nil
}

func (s *Session) grantTargets(snap *catalog.Snapshot, version uint64, x *ast.Grant, out Output) (*catalog.Snapshot, error) {
	what, all, err := letters(x, "target", catalog.TargetPrivileges)
	if err != nil {
		return nil, err
	}
	for _, n := range x.Objects {
		have := snap.Target(last(n))
		if have == nil {
			return nil, placed(noSuch("target", last(n)), n.Position())
		}
		t := *have
		on := object{kind: "target", name: t.Name, owner: t.Owner, guarded: catalog.OnTarget, acl: t.ACL}
		if t.ACL, err = s.regrant(snap, x, on, what, all, out); err != nil {
			return nil, err
		}
		snap = snap.WithTarget(version, &t)
	}
	return snap, nil
}
