package session

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
	"github.com/vexfs/vexstream/sql/pgcatalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// Output takes what a statement gives; the protocol in front of the session implements it.
type Output interface {
	// Rows takes rows in the schema of the Prepared. b is borrowed.
	Rows(ctx context.Context, b *batch.Batch) error
	// Notice tells the client something beside the result: severity is NOTICE or WARNING.
	Notice(severity string, e *sqlerr.Error)
	// Parameter tells the client of a changed setting.
	Parameter(name, value string)
	// CopyIn asks the client for data; CopyOut announces data to it.
	CopyIn(columns int, binary bool) (io.Reader, error)
	CopyOut(columns int, binary bool) (io.Writer, error)
}

// Prepared is a statement bound to a version of the catalog.
type Prepared struct {
	Params []types.Type
	Schema batch.Schema // nil: no rows
	Binary bool         // it fetches from a BINARY cursor

	stmt    *parse.Statement
	user    string // for whom it was bound
	access  accesses
	catalog *catalog.Snapshot
	plan    plan.Node    // of a query
	write   *bind.Write  // of an INSERT
	change  *bind.Change // of an UPDATE or DELETE
	merge   *bind.Merge
	with    []bind.Part // what its WITH changes
	notices []*sqlerr.Error
	cut     []*sqlerr.Error // see parse.Statement
	sized   bool            // the plan goes by how many rows relations have
	made    types.Micros    // when PREPARE made it
	text    string          // of that PREPARE
}

// Session is one client's conversation with an Engine.
type Session struct {
	e        *Engine
	measures *measures // of the statement that EXPLAIN ANALYZE runs; nil: none
	User     string    // the current user
	login    string    // who logged in
	trusted  bool      // login is no role, and may do everything
	Database string
	Client   string // where it connected from, for the audit
	PID      int32  // what pg_backend_pid() says
	settings settings
	locale   types.Locale // without its Now: see Locale
	random   expr.Random
	tx       transaction
	wrote    batch.Epoch // the newest that this session committed
	sight    sight       // see catalog
	given    given
	rowsOf   map[int][]*batch.Batch // of the parts of the statement under way
	prepared map[string]*Prepared   // by PREPARE
	recent   recent
	env      bind.Env // of the last statement, for the next: see bindEnv
	cursors  map[string]*cursor
	// Wire forgets a statement that the protocol prepared, all for an empty name, and says whether there was one.
	Wire func(name string) bool
	// Named gives each statement that the protocol keeps by name.
	Named func(yield func(name string, p *Prepared, since types.Micros))
	// Cancel ends the statement that the connection with a number runs, or with whole the connection, unless may gives an error for
	// who logged in there; it says whether there is one. nil: there are none.
	Cancel    func(pid int32, whole bool, may func(login string) error) (bool, error)
	listener  *listener // nil: it listens to nothing
	wake      func()
	several   bool // a text of several statements is under way
	piped     bool // statements are under way that end together, though the client began no block
	temporary temporary
	activity  *activity                     // nil: nobody sees the session
	encoding  atomic.Pointer[expr.Encoding] // of the client; nil: UTF-8
	holds     bool                          // a statement holds the locks of the tables it writes to
}

// Session starts a conversation. Settings that are not known are refused with 42704.
func (e *Engine) Session(user, database string, set map[string]string) (*Session, error) {
	s := &Session{e: e, User: user, login: user, Database: database, settings: defaultSettings()}
	s.settings.addNode(e.asStarted)
	s.locale.Reg = s.RegText
	s.trusted = e.Catalog().Role(user) == nil
	s.settings.values["session_authorization"] = user
	s.impersonate(user)
	return s, s.begin(set)
}

// Close ends the conversation; a transaction under way is dropped.
func (s *Session) Close() {
	s.vanish()
	s.closeCursors(func(*cursor) bool { return true })
	if s.listener != nil {
		s.e.channels.apply(s.listener, []listening{{off: true}})
	}
	s.e.noteBlock(&s.tx)
	s.tx, s.sight = transaction{}, sight{}
	if err := s.dropTemporary(context.Background()); err != nil {
		s.e.journal.Debug("temporary tables stay until the next start", "schema", s.temporary.schema, "err", err)
	}
}

// Parse splits a text into statements, which the session may give again for the same text.
func (s *Session) Parse(text string) ([]parse.Statement, error) {
	if stmts, ok := s.recent.parsed(text); ok {
		return stmts, nil
	}
	stmts, err := parse.Parse(text)
	if err == nil {
		s.recent.keep(text, stmts)
	}
	return stmts, err
}

