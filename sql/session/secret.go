package session

import (
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// Vault seals secrets with a key that is not in the catalog.
type Vault interface {
	Seal(id uint32, text string) ([]byte, error)
	Open(id uint32, sealed []byte) (string, error)
}

// maxSecret is how many bytes a secret may have.
const maxSecret = 64 << 10

// secret is CREATE SECRET and ALTER SECRET ... AS.
func (s *Session) secret(ctx context.Context, x *ast.Secret, out Output) error {
	switch {
	case s.e.vault == nil:
		return sqlerr.NotSupported("a secret of a node that keeps no key")
	case x.Value != nil && len(*x.Value) > maxSecret:
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a secret has at most %d bytes", maxSecret)
	}
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		have := snap.Secret(x.Name)
		if x.Alter {
			if have == nil {
				return nil, noSuch("secret", x.Name)
			}
			if err := s.mustOwnOutward(snap, "secret", have.Name, have.Owner); err != nil {
				return nil, err
			}
			c := *have
			have = &c
		} else {
			there, err := s.newOutward("secret", x.Name, have != nil, x.IfNotExists, len(snap.Secrets()), catalog.MaxSecrets, out)
			if err != nil || there {
				return snap, err
			}
			have = &catalog.Secret{ID: snap.NextID, Name: x.Name, Owner: s.User}
		}
		if x.Value != nil {
			var err error
			if have.Sealed, err = s.e.vault.Seal(have.ID, *x.Value); err != nil {
				return nil, err
			}
		}
		return snap.WithSecret(version, have), nil
	})
}

// newOutward refuses a name that is taken or cannot be, and says whether the object is there already.
func (s *Session) newOutward(kind, name string, there, ifNotExists bool, n, most int, out Output) (bool, error) {
	switch {
	case there && ifNotExists:
		out.Notice("NOTICE", sqlerr.New(sqlerr.DuplicateObject, "%s %q already exists, skipping", kind, name))
		return true, nil
	case there:
		return false, sqlerr.New(sqlerr.DuplicateObject, "%s %q already exists", kind, name)
	case len(name) > 63:
		return false, sqlerr.New(sqlerr.NameTooLong, "the name %q is longer than 63 bytes", name)
	case n >= most:
		return false, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d %ss", most, kind)
	}
	return false, nil
}

func noSuch(kind, name string) error {
	return sqlerr.New(sqlerr.UndefinedObject, "%s %q does not exist", kind, name)
}

func (s *Session) mustOwnOutward(snap *catalog.Snapshot, kind, name, owner string) error {
	if s.rights(snap).Has(owner) {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "must be owner of %s %s", kind, name)
}

// dropOutward is DROP SECRET and DROP TARGET.
func (s *Session) dropOutward(ctx context.Context, x *ast.Drop, out Output) error {
	return s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		for _, n := range x.Names {
			if len(n.Parts) > 1 {
				return nil, sqlerr.New(sqlerr.SyntaxError, "the name of a %s has no schema", x.Kind).At(n.Position())
			}
			name := n.Parts[0]
			secret, target := snap.Secret(name), snap.Target(name)
			var err error
			switch {
			case (x.Kind == "secret" && secret == nil || x.Kind == "target" && target == nil) && x.IfExists:
				out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "%s %q does not exist, skipping", x.Kind, name))
			case x.Kind == "secret" && secret == nil, x.Kind == "target" && target == nil:
				err = noSuch(x.Kind, name)
			case x.Kind == "secret":
				snap, err = s.dropSecret(snap, version, secret, x.Cascade, out)
			default:
				snap, err = s.dropTarget(snap, version, target, x.Cascade, out)
			}
			if err != nil {
				return nil, placed(err, n.Position())
			}
		}
		return snap, nil
	})
}

