package ast

import "strings"

// Tag is DROP and the kind.
func (s *Drop) Tag() string { return "DROP " + strings.ToUpper(s.Kind) }

// Tag is ALTER and the kind.
func (s *Alter) Tag() string { return "ALTER " + strings.ToUpper(s.Kind) }

// Tag is BEGIN, COMMIT, ROLLBACK, SAVEPOINT or RELEASE.
func (s *Transaction) Tag() string {
	switch {
	case s.Op == "rollback to":
		return "ROLLBACK"
	case s.Start:
		return "START TRANSACTION"
	}
	return strings.ToUpper(s.Op)
}

// Tag is SET or RESET.
func (s *Set) Tag() string {
	if s.Reset && !s.Default {
		return "RESET"
	}
	if s.Name == "constraints" {
		return "SET CONSTRAINTS"
	}
	return "SET"
}

// Tag of a statement of one kind is its name.
func (*Insert) Tag() string        { return "INSERT" }
func (*Copy) Tag() string          { return "COPY" }
func (*Subscribe) Tag() string     { return "SUBSCRIBE" }
func (*Explain) Tag() string       { return "EXPLAIN" }
func (*Show) Tag() string          { return "SHOW" }
func (*ShowCreate) Tag() string    { return "SHOW" }
func (*CallStmt) Tag() string      { return "CALL" }
func (s *Discard) Tag() string     { return "DISCARD " + strings.ToUpper(s.What) }
func (*Prepare) Tag() string       { return "PREPARE" }
func (*Execute) Tag() string       { return "EXECUTE" }
func (*Deallocate) Tag() string    { return "DEALLOCATE" }
func (s *Unsupported) Tag() string { return s.What }