// Prepare binds a statement. declared are the types that the client gave for its parameters; the zero Type leaves one
// open.
func (s *Session) Prepare(ctx context.Context, st *parse.Statement, declared []types.Type) (*Prepared, error) {
	if s.tx.failed && !endsTransaction(st.Stmt) {
		return nil, sqlerr.New(sqlerr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	k := s.recent.of(st)
	if p := k.bound(s, s.catalog(), declared); p != nil {
		return p, nil
	}
	p, err := s.prepare(st, declared)
	if err == nil {
		k.hold(s, p, declared)
	}
	parse.Advise(err)
	s.e.misses.note(st, err)
	if err != nil && s.tx.open {
		s.tx.failed = true
	}
	return p, err
}

func (s *Session) prepare(st *parse.Statement, declared []types.Type) (*Prepared, error) {
	p := &Prepared{stmt: st, catalog: s.catalog(), cut: st.Cut}
	params := make([]types.Type, max(st.Params, len(declared)))
	copy(params, declared)
	p.user = s.User
	env := p.access.of(s.bindEnv(p.catalog, params))
	env.Notice = func(n *sqlerr.Error) { p.notices = append(p.notices, n) }
	rows := env.Rows
	env.Rows = func(id uint32) (int64, bool) {
		p.sized = true
		return rows(id)
	}
	var err error
	switch x := st.Stmt.(type) {
	case *ast.SelectStmt:
		env.Parts = &p.with
		if p.plan, err = bind.Query(x.Query, env); err == nil {
			p.Schema = p.plan.Schema()
		}
	case *ast.DeclareCursor:
		if q, ok := x.Stmt.(*ast.SelectStmt); ok {
			p.plan, err = bind.Query(q.Query, env)
		}
	case *ast.Prepare:
		env.Params = nil
	case *ast.Insert:
		if p.write, err = bind.Insert(x, env); err == nil && p.write.Returning != nil {
			p.Schema = p.write.Returning.Schema
		}
	case *ast.Update:
		p.change, err = bind.Update(x, env)
	case *ast.Delete:
		p.change, err = bind.Delete(x, env)
	case *ast.Merge:
		if p.merge, err = bind.BindMerge(x, env); err == nil {
			p.with = p.merge.Parts
		}
	case *ast.Unsupported:
		err = refused(x)
	case *ast.Fetch:
		p.Binary = s.cursors[x.Cursor] != nil && s.cursors[x.Cursor].binary
		p.Schema, err = s.describe(x, env)
	default:
		p.Schema, err = s.describe(st.Stmt, env)
	}
	if err != nil {
		return nil, err
	}
	if p.change != nil {
		if p.with = p.change.Parts; p.change.Returning != nil {
			p.Schema = p.change.Returning.Schema
		}
	}
	if p.write != nil {
		p.with = p.write.Parts
	}
	if _, ok := st.Stmt.(*ast.Prepare); !ok {
		if err := told(st, declared); err != nil {
			return nil, err
		}
	}
	p.Params = env.Params
	if _, ok := st.Stmt.(*ast.SelectStmt); ok && p.Schema == nil {
		p.Schema = batch.Schema{}
	}
	return p, nil
}

// told refuses parameters that the statement does not name where the client does not say their types either.
func told(st *parse.Statement, declared []types.Type) error {
	unused := slices.Clip(st.Unused)
	for n := st.Params + 1; n <= len(declared); n++ {
		unused = append(unused, n)
	}
	for _, n := range unused {
		if n > len(declared) || declared[n-1] == (types.Type{}) || declared[n-1] == types.Unknown {
			return sqlerr.New(sqlerr.IndeterminateDatatype, "could not determine data type of parameter $%d", n)
		}
	}
	return nil
}

// bindEnv is what a statement is bound in. It is the caller's, but for the values of Env.Session.
func (s *Session) bindEnv(c *catalog.Snapshot, params []types.Type) *bind.Env {
	session := s.settings.values["session_authorization"]
	if s.env.Catalog != c || s.env.Session["current_user"] != s.User || s.env.Session["session_user"] != session {
		s.env = s.freshEnv(c, session)
	}
	env := s.env
	env.Params = params
	return &env
}

func (s *Session) freshEnv(c *catalog.Snapshot, session string) bind.Env {
	return bind.Env{
		Catalog: c, ParseQuery: parseQuery, NextValue: s.numbers(c),
		Registered: func(t types.Type, name string) error {
			_, err := s.RegValue(t, name)
			return err
		},
		RowName: func(r *catalog.Relation) types.RowName { return pgcatalog.RowName(c, r) },
		Rows:    func(id uint32) (int64, bool) { return s.rows(c, id) },
		Session: map[string]string{
			"current_user": s.User, "session_user": session, "user": s.User, "current_role": s.User,
			"current_database": s.Database, "current_catalog": s.Database, "current_schema": currentSchema(c), "version": s.e.version,
		},
	}
}

// rows is how many rows a relation has, as of now.
func (s *Session) rows(c *catalog.Snapshot, id uint32) (n int64, known bool) {
	r := c.ByID(id)
	switch {
	case r == nil || r.Kind == catalog.System:
		return 0, false
	case r.Kind == catalog.Stream:
		return s.e.Committer.Rows(id), true
	}
	return s.e.Live.Rows(id)
}

// parseQuery reads the text of a view.
func parseQuery(text string) (*ast.Query, error) {
	stmts, err := parse.Parse(text)
	if err != nil {
		return nil, err
	}
	if len(stmts) == 1 {
		switch q := stmts[0].Stmt.(type) {
		case *ast.SelectStmt:
			return q.Query, nil
		case *ast.Subscribe: // what a bare query with EMIT CHANGES is, and that of a view may have it
			if q.Query != nil {
				return q.Query, nil
			}
		}
	}
	return nil, sqlerr.New(sqlerr.InternalError, "a stored definition is not a query: %s", text)
}

// Run executes a prepared statement and gives PostgreSQL's command tag. A SELECT's rows are counted by the protocol.
func (s *Session) Run(ctx context.Context, p *Prepared, args []batch.Column, out Output) (string, error) {
	if s.tx.failed && !endsTransaction(p.stmt.Stmt) {
		return "", sqlerr.New(sqlerr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	if p.catalog != s.catalog() || p.user != s.User {
		fresh, err := s.Prepare(ctx, p.stmt, p.Params)
		if err != nil {
			return "", err
		}
		if !sameColumns(p.Schema, fresh.Schema) { // the client was told of the old ones
			return "", sqlerr.New(sqlerr.FeatureNotSupported, "cached plan must not change result type")
		}
		fresh.cut, fresh.made, fresh.text = p.cut, p.made, p.text
		*p = *fresh
	}
	for _, n := range append(p.cut, p.notices...) {
		out.Notice("NOTICE", n)
	}
	p.cut = nil // which is told once, not each time that it runs
	if _, ok := p.stmt.Stmt.(*ast.Transaction); (s.several || s.piped) && !s.tx.open && !ok {
		s.tx.open, s.tx.implicit = true, true
	}
	s.works(p.stmt.Stmt, p.stmt.Text)
	by, waited := s.User, len(s.tx.ddl)
	tag, err := s.run(ctx, p, args, out)
	if due := s.settleTemporary(ctx); err == nil {
		err = due
	}
	parse.Advise(err)
	s.discreet(err)
	s.noted(p.stmt.Stmt, p.stmt.Text, by, waited, err)
	s.announced(err)
	if err != nil && s.tx.open && !errors.Is(context.Cause(ctx), stream.ErrStop) {
		s.tx.failed = true
	}
	if !s.tx.implicit {
		s.rests()
	}
	return tag, err
}

// refused is the error of a statement that is known and not there.
func refused(x *ast.Unsupported) error {
	e := sqlerr.NotSupported("%s", x.What)
	if x.Message != "" {
		e = sqlerr.New(sqlerr.FeatureNotSupported, "%s", x.Message)
	}
	e.Hint = x.Hint
	return e.At(x.Position())
}

func sameColumns(a, b batch.Schema) bool {
	return slices.EqualFunc(a, b, func(a, b batch.Field) bool { return a.Name == b.Name && a.Type == b.Type })
}

func (s *Session) run(ctx context.Context, p *Prepared, args []batch.Column, out Output) (string, error) {
	if err := s.mayRun(p); err != nil {
		return "", err
	}
	if p.with != nil || p.merge != nil {
		return s.runParts(ctx, p, args, out)
	}
	switch x := p.stmt.Stmt.(type) {
	case *ast.SelectStmt:
		return "SELECT", s.runQuery(ctx, p.plan, args, out)
	case *ast.Insert:
		return s.runInsert(ctx, p.write, args, out)
	case *ast.Update, *ast.Delete:
		return s.runChange(ctx, p.change, args, out)
	case *ast.Truncate:
		return x.Tag(), s.truncate(ctx, x, out)
	case *ast.CreateTable:
		return s.createTable(ctx, x, out)
	case *ast.CreateSequence:
		return x.Tag(), s.stays(x.Tag()+" "+last(x.Name), s.createSequence(ctx, x, out))
	case *ast.AlterSequence:
		return x.Tag(), s.stays(x.Tag()+" "+last(x.Name), s.alterSequence(ctx, x, out))
	case *ast.LockTable:
		return x.Tag(), s.lockTable(x)
	case *ast.AlterTable:
		return x.Tag(), s.alterTable(ctx, x, out)
	case *ast.Copy:
		return s.runCopy(ctx, x, out)
	case *ast.Subscribe:
		return "SUBSCRIBE", s.runSubscribe(ctx, x, rowWriter{out})
	case *ast.CreateStream:
		return x.Tag(), s.stays(x.Tag()+" "+last(x.Name), s.createStream(ctx, x, out))
	case *ast.CreateSink:
		return x.Tag(), s.stays(x.Tag()+" "+last(x.Name), s.createSink(ctx, x, out))
	case *ast.CreateTrigger:
		return x.Tag(), s.createTrigger(ctx, x, out)
	case *ast.AlterTrigger:
		return x.Tag(), s.alterTrigger(ctx, x, out)
	case *ast.CreateView:
		err := s.createView(ctx, x, out)
		if x.Materialized {
			err = s.stays(x.Tag()+" "+last(x.Name), err)
		}
		return x.Tag(), err
	case *ast.Secret, *ast.CreateTarget, *ast.AlterTarget:
		return x.Tag(), s.runOutward(ctx, x, out)
	case *ast.Drop:
		return x.Tag(), s.drop(ctx, x, out)
	case *ast.Alter:
		return x.Tag(), s.alter(ctx, x, out)
	case *ast.Role, *ast.AlterSettings, *ast.DropRole, *ast.Grant, *ast.DefaultGrant, *ast.Owned, *ast.Comment, *ast.CreateSchema:
		return x.Tag(), s.runAccess(ctx, x, out)
	case *ast.Explain:
		return "EXPLAIN", s.runExplain(ctx, x, out)
	case *ast.Show:
		return "SHOW", s.runShow(ctx, x, out)
	case *ast.ShowCreate:
		return "SHOW", s.runShowCreate(ctx, x, out)
	case *ast.Set:
		return x.Tag(), s.runSet(x, out)
	case *ast.Transaction:
		tag, err := s.runTransaction(ctx, x, out)
		if !s.tx.open {
			s.closeCursors(func(c *cursor) bool { return !c.hold })
		}
		return tag, err
	}
	return s.runKept(ctx, p, args, out)
}

// runKept runs the statements about what the session keeps: prepared statements, cursors, settings.
func (s *Session) runKept(ctx context.Context, p *Prepared, args []batch.Column, out Output) (string, error) {
	switch x := p.stmt.Stmt.(type) {
	case *ast.Discard:
		return x.Tag(), s.runDiscard(ctx, x, out)
	case *ast.Prepare:
		return x.Tag(), s.runPrepare(x, p.stmt)
	case *ast.Execute:
		return s.runExecute(ctx, x, out)
	case *ast.Deallocate:
		return s.runDeallocate(x)
	case *ast.DeclareCursor:
		err := s.declare(ctx, p, x, args)
		if c := s.cursors[x.Name]; err == nil {
			c.text, c.made = p.stmt.Text, s.e.Committer.Now()
		}
		return x.Tag(), err
	case *ast.Fetch:
		return s.runFetch(ctx, x, out)
	case *ast.CloseCursor:
		return s.runClose(x)
	case *ast.Listen, *ast.Unlisten, *ast.Notify:
		return x.Tag(), s.runNotices(x)
	case *ast.CallStmt:
		return x.Tag(), s.runCall(ctx, x, out)
	case *ast.Empty:
		return x.Tag(), s.runEmpty(ctx, x)
	}
	return "", sqlerr.NotSupported("%s", p.stmt.Stmt.Tag())
}
