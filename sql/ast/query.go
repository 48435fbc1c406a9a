package ast

// Query is a SELECT, VALUES or set operation with what surrounds it.
type Query struct {
	Pos
	With    []CTE
	Recurse bool // WITH RECURSIVE
	Body    Body
	OrderBy []OrderItem
	Limit   Expr // nil: none, also for LIMIT ALL
	Offset  Expr
	Ties    bool // FETCH ... WITH TIES
	Locks   []Lock
	Emit    *Emit
}

// Lock is FOR UPDATE or one of its kin, which Word says; Of names relations of the FROM.
type Lock struct {
	Word string
	Of   []Name
}

// CTE is one query of a WITH.
type CTE struct {
	Pos
	Word    Pos // where WITH stands
	Name    string
	Columns []string
	Hint    string // "materialized", "not materialized" or ""
	Query   *Query
	Stmt    Stmt    // that changes rows, instead of a query
	Search  *Search // nil: none
	Cycle   *Cycle  // nil: none
}

// Search is SEARCH DEPTH | BREADTH FIRST BY columns SET name: a column that orders the rows of WITH RECURSIVE.
type Search struct {
	Pos
	Breadth bool
	By      []string
	Set     string
}

// Cycle is CYCLE columns SET mark [TO value DEFAULT other] USING path: a row that was met on the way to it is marked, and nothing
// comes of it.
type Cycle struct {
	Pos
	By          []string
	Mark, Path  string
	To, Default Expr // constants
}

// Body is what a query is made of: *Select, *Values, *SetOp, or *Query in parentheses.
type Body interface{ Position() int }

// Select is one SELECT.
type Select struct {
	Pos
	Distinct   bool
	DistinctOn []Expr
	Items      []SelectItem
	From       []From // joined by commas
	Where      Expr
	GroupBy    []Expr // ROLLUP, CUBE and GROUPING SETS are Calls named so
	GroupOnce  bool   // GROUP BY DISTINCT: equal grouping sets count as one
	Having     Expr
	Windows    []WindowDef // named windows
	Qualify    Expr
	Window     *KSQLWindow // ksqlDB's clause
}

// SelectItem is one entry of the select list. Name is the column's name as PostgreSQL gives it when As is empty.
type SelectItem struct {
	X    Expr
	As   string
	Name string
}

// Values is VALUES (..), (..).
type Values struct {
	Pos
	Rows [][]Expr
}

// SetOp is UNION, INTERSECT or EXCEPT: Op is "union", "intersect", "except".
type SetOp struct {
	Pos
	Op          string
	All         bool
	Left, Right Body
}

// From is an entry of FROM: *Table, *Derived, *Func or *Join.
type From interface{ Position() int }

// Alias names a FROM entry and maybe its columns.
type Alias struct {
	Name    string
	Columns []string
}

// Table is a relation by name.
type Table struct {
	Pos
	Name  []string
	Alias Alias
	AsOf  Expr // FOR SYSTEM_TIME AS OF
}

// Derived is a query in FROM.
type Derived struct {
	Pos
	Query   *Query
	Alias   Alias
	Lateral bool
}

// Func is a function in FROM, or ROWS FROM (...) with several: Rows. The window functions TUMBLE, HOP, SESSION and CUMULATE come as Func in all spellings:
// the relation is Input, and a DESCRIPTOR is its column.
type Func struct {
	Pos
	Name        string // lower case
	Input       From   // of a window function: *Table or *Derived
	PartitionBy []Expr // SESSION(t PARTITION BY k, ...)
	Args        []Expr // the others, in order
	ArgNames    []string
	Alias       Alias
	Ordinality  bool
	Lateral     bool
	Rows        []*Func
	Fields      []FieldDef // a column definition list
}

// FieldDef is one column of a column definition list: f() AS (a int, b text).
type FieldDef struct {
	Pos
	Name string
	Type TypeName
}

// Join is a join: Kind is "inner", "left", "right", "full", "cross", "asof", "asof left".
type Join struct {
	Pos
	Kind        string
	Natural     bool
	Left, Right From
	On          Expr
	Using       []string
	UsingAs     string // the name of a relation of these columns; "": none
}

// WindowDef is OVER (...) or an entry of WINDOW.
type WindowDef struct {
	Pos
	Name        string // OVER name, or the name being defined
	Base        string // the window inside the parentheses that this one goes on from
	PartitionBy []Expr
	OrderBy     []OrderItem
	Frame       *Frame
}

// Frame is ROWS, RANGE or GROUPS BETWEEN ...
type Frame struct {
	Unit       string // "rows", "range", "groups"
	Start, End Bound
	Exclude    string // "", "current row", "group", "ties"
}

// Bound is an end of a frame: Kind is "unbounded preceding", "preceding", "current row", "following", "unbounded
// following".
type Bound struct {
	Pos
	Kind   string
	Offset Expr
}

// KSQLWindow is WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 10 SECONDS).
type KSQLWindow struct {
	Pos
	Kind    string // "tumbling", "hopping", "session"
	Size    Expr   // an *Interval; the gap of a session
	Advance Expr   // of hopping
	Grace   Expr
}

// Emit is EMIT ON WINDOW CLOSE or EMIT CHANGES [EVERY interval].
type Emit struct {
	Pos
	OnClose bool
	Every   Expr
}
