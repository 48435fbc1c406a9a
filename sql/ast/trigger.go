package ast

type (
	// CreateTrigger is CREATE [OR REPLACE] TRIGGER.
	CreateTrigger struct {
		Pos
		OrReplace bool
		Name      Name // of one part
		Before    bool
		Insert    bool
		Update    bool
		Delete    bool
		Of        []Name // UPDATE OF these columns; nil: of any
		On        Name
		OldTable  string // REFERENCING OLD TABLE AS
		NewTable  string
		PerRow    bool // FOR EACH ROW
		When      Expr // nil: always
		WhenSQL   string
		Until     Expr
		UntilSQL  string
		Actions   []*Call
		ActionSQL string // what stands behind EXECUTE FUNCTION
		With      []Option
	}

	// AlterTrigger is ALTER TRIGGER name ON relation, and ALTER TABLE relation ENABLE or DISABLE TRIGGER name: Action is
	// "rename" with To, "set" or "reset" with With, "enable", "disable" or "enable always".
	AlterTrigger struct {
		Pos
		Name     Name // no parts: ALL or USER, of ENABLE and DISABLE
		On       Name
		IfExists bool
		Action   string
		To       string
		With     []Option
		OfTable  bool // it is spelled ALTER TABLE
	}
)

// Tag of each statement.
func (*CreateTrigger) Tag() string { return "CREATE TRIGGER" }

// Tag is ALTER TABLE or ALTER TRIGGER, as the statement is spelled.
func (s *AlterTrigger) Tag() string {
	if s.OfTable {
		return "ALTER TABLE"
	}
	return "ALTER TRIGGER"
}