func (s *Session) dropSecret(snap *catalog.Snapshot, version uint64, x *catalog.Secret, cascade bool, out Output) (*catalog.Snapshot, error) {
	if err := s.mustOwnOutward(snap, "secret", x.Name, x.Owner); err != nil {
		return nil, err
	}
	users := usersOf(snap, x)
	if len(users) > 0 && !cascade {
		what := "secret " + pgcatalog.QuoteIdent(x.Name)
		for i := range users {
			users[i] = "target " + pgcatalog.QuoteIdent(users[i]) + " depends on " + what
		}
		return nil, stillUsed(what, users)
	}
	for _, name := range users {
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "drop cascades to target %s", pgcatalog.QuoteIdent(name)))
		var err error
		if snap, err = s.dropTarget(snap, version, snap.Target(name), true, out); err != nil {
			return nil, err
		}
	}
	return snap.WithoutSecret(version, x.Name), nil
}

// usersOf names the targets that a secret is an option of.
func usersOf(snap *catalog.Snapshot, x *catalog.Secret) []string {
	var out []string
	for _, t := range snap.Targets() {
		if slices.ContainsFunc(t.Options, func(o catalog.TargetOption) bool { return o.Secret == x.ID }) {
			out = append(out, t.Name)
		}
	}
	return out
}

// alterOutward is ALTER SECRET and ALTER TARGET ... RENAME TO and OWNER TO.
func (s *Session) alterOutward(snap *catalog.Snapshot, version uint64, x *ast.Alter, out Output) (*catalog.Snapshot, error) {
	name, to := last(x.Name), x.To
	secret, target := snap.Secret(name), snap.Target(name)
	there, taken, owner := secret != nil, snap.Secret(to) != nil, ""
	if x.Kind == "target" {
		there, taken = target != nil, snap.Target(to) != nil
	}
	switch {
	case !there && x.IfExists:
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "%s %q does not exist, skipping", x.Kind, name))
		return snap, nil
	case !there:
		return nil, placed(noSuch(x.Kind, name), x.Name.Position())
	case x.Kind == "target":
		owner = target.Owner
	default:
		owner = secret.Owner
	}
	if err := s.mustOwnOutward(snap, x.Kind, name, owner); err != nil {
		return nil, err
	}
	switch x.Action {
	case "rename":
		if x.Kind == "target" && len(snap.SendingTo(target.ID)) > 0 {
			by := snap.SendingTo(target.ID)[0]
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot rename target %s because triggers send to it by this name", pgcatalog.QuoteIdent(name)).
				WithDetail("trigger %s on %s", by.Name, called(snap, snap.ByID(by.Relation))).
				WithHint("CREATE TARGET one of the other name, and have the triggers send to that.")
		}
		if _, err := s.newOutward(x.Kind, to, taken, false, 0, 1, out); err != nil {
			return nil, err
		}
		name = to
	case "owner":
		var err error
		if owner, err = s.newOwnerNamed(snap, to); err != nil {
			return nil, err
		}
	default:
		return nil, sqlerr.NotSupported("%s ... %s", x.Tag(), strings.ToUpper(x.Action)).At(x.Position())
	}
	if x.Kind == "secret" {
		c := *secret
		c.Name, c.Owner = name, owner
		return snap.WithSecret(version, &c), nil
	}
	c := *target
	c.ACL = newOwner(target.ACL, target.Owner, owner)
	c.Name, c.Owner = name, owner
	return snap.WithTarget(version, &c), nil
}

// renamedOutward gives secrets and targets their owners and grants under the new name of a role.
func renamedOutward(snap *catalog.Snapshot, version uint64, swap func(string) string, acl func([]catalog.Grant) []catalog.Grant) *catalog.Snapshot {
	for _, x := range snap.Secrets() {
		c := *x
		if c.Owner = swap(x.Owner); c.Owner != x.Owner {
			snap = snap.WithSecret(version, &c)
		}
	}
	for _, t := range snap.Targets() {
		c := *t
		c.Owner, c.ACL = swap(t.Owner), acl(t.ACL)
		snap = snap.WithTarget(version, &c)
	}
	return snap
}
