package ast

import "strings"

type (
	// Comment is COMMENT ON kind name IS text. Column is set for a column of Name. A nil Text takes the comment away.
	Comment struct {
		Pos
		Kind   string // "table", "stream", "view", "materialized view", "column", "schema", "role", ...
		Name   Name
		Column string
		Text   *string
	}

	// RoleOption is one option of CREATE or ALTER ROLE, in lower case and without NO: "superuser", "login",
	// "connection limit", "password", "valid until", "in role", "role", "admin".
	RoleOption struct {
		Pos
		Name  string
		Off   bool
		Text  string
		Limit int
		Roles []string
	}

	// Role is CREATE or ALTER of a ROLE, USER or GROUP. To is the new name of RENAME TO.
	Role struct {
		Pos
		Alter   bool
		Kind    string // "role", "user", "group": as typed
		Name    string
		Options []RoleOption
		To      string
		// Add and Remove are the members of ALTER GROUP ... ADD USER and DROP USER.
		Add, Remove []string
	}

	// AlterSettings is ALTER ROLE and ALTER DATABASE with SET and RESET.
	AlterSettings struct {
		Pos
		Kind        string // "role", "database": as typed
		Role        string // "" for everybody
		Database    string // of IN DATABASE, and of ALTER DATABASE
		Set         *Set
		FromCurrent bool // the value is the session's own
	}

	// DropRole is DROP ROLE, USER or GROUP.
	DropRole struct {
		Pos
		Kind     string
		Names    []string
		IfExists bool
	}

	// Grant is GRANT and REVOKE: of privileges on objects, or of roles (no Kind).
	Grant struct {
		Pos
		Revoke     bool
		Kind       string   // "table", "sequence", "schema", "database", "target"; "" for roles
		Privileges []string // in lower case; nil: all. For roles, their names.
		Columns    [][]Name // see ColumnsOf; nil: no columns are named
		Objects    []Name
		AllIn      bool     // ALL TABLES or SEQUENCES IN SCHEMA: Objects are schemas
		Roles      []string // the grantees; "" is PUBLIC
		Option     bool     // WITH GRANT OPTION, GRANT OPTION FOR, ADMIN
		By         string
		Cascade    bool
	}

	// DefaultGrant is ALTER DEFAULT PRIVILEGES.
	DefaultGrant struct {
		Pos
		Owners  []string // of the objects to come; nil: the current user
		Schemas []Name   // nil: all
		Grant   *Grant   // of Kind "table", "sequence" or "schema", without Objects
	}

	// Owned is DROP OWNED, and with To REASSIGN OWNED.
	Owned struct {
		Pos
		Roles   []string
		To      string
		Cascade bool
	}

	// CreateSchema is CREATE SCHEMA.
	CreateSchema struct {
		Pos
		Name        string
		Owner       string
		IfNotExists bool
	}
)

// Tag is COMMENT.
func (*Comment) Tag() string { return "COMMENT" }

// Tag is CREATE ROLE or ALTER ROLE, whatever word was typed, as PostgreSQL has it.
func (s *Role) Tag() string {
	if s.Alter {
		return "ALTER ROLE"
	}
	return "CREATE ROLE"
}

// Tag is DROP ROLE.
func (*DropRole) Tag() string { return "DROP ROLE" }

// Tag is GRANT or REVOKE, with ROLE where roles are granted.
func (s *Grant) Tag() string {
	words := []string{"GRANT"}
	if s.Revoke {
		words[0] = "REVOKE"
	}
	if s.Kind == "" {
		words = append(words, "ROLE")
	}
	return strings.Join(words, " ")
}

// Tag is ALTER ROLE or ALTER DATABASE.
func (s *AlterSettings) Tag() string {
	if s.Kind == "database" {
		return "ALTER DATABASE"
	}
	return "ALTER ROLE"
}

// ColumnsOf is the columns that the i-th of Privileges is about, or ALL is; nil: the object itself.
func (s *Grant) ColumnsOf(i int) []Name {
	if s.Columns == nil {
		return nil
	}
	return s.Columns[i]
}

// Tag is ALTER DEFAULT PRIVILEGES.
func (*DefaultGrant) Tag() string { return "ALTER DEFAULT PRIVILEGES" }

// Tag is DROP OWNED or REASSIGN OWNED.
func (s *Owned) Tag() string {
	if s.To != "" {
		return "REASSIGN OWNED"
	}
	return "DROP OWNED"
}

// Tag is CREATE SCHEMA.
func (*CreateSchema) Tag() string { return "CREATE SCHEMA" }
