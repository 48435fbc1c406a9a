package session

import (
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// edit makes a snapshot of the catalog of another. It may be called again, over a later one, and then tells nobody.
type edit func(old *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error)

// sight is what the statements of a session see of the catalog, kept until something of what it is made of changes.
type sight struct {
	base *catalog.Snapshot
	path string // the setting
	user string
	snap *catalog.Snapshot
}

// catalog is the catalog as the session's statements see it: with what its block has made, along its search_path.
func (s *Session) catalog() *catalog.Snapshot {
	base, path := s.e.Catalog(), s.settings.values["search_path"]
	if s.sight.base == base && s.sight.path == path && s.sight.user == s.User {
		return s.sight.snap
	}
	snap := s.along(base)
	for _, d := range s.tx.ddl {
		if next, err := d(snap, base.Version, silent{}); err == nil { // COMMIT says what is wrong with the others
			snap = next
		}
	}
	s.sight = sight{base, path, s.User, snap}
	return snap
}

// along is a snapshot as the session sees it.
func (s *Session) along(snap *catalog.Snapshot) *catalog.Snapshot {
	rights := s.rights(snap)
	return snap.Along(s.path(snap, rights), s.Database, s.temporary.schema, rights)
}

// path is the schemas of search_path that exist and may be looked into.
func (s *Session) path(snap *catalog.Snapshot, rights *catalog.Rights) []string {
	out := []string{}
	names, _ := nameList(s.settings.values["search_path"]) // checked when it was set
	for _, name := range names {
		switch name {
		case "$user":
			name = s.User
		case catalog.OwnTemp:
			name = s.temporary.schema
		}
		if schemaOf(snap, name) != nil && !slices.Contains(out, name) && rights.Schema(name, "U") {
			out = append(out, name)
		}
	}
	return out
}

// nameList reads names with commas between them, as search_path has them; false if that is not what it is.
func nameList(text string) ([]string, bool) {
	var out []string
	rest := strings.TrimSpace(text)
	if rest == "" {
		return nil, true
	}
	for {
		var name string
		if q, ok := strings.CutPrefix(rest, `"`); ok {
			end := 0
			for ; end < len(q); end++ {
				if q[end] == '"' {
					if end+1 == len(q) || q[end+1] != '"' {
						break
					}
					end++
				}
			}
			if end >= len(q) {
				return nil, false
			}
			name, rest = strings.ReplaceAll(q[:end], `""`, `"`), strings.TrimSpace(q[end+1:])
		} else {
			end := strings.IndexAny(rest, ", \t\n")
			if end < 0 {
				end = len(rest)
			}
			name, rest = strings.ToLower(rest[:end]), strings.TrimSpace(rest[end:])
			if name == "" {
				return nil, false
			}
		}
		out = append(out, name)
		if rest == "" {
			return out, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// quotedList is names as nameList reads them.
func quotedList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = pgcatalog.QuoteIdent(n)
	}
	return strings.Join(out, ", ")
}

// change changes the catalog at once, with names looked up along the session's path.
func (s *Session) change(ctx context.Context, make makeCatalog) error {
	return s.changeWith(ctx, nil, make)
}

// changeWith is change in the epoch of a statement with rows.
func (s *Session) changeWith(ctx context.Context, with *epoch.Statement, make makeCatalog) error {
	return s.e.change(ctx, with, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		snap, err := make(s.along(old), version)
		if err != nil {
			if e, ok := sqlerr.As(err); ok && e.Code == sqlerr.UndefinedTable && len(s.tx.ddl) > 0 && e.Detail == "" {
				e.WithDetail("What this transaction block has made of views is there for such a statement after COMMIT.")
			}
			return nil, err
		}
		return begun(old, snap, version).Along(nil, "", "", nil), nil
	})
}

// transact changes the catalog as part of the session's block, or at once if there is none.
func (s *Session) transact(ctx context.Context, out Output, do edit) error {
	user := s.User
	d := func(old *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
		defer func(now string) { s.User = now }(s.User)
		s.User = user // also at COMMIT, whoever that finds
		snap, err := do(old, version, out)
		if err != nil {
			return nil, err
		}
		return begun(old, snap, version), nil
	}
	if !s.tx.open {
		return s.change(ctx, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) { return d(old, version, out) })
	}
	old := s.catalog()
	snap, err := d(old, old.Version, out)
	if err != nil {
		return err
	}
	path := old.Path()
	s.tx.ddl = append(s.tx.ddl, func(old *catalog.Snapshot, version uint64, out Output) (*catalog.Snapshot, error) {
		next, err := d(old.Along(path, s.Database, s.temporary.schema, s.rights(old)), version, out)
		if err != nil {
			return nil, err
		}
		return next.Along(old.Path(), s.Database, s.temporary.schema, s.rights(old)), nil
	})
	s.sight.snap = snap
	return nil
}

// together is the block's changes of the catalog as one.
func together(ddl []edit) makeCatalog {
	return func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		snap := old
		for _, d := range ddl {
			var err error
			if snap, err = d(snap, version, silent{}); err != nil {
				return nil, err
			}
		}
		return snap.Along(nil, "", "", nil), nil
	}
}

// silent is an Output for what was told already.
type silent struct{ Output }

// Notice tells nobody.
func (silent) Notice(string, *sqlerr.Error) {}
