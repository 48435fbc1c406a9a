package session

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// begin gives the session's settings the values that they have at first: those that are kept for its role, and over them
// what the client named when it connected. RESET goes back to them.
func (s *Session) begin(named map[string]string) error {
	for _, x := range s.e.Catalog().Database().For(s.login) {
		if _, err := s.set(x.Name, x.Value); err != nil {
			s.e.journal.Warn("a stored setting is not taken", "role", x.Role, "setting", x.Name, "err", err)
		}
	}
	for name, value := range named {
		if _, err := s.set(name, value); err != nil {
			return err
		}
	}
	s.settings.first = maps.Clone(s.settings.values)
	return nil
}

// alterSettings is ALTER ROLE and ALTER DATABASE with SET and RESET: it holds for sessions that begin later.
func (s *Session) alterSettings(ctx context.Context, x *ast.AlterSettings) error {
	if x.Database != "" && x.Database != s.Database {
		return sqlerr.New(sqlerr.InvalidCatalogName, "database %q does not exist", x.Database)
	}
	role := s.roleOf(x.Role)
	entry := catalog.Setting{Role: role, Here: x.Database != ""}
	name := strings.ToLower(x.Set.Name)
	if entry.Name = cmp.Or(reported[name], name); name == "all" {
		entry.Name = ""
	}
	return s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		if err := s.roleExists(old, role); err != nil {
			return nil, err
		}
		if err := s.mayAlterSettings(old, role, x.Database); err != nil {
			return nil, err
		}
		if entry.Name != "" {
			value, err := s.valid(x)
			if err != nil {
				return nil, placed(err, x.Set.Position())
			}
			entry.Value = value
		}
		d := old.Database()
		if x.Set.Reset {
			return old.WithDatabase(version, d.Without(entry.Role, entry.Here, entry.Name)), nil
		}
		if d = d.With(entry); len(d.Settings) > catalog.MaxSettings {
			return nil, sqlerr.New(sqlerr.ConfigurationLimit, "a node keeps at most %d settings of roles", catalog.MaxSettings)
		}
		return old.WithDatabase(version, d), nil
	})
}

func (s *Session) mayAlterSettings(snap *catalog.Snapshot, role, database string) error {
	switch {
	case s.super(snap):
		return nil
	case role == "" && database == "":
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be superuser to alter settings globally")
	case role == "":
		return sqlerr.New(sqlerr.InsufficientPrivilege, "must be owner of database %s", database)
	case role == s.User:
		return nil
	}
	if r := snap.Role(role); r != nil {
		return s.mayAlterRole(snap, r, "must have CREATEROLE privilege")
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied")
}

// valid gives the value that a SET means as it was written, or says why no session would take it.
func (s *Session) valid(x *ast.AlterSettings) (string, error) {
	name := strings.ToLower(x.Set.Name)
	if name == "role" || name == "session_authorization" {
		return "", sqlerr.NotSupported("SET %s for a role's sessions", strings.ToUpper(strings.ReplaceAll(name, "_", " "))).
			WithHint("SET it in the session.")
	}
	try := &Session{e: s.e, User: s.User, login: s.login, trusted: s.trusted, settings: defaultSettings(), locale: s.locale}
	value := settingText(x.Set)
	switch {
	case x.Set.Reset:
		value = cmp.Or(try.settings.values[name], value)
	case x.FromCurrent:
		value = s.settings.values[name]
	}
	_, err := try.set(name, value)
	return value, err
}
