package ast

// Stmt is a statement.
type Stmt interface {
	// Tag is PostgreSQL's command tag without a count: "CREATE STREAM", "SELECT".
	Tag() string
}

// Option is one name = value of a WITH or of an option list in parentheses. The value is a *Literal, a *Column (a bare
// word), or nil for a name alone.
type Option struct {
	Pos
	Name  string
	Value Expr
}

// Name is a relation's name as written, schema first if there is one.
type Name struct {
	Pos
	Parts []string
}

type (
	// SelectStmt is a query as a statement. A bare SELECT ... EMIT CHANGES is a SubscribeStmt.
	SelectStmt struct{ Query *Query }

	// ColumnDef is a column of CREATE STREAM or CREATE TABLE.
	ColumnDef struct {
		Pos
		Name       string
		Type       TypeName
		NotNull    bool
		Default    Expr
		DefaultSQL string // the user's own text of it
		PrimaryKey bool
		// Of CREATE TABLE: GENERATED ALWAYS AS (expr) STORED, and the word of GENERATED word AS IDENTITY.
		Generated    Expr
		GeneratedSQL string
		Identity     string
		Sequence     []SequenceOption // of IDENTITY
		Constraints  []Constraint     // CHECK, UNIQUE and PRIMARY KEY, with their names
	}

	// Watermark is WATERMARK FOR column AS expr.
	Watermark struct {
		Pos
		Column string
		X      Expr
	}

	// CreateStream is CREATE STREAM, also spelled CREATE SOURCE.
	CreateStream struct {
		Name        Name
		IfNotExists bool
		Columns     []ColumnDef
		Watermark   *Watermark
		With        []Option
		Text        string // the statement as typed
	}

	// CreateView is CREATE [OR REPLACE] [MATERIALIZED] VIEW.
	CreateView struct {
		Name         Name
		Temp         bool
		Materialized bool
		OrReplace    bool
		IfNotExists  bool
		Columns      []string
		With         []Option
		Query        *Query
		QueryText    string // the query as typed
		QueryPos     Pos    // its place
		Text         string // the statement as typed
	}

	// CreateSink is CREATE SINK name FROM relation.
	CreateSink struct {
		Name        Name
		IfNotExists bool
		From        Name
		With        []Option
	}

	// Drop is DROP kind name, ...: Kind is "stream", "view", "materialized view", "table", ...
	Drop struct {
		Pos
		Kind     string
		Names    []Name
		IfExists bool
		Cascade  bool
		On       *Name // DROP TRIGGER x ON relation
	}

	// Insert is INSERT INTO. Source is nil for DEFAULT VALUES.
	Insert struct {
		Into       Name
		Alias      string
		Columns    []Name         // of one part each: a name with its place
		Parts      [][]*Subscript // behind each column, the outermost first; nil: all are given as a whole
		Source     *Query
		Overriding string // "system", "user"
		Conflict   *OnConflict
		Returning  []SelectItem
		With       []CTE
		Recurse    bool
	}

	// Copy is COPY relation or (query or SUBSCRIBE) FROM STDIN or TO STDOUT.
	Copy struct {
		Pos
		Table     *Name
		Columns   []Name
		Query     *Query
		Subscribe *Subscribe
		Stmt      Stmt // that changes rows, and gives some
		To        bool
		Where     Expr     // of COPY FROM; nil: none
		Options   []Option // both spellings of COPY's options, names in lower case
	}

	// Subscribe is SUBSCRIBE [TO] name or (query), and a bare SELECT ... EMIT CHANGES.
	Subscribe struct {
		Pos
		Table  *Name
		Query  *Query
		With   []Option
		Upsert []string // ENVELOPE UPSERT (KEY (cols))
		Text   string
	}

	// Explain is EXPLAIN of a statement, of a running materialized view by name, or of a trigger.
	Explain struct {
		Pos
		Analyze, Verbose bool
		NoTiming         bool   // ANALYZE without times
		Format           string // "text", "json", "dot"
		Stmt             Stmt
		View             *Name
		Trigger, On      *Name // the trigger, and its relation
	}

	// Show is SHOW name: a setting, or "streams", "views", "tables", "triggers", ..., "all".
	Show struct {
		Pos
		What string
		Like string
	}

	// ShowCreate is SHOW CREATE [kind] name.
	ShowCreate struct {
		Pos
		Name Name
	}

	// Set is SET [SESSION|LOCAL] name = value, ...; Reset for RESET and for TO DEFAULT.
	Set struct {
		Pos
		Name   string // lower case; "all" for RESET ALL
		Values []string
		Mode   string // of "constraints": "deferred" or "immediate"
		Local  bool
		Reset  bool
		// Default says that it was SET ... TO DEFAULT, which does what RESET does.
		Default bool
	}

	// Transaction is BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK TO: Op is "begin", "commit", "rollback",
	// "savepoint", "release", "rollback to".
	Transaction struct {
		Pos
		Op    string
		Name  string
		Start bool     // BEGIN was written START TRANSACTION
		Modes []string // of BEGIN: "read only", "isolation level serializable"
		Chain bool     // of COMMIT and ROLLBACK: AND CHAIN
	}

	// Alter is ALTER kind name action: Action is "pause", "resume", "set", "rename", "owner", ...
	Alter struct {
		Pos
		IfExists bool
		Kind     string
		Name     Name
		Action   string
		Column   string // of "rename column", "set default", "drop default"
		To       string
		With     []Option
		Query    *Query

		QueryText string // the query as typed
		QueryPos  Pos    // of it

		Default     Expr // of "set default"
		DefaultText string
	}

	// CallStmt is CALL name(args).
	CallStmt struct{ Call *Call }

	// Discard is DISCARD ALL and its kin.
	Discard struct{ What string }

	// Prepare is PREPARE name (types) AS statement.
	Prepare struct {
		Pos
		Name  string
		Types []TypeName
		Stmt  Stmt
		Text  string // the statement as typed
	}

	// Execute is EXECUTE name (args).
	Execute struct {
		Pos
		Name string
		Args []Expr
	}

	// Deallocate is DEALLOCATE name or ALL (an empty name).
	Deallocate struct {
		Pos
		Name string
	}

	// Unsupported is a statement that is known and not there: the session answers 0A000 with What in it.
	Unsupported struct {
		Pos
		What    string
		Message string // the whole of it, where PostgreSQL refuses the same
		Hint    string // what to do instead, where the place knows more than the name says
	}
)

// Tag of each statement.
func (*SelectStmt) Tag() string   { return "SELECT" }
func (*CreateStream) Tag() string { return "CREATE STREAM" }

// Tag is what the client is told.
func (*CreateSink) Tag() string { return "CREATE SINK" }

// Tag is CREATE VIEW or CREATE MATERIALIZED VIEW.
func (s *CreateView) Tag() string {
	if s.Materialized {
		return "CREATE MATERIALIZED VIEW"
	}
	return "CREATE VIEW"
}
