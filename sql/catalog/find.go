package catalog

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// systemSchemas are there from the start.
var systemSchemas = []string{"pg_catalog", "public", "information_schema", "vex", "boundary"}

// HasSchema says whether there is a schema of this name.
func (s *Snapshot) HasSchema(name string) bool {
	return name == OwnTemp || s.Schema(name) != nil || slices.Contains(systemSchemas, name)
}

// Lookup finds a relation by its name as written: one part along the search path, schema and name, or database, schema
// and name. It gives nil if there is none.
func (s *Snapshot) Lookup(parts ...string) *Relation {
	switch len(parts) {
	case 1:
		path := s.Path()
		if s.temp != "" && !slices.Contains(path, s.temp) {
			if r := s.byName[s.temp+"."+parts[0]]; r != nil {
				return r
			}
		}
		if !slices.Contains(path, "pg_catalog") {
			if r := s.byName["pg_catalog."+parts[0]]; r != nil {
				return r
			}
		}
		for _, schema := range path {
			if r := s.byName[schema+"."+parts[0]]; r != nil {
				return r
			}
		}
		return s.byName["vex."+parts[0]]
	case 2:
		if parts[0] == OwnTemp {
			return s.byName[s.temp+"."+parts[1]]
		}
		return s.byName[parts[0]+"."+parts[1]]
	case 3:
		if s.elsewhere(parts) == nil {
			return s.Lookup(parts[1:]...)
		}
	}
	return nil
}

// Open refuses, with 42501, a name in a schema that whose snapshot this is may not look into.
func (s *Snapshot) Open(pos int, parts ...string) error {
	n := len(parts) - 2
	if n < 0 || s.who == nil || parts[n] == OwnTemp || !s.HasSchema(parts[n]) || s.who.schemaIn(s, parts[n], "U") {
		return nil
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for schema %s", parts[n]).At(pos)
}

// Resolve is Lookup with the error that a query sees: 42P01, with the nearest name as a hint, or that of Open.
func (s *Snapshot) Resolve(pos int, parts ...string) (*Relation, error) {
	if err := s.Open(pos, parts...); err != nil {
		return nil, err
	}
	if r := s.Lookup(parts...); r != nil {
		if IsTemp(r.Schema) && r.Schema != s.temp {
			return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot access temporary tables of other sessions").At(pos)
		}
		return r, nil
	}
	if err := s.elsewhere(parts); err != nil {
		return nil, err.At(pos)
	}
	err := sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", strings.Join(parts, ".")).At(pos)
	if near := s.nearest(parts[len(parts)-1]); near != "" {
		err.WithHint("Perhaps you meant %q. SHOW STREAMS and SHOW VIEWS list what is there.", near)
	} else {
		err.WithHint("SHOW STREAMS and SHOW VIEWS list what is there; CREATE STREAM makes a new one.")
	}
	return nil, err
}

// Find is Resolve for statements about the relation itself. Where there is not even its schema, that is what they are
// told: 3F000.
func (s *Snapshot) Find(pos int, parts ...string) (*Relation, error) {
	if err := s.Within(pos, parts...); err != nil {
		return nil, err
	}
	return s.Resolve(pos, parts...)
}

// Within looks at what stands before the last part of a name: it must be a schema that is there (else 3F000), of the
// session's own database (else 0A000).
func (s *Snapshot) Within(pos int, parts ...string) error {
	if err := s.elsewhere(parts); err != nil {
		return err.At(pos)
	}
	if n := len(parts); n > 1 && !s.HasSchema(parts[n-2]) {
		return sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", parts[n-2]).At(pos)
	}
	return nil
}

// elsewhere is the error of a name that leads out of the session's database, or is of more parts than a name has.
func (s *Snapshot) elsewhere(parts []string) *sqlerr.Error {
	switch {
	case len(parts) > 3:
		return sqlerr.New(sqlerr.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(parts, "."))
	case len(parts) == 3 && s.database != "" && parts[0] != s.database:
		return sqlerr.New(sqlerr.FeatureNotSupported, "cross-database references are not implemented: \"%s\"", strings.Join(parts, ".")).
			WithHint("A node has one database: name the schema and the relation only.")
	}
	return nil
}
