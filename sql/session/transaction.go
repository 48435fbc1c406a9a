package session

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// transaction is a block under way: its rows wait for COMMIT, which publishes them in one epoch.
type transaction struct {
	open   bool
	failed bool
	writes *epoch.Statement
	into   []uint32 // relations that the block has written to
}

// Status is 'I' outside a block, 'T' in one, 'E' in one that failed.
func (s *Session) Status() byte {
	switch {
	case s.tx.failed:
		return 'E'
	case s.tx.open:
		return 'T'
	}
	return 'I'
}

func (t *transaction) wrote(id uint32) {
	if !slices.Contains(t.into, id) {
		t.into = append(t.into, id)
	}
}

// refuseOwnRows refuses a query over a stream that the block has written to: its rows are not there before COMMIT.
func (t *transaction) refuseOwnRows(p plan.Node) error {
	for _, id := range plan.Relations(p) {
		if slices.Contains(t.into, id) {
			return sqlerr.NotSupported("reading a stream in the transaction block that wrote to it").
				WithHint("COMMIT first.")
		}
	}
	return nil
}

// endsTransaction says whether a statement is allowed in a block that failed.
func endsTransaction(st ast.Stmt) bool {
	t, ok := st.(*ast.Transaction)
	return ok && (t.Op == "commit" || t.Op == "rollback")
}

func (s *Session) runTransaction(ctx context.Context, x *ast.Transaction, out Output) (string, error) {
	switch x.Op {
	case "begin":
		if s.tx.open {
			out.Notice("WARNING", sqlerr.New(sqlerr.ActiveTransaction, "there is already a transaction in progress"))
		}
		s.tx.open = true
	case "commit":
		return s.commit(ctx, out)
	case "rollback":
		if !s.tx.open {
			out.Notice("WARNING", sqlerr.New(sqlerr.NoActiveTransaction, "there is no transaction in progress"))
		}
		s.tx = transaction{}
	default:
		return "", sqlerr.NotSupported("%s", x.Tag()).At(x.Position())
	}
	return x.Tag(), nil
}

func (s *Session) commit(ctx context.Context, out Output) (string, error) {
	tx := s.tx
	s.tx = transaction{}
	switch {
	case !tx.open:
		out.Notice("WARNING", sqlerr.New(sqlerr.NoActiveTransaction, "there is no transaction in progress"))
	case tx.failed:
		return "ROLLBACK", nil
	case tx.writes != nil && tx.writes.Rows() > 0:
		if err := s.commitRows(ctx, tx.writes, tx.into, out); err != nil {
			return "", err
		}
	}
	return "COMMIT", nil
}
