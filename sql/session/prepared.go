package session

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/parse"
)

// maxPrepared bounds the statements that a session keeps by name.
const maxPrepared = 10_000

// runPrepare keeps a statement under a name; the types of its parameters are inferred where they are not given.
func (s *Session) runPrepare(x *ast.Prepare, st *parse.Statement) error {
	if _, ok := s.prepared[x.Name]; ok {
		return sqlerr.New(sqlerr.DuplicatePreparedStmt, "prepared statement %q already exists", x.Name)
	}
	if len(s.prepared) >= maxPrepared {
		return sqlerr.New(sqlerr.ConfigurationLimit, "a session keeps at most %d prepared statements", maxPrepared)
	}
	var declared []types.Type
	for _, t := range x.Types {
		at, err := bind.Type(t)
		if err != nil {
			return placed(err, t.Position())
		}
		declared = append(declared, at)
	}
	p, err := s.prepare(&parse.Statement{Stmt: x.Stmt, Text: x.Text, Params: st.Params, Unused: st.Unused}, declared)
	if err != nil {
		return err
	}
	if s.prepared == nil {
		s.prepared = map[string]*Prepared{}
	}
	p.made, p.text = s.e.Committer.Now(), st.Text
	s.prepared[x.Name] = p
	return nil
}

func (s *Session) preparedNamed(name string) (*Prepared, error) {
	if p := s.prepared[name]; p != nil {
		return p, nil
	}
	return nil, sqlerr.New(sqlerr.InvalidStatementName, "prepared statement %q does not exist", name)
}

// runExecute runs a statement that PREPARE kept, with its arguments cast to the types of the parameters.
func (s *Session) runExecute(ctx context.Context, x *ast.Execute, out Output) (string, error) {
	p, err := s.preparedNamed(x.Name)
	if err != nil {
		return "", err
	}
	if len(p.Params) == 0 {
		x = &ast.Execute{Name: x.Name} // PostgreSQL does not look at arguments that nothing takes
	}
	if len(x.Args) != len(p.Params) {
		return "", sqlerr.New(sqlerr.SyntaxError, "wrong number of parameters for prepared statement %q", x.Name).
			WithDetail("Expected %d parameters but got %d.", len(p.Params), len(x.Args))
	}
	args := make([]batch.Column, len(x.Args))
	for i, a := range x.Args {
		if args[i], err = s.argument(a, p.Params[i], i+1); err != nil {
			return "", err
		}
	}
	return s.Run(ctx, p, args, out)
}

// argument gives the value of an argument of EXECUTE.
func (s *Session) argument(x ast.Expr, t types.Type, n int) (batch.Column, error) {
	e, err := bind.Argument(x, t, s.bindEnv(s.catalog(), nil))
	if err != nil {
		if se, ok := sqlerr.As(err); ok && se.Code == sqlerr.DatatypeMismatch {
			se.Message = "parameter $" + itoa(n) + " of type " + typeOfArgument(x, s) + " cannot be coerced to the expected type " + types.FormatType(t)
		}
		return batch.Column{}, err
	}
	local := s.Locale()
	c := &expr.Ctx{Now: local.Now, Locale: local, Catalog: s.state()}
	col := e.Eval(c, &batch.Batch{N: 1}, nil)
	if fs := c.Failures(); len(fs) > 0 {
		return col, placed(fs[0].Err, x.Position())
	}
	return col.Clone(), nil
}

func typeOfArgument(x ast.Expr, s *Session) string {
	if e, err := bind.Value(x, s.bindEnv(s.catalog(), nil)); err == nil {
		return types.FormatType(e.Type())
	}
	return "unknown"
}

// runDeallocate forgets one prepared statement, or all.
func (s *Session) runDeallocate(x *ast.Deallocate) (string, error) {
	if x.Name == "" {
		s.prepared = nil
		if s.Wire != nil {
			s.Wire("")
		}
		return "DEALLOCATE ALL", nil
	}
	if _, err := s.preparedNamed(x.Name); err != nil {
		if s.Wire != nil && s.Wire(x.Name) {
			return x.Tag(), nil
		}
		return "", err
	}
	delete(s.prepared, x.Name)
	return x.Tag(), nil
}

// runDiscard forgets what the session has gathered.
func (s *Session) runDiscard(ctx context.Context, x *ast.Discard, out Output) error {
	if x.What == "sequences" {
		s.given = given{}
		if err := s.listen(listening{off: true}); err != nil {
			return err
		}
	}
	if x.What == "temp" || x.What == "temporary" {
		return s.dropTemporary(ctx)
	}
	if x.What != "all" {
		return nil
	}
	if s.tx.open && !s.tx.implicit {
		return sqlerr.New(sqlerr.ActiveTransaction, "DISCARD ALL cannot run inside a transaction block")
	}
	s.closeCursors(func(*cursor) bool { return true })
	if _, err := s.runDeallocate(&ast.Deallocate{}); err != nil {
		return err
	}
	s.given = given{}
	if err := s.dropTemporary(ctx); err != nil {
		return err
	}
	if err := s.runSet(&ast.Set{Name: "session_authorization", Reset: true}, out); err != nil {
		return err
	}
	return s.runSet(&ast.Set{Name: "all", Reset: true}, out)
}
