package ast

type (
	// Secret is CREATE SECRET name [AS 'text'] and ALTER SECRET name AS 'text'. Value is nil for a secret that is to be given later.
	Secret struct {
		Pos
		Name        string
		Alter       bool
		IfNotExists bool
		Value       *string
	}

	// CreateTarget is CREATE TARGET name TYPE kind WITH (...).
	CreateTarget struct {
		Pos
		Name        string
		IfNotExists bool
		Kind        string
		With        []TargetOption
	}

	// AlterTarget is ALTER TARGET name SET (...) and RESET (...).
	AlterTarget struct {
		Pos
		Name string
		Set  bool
		With []TargetOption
	}

	// TargetOption is name = 'text', or name = SECRET name.
	TargetOption struct {
		Pos
		Name   string
		Value  Expr
		Secret string
	}
)

// Tag is what the protocol answers with.
func (s *Secret) Tag() string {
	if s.Alter {
		return "ALTER SECRET"
	}
	return "CREATE SECRET"
}

// Tag is what the protocol answers with.
func (*CreateTarget) Tag() string { return "CREATE TARGET" }

// Tag is what the protocol answers with.
func (*AlterTarget) Tag() string { return "ALTER TARGET" }
