package bind

import (
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// Env is what a statement is bound in.
type Env struct {
	// Registered gives the error for a text that names no object of type t, regclass or its kin; nil: nobody looks.
	Registered func(t types.Type, name string) error
	Catalog    *catalog.Snapshot
	// Params are the types of $1, $2, ... as the client declared them; the zero Type asks for inference. Binding makes
	// the list as long as it must be and fills in what it infers; text where nothing says otherwise.
	Params []types.Type
	// Continuous says that the query is that of a materialized view, or of a subscription.
	Continuous bool
	// Unattended says that no session is there when the text runs, that of a trigger: what asks one is refused.
	Unattended bool
	// Lateness is the view's allowed_lateness. It is judged only with EMIT ON WINDOW CLOSE or if HasLateness.
	Lateness    types.Micros
	HasLateness bool
	// Retention is how long after its end a window of the view is shown; 0: for ever.
	Retention types.Micros
	// StateTTL is how old, in event time, what a view keeps may get; 0: as old as it is.
	StateTTL types.Micros
	// Bounded says that something else bounds the view's state, which spares the NOTICE.
	Bounded bool
	// Session are the values of current_user, session_user, current_database, current_schema and version.
	Session map[string]string
	// Rows estimates how many rows a relation has; nil: nobody knows.
	Rows func(relation uint32) (rows int64, known bool)
	// RowName names the type of a relation's rows; nil: it has no name.
	RowName func(r *catalog.Relation) types.RowName
	// Parts takes what the query's WITH changes, beside the query; nil: it may change nothing.
	Parts *[]Part
	// Bound takes the plan of a query before the rules change it; nil: nobody asks.
	Bound func(plan.Node)
	// Notice takes what the user should know, with SQLSTATE, message and hint; nil drops it.
	Notice func(*sqlerr.Error)
	// NextValue is an expression that gives the next number of a sequence, another one for each row.
	NextValue func(sequence uint32, t types.Type) expr.Expr
	// Refs are the relations that a stored text names, by their places; there they are looked up, and not by name.
	Refs []catalog.Ref
	// Named hears of each relation that the text of the statement itself names; nil: nobody asks. It may hear of one more
	// than once.
	Named func(pos int, t *ast.Table, r *catalog.Relation)
	// Access hears of each relation that the statement reads or writes. Which columns it does is known when all is bound. Nil:
	// nobody asks. It may hear of one more than once.
	Access func(*Access)
	// ParseQuery reads the text of a view or a default. It is package parse's.
	ParseQuery func(text string) (*ast.Query, error)

	probed map[probe][2]bool // see exprs.reads
	probes int               // so far

	accesses []*Access // so far

	target int // where the relation stands that an UPDATE or DELETE changes: what it needs of it is said apart
}

// Access is a use of a relation, and which privileges that needs.
type Access struct {
	Pos      int
	Relation *catalog.Relation
	Want     string // letters
	As       string // whose they must be: the owner of the view that names it, or "" for who runs the statement
	// Stored says that a stored text names it, and not the statement.
	Stored bool
	// Depth is how many views, subqueries and queries of WITH its name stands in.
	Depth int
	// Side says that no relation is meant: a side of a set operation begins here, to which what is one deeper belongs.
	Side bool
	// Read, Inserted and Updated are the columns that the text names to read and to write; nil: none. If any is read, "r" is
	// needed, whatever Want says.
	Read, Inserted, Updated []bool
	// Through is the use of a view that this one comes from, by a statement that changes rows: what that reads is read here.
	Through *Access
	below   *Access // the use that comes from this one
	to      []int   // and for each column which of its columns that is
}

// Reads says whether the privilege to read is needed.
func (a *Access) Reads() bool {
	if a.Through != nil {
		return a.Through.Reads()
	}
	return a.Read != nil || strings.Contains(a.Want, "r")
}

// writes says that the statement changes what an aim names, by what it needs.
func (b *binder) writes(a *aim, pos int, want string) *Access {
	top := b.env.access(pos, a.named, want, "")
	for k, x := 0, top; k < len(a.levels) && x != nil; k++ {
		l := &a.levels[k]
		x.below, x.to = b.env.access(pos, l.below, want, l.view.Reader()), l.to
		x.below.Through, x.below.Read, x.below.Stored, x.below.Depth = x, l.read, true, k+1
		x = x.below
	}
	return top
}

func (e *Env) access(pos int, r *catalog.Relation, want, as string) *Access {
	if e.Access == nil {
		return nil
	}
	a := &Access{Pos: pos, Relation: r, Want: want, As: as}
	e.accesses = append(e.accesses, a)
	e.Access(a)
	return a
}

// side says that what b reads from here on is the side of a set operation.
func (b *binder) side() {
	if b.env.Access != nil {
		b.env.Access(&Access{Depth: b.depth, Side: true})
	}
}

// beside says that n, the query of an EXISTS among the terms of a WHERE, joins the rows around: the relations of n, which are those from
// the number first on, are then as deep as theirs.
func (e *Env) beside(first int, n plan.Node, depth int) {
	if !plan.ReadsOuter(n) {
		return
	}
	for _, a := range e.accesses[first:] {
		if a.Depth == depth+1 {
			a.Depth = depth
		}
	}
}

// Mark adds a column to one of an access's lists.
func (a *Access) Mark(list *[]bool, column int) {
	if *list == nil {
		*list = make([]bool, len(a.Relation.Columns))
	}
	(*list)[column] = true
}

// reads says that column is read.
func (a *Access) reads(column int) {
	if a != nil {
		a.Mark(&a.Read, column)
	}
}

func (a *Access) inserts(columns ...int) {
	for _, c := range columns {
		a.writes(c, func(a *Access) *[]bool { return &a.Inserted })
	}
}

func (a *Access) updates(set []assignment) {
	for _, one := range set {
		a.writes(one.column, func(a *Access) *[]bool { return &a.Updated })
	}
}

// writes adds a column, and those that it is of the relations below, to one of the lists.
func (a *Access) writes(column int, list func(*Access) *[]bool) {
	for ; a != nil && column >= 0; a = a.below {
		a.Mark(list(a), column)
		if a.below != nil {
			column = a.to[column]
		}
	}
}

// where is what a text is in that goes on without its author.
func (e *Env) where() string {
	if e.Unattended {
		return "a trigger"
	}
	return "a materialized view"
}

func (e *Env) notice(err *sqlerr.Error) {
	if e.Notice != nil {
		e.Notice(err)
	}
}

// Limits of one statement.
const (
	maxColumns   = 1664 // PostgreSQL's, of a select list
	maxParams    = 65535
	maxViewDepth = 32
)

// Query binds a query. The plan's columns are the result's.
func Query(q *ast.Query, env *Env) (plan.Node, error) {
	b := &binder{env: env, refs: env.Refs}
	n, err := b.top(q)
	if err != nil {
		return nil, err
	}
	b.settleParams()
	return n, nil
}

// Default binds a column's default, or any expression that reads no columns, to type to.
func Default(x ast.Expr, to types.Type, env *Env) (expr.Expr, error) {
	b := &binder{env: env}
	e := &exprs{b: b, s: &scope{eventTime: -1}, clause: "DEFAULT expressions"}
	return e.assigned(x, to)
}

// Value binds an expression that reads no columns, to the type that it has.
func Value(x ast.Expr, env *Env) (expr.Expr, error) {
	b := &binder{env: env}
	e := &exprs{b: b, s: &scope{eventTime: -1}, clause: "this place"}
	return e.settled(x)
}

// Condition binds a condition over the columns of one relation, as Row does.
func Condition(x ast.Expr, r *catalog.Relation, env *Env) (expr.Expr, error) {
	b := &binder{env: env}
	e := &exprs{b: b, s: relationScope(r, ast.Alias{}), clause: "COPY FROM WHERE conditions"}
	v, err := e.condition(x)
	if err != nil {
		return nil, err
	}
	for _, i := range expr.Columns(v) { // they are made of the rows that it lets in
		if c := &r.Columns[i]; c.Generated != "" {
			return nil, sqlerr.New(sqlerr.InvalidColumnReference, "generated columns are not supported in COPY FROM WHERE conditions").
				WithDetail("Column %q is a generated column.", c.Name)
		}
	}
	return v, nil
}

// Row binds an expression over the columns of one relation: all of them by position, hidden ones included.
func Row(x ast.Expr, r *catalog.Relation, env *Env) (expr.Expr, error) {
	b := &binder{env: env}
	e := &exprs{b: b, s: relationScope(r, ast.Alias{}), clause: "this place"}
	return e.settled(x)
}

type binder struct {
	env     *Env
	ctes    []cte
	views   []string // under expansion
	as      string   // whose rights the innermost of them needs: its owner's, or "" for those of who runs the statement
	refs    []catalog.Ref
	met     map[ast.Expr]types.Type // of entries of select lists that say nothing of it: see sides
	loose   []int                   // parameters that were bound before their type was known
	outer   *exprs                  // of the query around the one under way; nil: none
	around  *ast.Select             // whose only entry of FROM is being bound; nil: none
	within  int                     // subqueries of FROM and queries of WITH around what is bound
	depth   int                     // views, subqueries and queries of WITH around it
	locks   []ast.Lock              // FOR UPDATE and its kin on the entries of FROM that are being bound
	clockAt clockUse                // of a view
	said    []*sqlerr.Error
	rounds  int           // recursive queries so far
	grouped []*ast.Select // by an aggregate in a subquery
	pending []string      // queries of WITH RECURSIVE under way

	parts *[]Part // of the statement: what its WITH changes; nil: it may change nothing

	overriding string  // of an INSERT: "system", "user"
	into       *Access // of the relation that is being changed; nil: nobody asks
}

// clockUse is the places of a now() in a select list and in a condition, 0 for none.
type clockUse struct{ listed, compared int }

// cte is a query of a WITH as names see it.
type cte struct {
	ast.CTE
	outer     []cte  // what it sees itself
	level     *exprs // the query around the WITH
	recursive bool   // of WITH RECURSIVE
	used      *bool
	bound     *plan.Node    // once it is, where it reads no query around it: each use has the same plan
	working   *plan.Working // inside its own recursive term: the rows of the last round
}

// param says that $n has type t, unless its type is known already.
func (b *binder) param(n int, t types.Type) {
	if n <= len(b.env.Params) && b.env.Params[n-1] == (types.Type{}) && t != types.Unknown {
		b.env.Params[n-1] = types.Type{OID: t.OID}
	}
}

// settleParams makes text of every parameter whose type nothing told.
func (b *binder) settleParams() {
	for i, t := range b.env.Params {
		if t == (types.Type{}) || t == types.Unknown {
			b.env.Params[i] = types.Text
		}
	}
}

// at gives err the place pos, if it has none yet.
func at(err error, pos int) error {
	if e, ok := sqlerr.As(err); ok {
		e.At(pos)
	}
	return err
}

func missing(pos int, format string, args ...any) error {
	return sqlerr.NotSupported(format, args...).At(pos)
}
