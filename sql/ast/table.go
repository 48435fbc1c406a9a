package ast

import "slices"

type (
	// Constraint is a constraint of a table or of a column: Kind is "primary key", "unique", "check" or "foreign key".
	Constraint struct {
		Pos
		Name     string // "" for one that the user gave no name
		Kind     string
		Columns  []Name
		X        Expr   // of a check
		SQL      string // the user's own text of it
		NotValid bool
		Ref      *References
		// Deferrable says that it may be checked at COMMIT, Deferred that it is unless told otherwise.
		Deferrable, Deferred bool
	}

	// References is REFERENCES table (columns) with what follows it: "no action", "restrict", "cascade", "set null" or "set
	// default".
	References struct {
		Table              Name
		Columns            []Name // nil: the primary key
		Full               bool
		OnDelete, OnUpdate string
		Sets               []Name // of ON DELETE SET NULL and SET DEFAULT (columns); nil: all of the key
	}

	// CreateTable is CREATE TABLE with a list of columns, LIKE another table, or AS a query.
	CreateTable struct {
		Name        Name
		IfNotExists bool
		Columns     []ColumnDef
		Constraints []Constraint
		Like        []LikeTable
		With        []Option
		Query       *Query   // of CREATE TABLE AS and SELECT INTO
		Names       []string // of its columns
		NoData      bool
		Temp        bool
		OnCommit    string // of temporary ones: "preserve rows", "delete rows", "drop", or ""
		Text        string
	}

	// LikeTable is LIKE name with the words behind INCLUDING, "all" among them, without those behind EXCLUDING.
	LikeTable struct {
		Name      Name
		Including []string
	}

	// Assign is column = expr of a SET, or (columns) = row or subquery.
	Assign struct {
		Pos
		Columns []Name
		Parts   [][]*Subscript // behind each column, the outermost first; nil: it is assigned as a whole
		Many    bool           // written with parentheses
		X       Expr           // a *Default for DEFAULT
	}

	// OnConflict is ON CONFLICT [target] DO NOTHING or DO UPDATE.
	OnConflict struct {
		Pos
		Columns    []Name         // nil: none, or On
		On         []ConflictItem // instead of Columns, where one is more than a column's name
		Such       Expr           // WHERE behind them
		Constraint string
		Update     bool
		Set        []Assign
		Where      Expr
	}

	// ConflictItem is a column or an expression that ON CONFLICT names, with what says how it is compared.
	ConflictItem struct {
		Column  Name // of no parts: X
		X       Expr
		Collate string
	}

	// Update is UPDATE relation SET.
	Update struct {
		Pos
		Table     Name
		Alias     string
		Set       []Assign
		From      []From
		Where     Expr
		Returning []SelectItem
		With      []CTE
		Recurse   bool
	}

	// Delete is DELETE FROM relation.
	Delete struct {
		Pos
		Table     Name
		Alias     string
		Using     []From
		Where     Expr
		Returning []SelectItem
		With      []CTE
		Recurse   bool
	}

	// Merge is MERGE INTO relation USING source ON condition with its actions.
	Merge struct {
		Pos
		Table   Name
		Alias   string
		Source  From
		On      Expr
		Actions []MergeAction
		With    []CTE
		Recurse bool
	}

	// MergeAction is WHEN [NOT] MATCHED [AND condition] THEN: Kind is "update", "delete", "insert" or "nothing".
	MergeAction struct {
		Pos
		Matched    bool
		Cond       Expr // nil: none
		Kind       string
		Set        []Assign
		Columns    []Name // of an insert
		Values     []Expr // nil for DEFAULT VALUES
		Overriding string
	}

	// Truncate is TRUNCATE relation, ...
	Truncate struct {
		Pos
		Names   []Name
		Restart bool // RESTART IDENTITY
		Cascade bool
	}

	// LockTable is LOCK TABLE.
	LockTable struct {
		Pos
		Names []Name
		Mode  string // in lower case; "": access exclusive
	}

	// AlterTable is ALTER TABLE with its actions.
	AlterTable struct {
		Pos
		Name     Name
		IfExists bool
		Actions  []TableAction
	}

	// TableAction is one action of ALTER TABLE: Kind is "rename", "rename column", "rename constraint", "add column",
	// "drop column", "set default", "drop default", "set not null", "drop not null", "add constraint", "drop constraint", "validate",
	// "type" (to Def.Type, by X), "add identity", "set identity" and "drop identity" (Def.Identity, Def.Sequence), "owner",
	// "set schema".
	TableAction struct {
		Pos
		Kind       string
		Column     Name
		To         string
		Def        ColumnDef
		Constraint Constraint
		X          Expr
		SQL        string
		IfExists   bool // IF EXISTS, or IF NOT EXISTS of ADD COLUMN
		Cascade    bool
	}
)

// Tag is CREATE TABLE; one made from a query is counted as a SELECT by the session.
func (*CreateTable) Tag() string { return "CREATE TABLE" }
func (*Update) Tag() string      { return "UPDATE" }
func (*Delete) Tag() string      { return "DELETE" }
func (*Merge) Tag() string       { return "MERGE" }
func (*Truncate) Tag() string    { return "TRUNCATE TABLE" }
func (*AlterTable) Tag() string  { return "ALTER TABLE" }
func (*LockTable) Tag() string   { return "LOCK TABLE" }

// Includes says whether what stands behind INCLUDING takes what.
func (l LikeTable) Includes(what string) bool { return slices.Contains(l.Including, what) }
