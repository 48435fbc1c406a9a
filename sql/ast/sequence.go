package ast

type (
	// SequenceOption is one option of a sequence: Name is "as", "increment", "minvalue", "maxvalue", "start", "restart",
	// "cache", "cycle", "owned by" or "sequence name" (of an identity column; the name is Owner). None is NO before it, or OWNED BY NONE; RESTART may have no number.
	SequenceOption struct {
		Pos
		Name   string
		None   bool
		Number *int64
		Type   TypeName
		Owner  Name
	}

	// CreateSequence is CREATE SEQUENCE.
	CreateSequence struct {
		Temp        bool
		Name        Name
		IfNotExists bool
		Options     []SequenceOption
	}

	// AlterSequence is ALTER SEQUENCE with options.
	AlterSequence struct {
		Name     Name
		IfExists bool
		Options  []SequenceOption
	}
)

// Tag of each statement.
func (*CreateSequence) Tag() string { return "CREATE SEQUENCE" }
func (*AlterSequence) Tag() string  { return "ALTER SEQUENCE" }
