package ast

// Expr is an expression.
type Expr interface {
	// Position is the place of the expression's first token, or of its operator.
	Position() int
}

// Pos is a place in the statement's text: 1-based, in characters. 0: none.
type Pos int

// Position makes every node that embeds Pos an Expr.
func (p Pos) Position() int { return int(p) }

// LitKind says how a literal was written.
type LitKind uint8

// The kinds of literals.
const (
	LitNull   LitKind = iota
	LitBool           // Text is "true" or "false"
	LitNumber         // digits, maybe with a sign, a point or an exponent; underscores removed
	LitString         // of type unknown until it meets one
	LitBits           // B'0101' or X'1F': Text is the bits
)

type (
	// Literal is a constant as written.
	Literal struct {
		Pos
		Kind LitKind
		Text string
	}

	// Column is a column reference: column, relation.column, schema.relation.column; or w.start, a field of a column
	// that is a record, which the binder tells apart. An unquoted name is folded to lower case.
	Column struct {
		Pos
		Name    []string
		Implied bool // the text does not name it: whoever runs the statement need not be allowed to read it
	}

	// Star is * or relation.*; Of is empty for the bare one.
	Star struct {
		Pos
		Of []string
	}

	// Param is $n, from 1.
	Param struct {
		Pos
		N int
	}

	// Call is a function or aggregate call. What it is, the binder knows. The forms of SQL that are functions come as
	// calls too, with the arguments in PostgreSQL's order: extract('field', x), position(whole, part), substring(x, from,
	// for), overlay(x, y, from, for), btrim, ltrim and rtrim(x, chars), overlaps(a, b, c, d), current_date and its kin.
	Call struct {
		Pos
		Name     []string // schema-qualified or not
		Args     []Expr
		ArgNames []string // name => value; nil if none is named
		Variadic bool     // the last argument is VARIADIC: an array of the arguments
		Star     bool     // count(*)
		Distinct bool
		OrderBy  []OrderItem // inside the parentheses
		Filter   Expr        // FILTER (WHERE ...)
		Within   []OrderItem // WITHIN GROUP (ORDER BY ...)
		Over     *WindowDef  // OVER (...)

		IgnoreNulls bool // IGNORE NULLS
	}

	// Binary is an operator between two operands. Op is PostgreSQL's spelling: + - * / % ^ = <> < <= > >= || -> ->> ~
	// ~* !~ !~* @> <@ ? and so on. AND and OR are Logic; LIKE is Like.
	Binary struct {
		Pos
		Op          string
		Left, Right Expr
	}

	// Unary is a prefix operator: - + ~ @ |/ and so on. NOT is Not.
	Unary struct {
		Pos
		Op string
		X  Expr
	}

	// Logic is AND or OR over two or more operands.
	Logic struct {
		Pos
		And   bool
		Terms []Expr
	}

	// Not is NOT x.
	Not struct {
		Pos
		X Expr
	}

	// Is is x IS [NOT] NULL, TRUE, FALSE or UNKNOWN: What is "null", "true", "false", "unknown".
	Is struct {
		Pos
		X      Expr
		What   string
		Negate bool
	}

	// Distinct is a IS [NOT] DISTINCT FROM b. Negate means NOT DISTINCT: equal, nulls included.
	Distinct struct {
		Pos
		Left, Right Expr
		Negate      bool
	}

	// Like is x [NOT] LIKE, ILIKE or SIMILAR TO pattern [ESCAPE c]: Op is "like", "ilike", "similar".
	Like struct {
		Pos
		Op         string
		X, Pattern Expr
		Escape     Expr // nil: the default, a backslash
		Negate     bool
	}

	// Between is x [NOT] BETWEEN [SYMMETRIC] low AND high.
	Between struct {
		Pos
		X, Low, High Expr
		Symmetric    bool
		Negate       bool
	}

	// In is x [NOT] IN (list) or (query); one of List and Query is set.
	In struct {
		Pos
		X      Expr
		List   []Expr
		Query  *Query
		Negate bool
	}

	// Quantified is x op ANY|ALL (array or query).
	Quantified struct {
		Pos
		X     Expr
		Op    string
		All   bool
		Array Expr
		Query *Query
	}

	// Case is CASE [x] WHEN ... THEN ... ELSE ... END; X is nil for the searched form.
	Case struct {
		Pos
		X     Expr
		Whens []When
		Else  Expr
	}

	// When is one arm of a Case.
	When struct{ Cond, Then Expr }

	// Cast is CAST(x AS t), x::t and t 'literal'.
	Cast struct {
		Pos
		X  Expr
		To TypeName
	}

	// Interval is INTERVAL '5 minutes' or INTERVAL '1' MINUTE: Unit is "" or the fields as written.
	Interval struct {
		Pos
		Text, Unit string
	}

	// Array is ARRAY[a, b].
	Array struct {
		Pos
		Items []Expr
	}

	// Row is ROW(a, b) or (a, b).
	Row struct {
		Pos
		Items []Expr
	}

	// Subscript is x[i] or x[lo:hi].
	Subscript struct {
		Pos
		X      Expr
		Lo, Hi Expr
		Slice  bool
		Closed bool // it stands in parentheses: subscripts behind them are of its value
	}

	// SetPart is X, a column, with Value at its subscripts: what SET column[i] = value makes it.
	SetPart struct {
		Pos
		X      Expr
		Column string
		At     []*Subscript
		Value  Expr
	}

	// FieldOf is (x).name; the name is * for all of its fields.
	FieldOf struct {
		Pos
		X    Expr
		Name string
	}

	// Collate is x COLLATE c.
	Collate struct {
		Pos
		X    Expr
		Name []string
	}

	// AtTimeZone is x AT TIME ZONE zone.
	AtTimeZone struct {
		Pos
		X, Zone Expr
	}

	// Subquery is a query in parentheses where a value is expected; Exists for EXISTS (...), Array for ARRAY(...).
	Subquery struct {
		Pos
		Query  *Query
		Exists bool
		Array  bool
	}

	// Default is the word DEFAULT in VALUES or SET.
	Default struct{ Pos }
)

// TypeName is a type as written. Mods are the numbers in parentheses, Array counts the brackets.
type TypeName struct {
	Pos
	// Name is folded. PostgreSQL's spellings are joined: "double precision", "timestamp with time zone", "character
	// varying"; WITHOUT TIME ZONE leaves the bare name. CHAR comes as "character", so that "char" is the quoted one-byte type.
	Name   []string
	Mods   []int
	Array  int
	Fields string // of an interval: "day to second"
}

// OrderItem is one key of an ORDER BY.
type OrderItem struct {
	X     Expr
	Desc  bool
	Nulls string // "", "first", "last"
}
