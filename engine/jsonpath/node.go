package jsonpath

// Path is a whole path.
type Path struct {
	Strict    bool // structural errors are errors; else arrays unfold and wrap as needed
	Predicate bool // it is a condition, such as $.a > 1
	Root      *Node
}

// Op says what a Node is.
type Op uint8

// The starts of a path and the literals.
const (
	Root    Op = iota // $
	Current           // @
	Last              // last, in a subscript
	Var               // $name
	String
	Number // Text is as typed
	True
	False
	Null

	// What follows a start, linked by Next.
	Key     // .name
	AnyKey  // .*
	AnyDeep // .**{From to To}
	Each    // [*]
	Index   // [Subs]
	Filter  // ? (Args[0])
	Method  // .name()

	// Arithmetic: one or two Args.
	Plus
	Minus
	Add
	Sub
	Mul
	Div
	Mod

	// Predicates.
	Equal
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	StartsWith
	LikeRegex // Text with Flags
	And
	Or
	Not
	IsUnknown
	Exists
)

// AllLevels is the To of .** without an end, and From and To of .**{last}.
const AllLevels = ^uint32(0)

// Node is one step of a path, or an operator over paths.
type Node struct {
	Op       Op
	Text     string // a name, a literal's value, a pattern
	Flags    string // of LikeRegex, in PostgreSQL's order: ismxq
	Args     []*Node
	Subs     []Subscript
	From, To uint32 // levels of AnyDeep
	Next     *Node
}

// Subscript is one entry of [a, b to c]. To is nil for a single one.
type Subscript struct {
	From, To *Node
}

func (n *Node) isPredicate() bool { return n.Op >= Equal && n.Next == nil }

// precedence is how tightly an operator binds.
func (n *Node) precedence() int {
	switch n.Op {
	case Or:
		return 0
	case And:
		return 1
	case Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, StartsWith:
		return 2
	case Add, Sub:
		return 3
	case Mul, Div, Mod:
		return 4
	case Plus, Minus:
		return 5
	}
	return 6
}
