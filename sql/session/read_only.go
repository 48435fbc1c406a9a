package session

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// readOnly says whether the transaction under way may only read. Without a block it is as every new one is.
func (s *Session) readOnly() bool {
	if s.tx.open && !s.tx.implicit {
		return s.settings.values["transaction_read_only"] == "on"
	}
	return s.settings.values["default_transaction_read_only"] == "on" || s.settings.values["transaction_read_only"] == "on"
}

// mayRun refuses a statement that the user may not run, or the transaction.
func (s *Session) mayRun(p *Prepared) error {
	if err := s.allowed(p.catalog, &p.access); err != nil {
		return err
	}
	s.tx.queries(p.stmt.Stmt)
	return s.mayWrite(p)
}

// mayWrite refuses what changes anything in a transaction that may only read: 25006. Tables of the session's own may be
// written to.
func (s *Session) mayWrite(p *Prepared) error {
	if !s.readOnly() {
		return nil
	}
	st := p.stmt.Stmt
	what := st.Tag()
	if _, ok := st.(*ast.SelectStmt); ok {
		what = "SELECT"
	}
	for _, part := range p.with {
		if r := writesTo(part); r != nil {
			if err := readsOnly(what, r); err != nil {
				return err
			}
		}
	}
	switch x := st.(type) {
	case *ast.Insert:
		return readsOnly(what, p.write.Relation)
	case *ast.Update, *ast.Delete:
		return readsOnly(what, p.change.Relation)
	case *ast.Merge:
		return readsOnly(what, p.merge.Relation)
	case *ast.Copy:
		if x.To {
			return nil
		}
		r, err := s.catalog().Find(x.Table.Position(), x.Table.Parts...)
		if err != nil {
			return err
		}
		return readsOnly("COPY FROM", r)
	case *ast.CreateTable:
		if x.Query != nil {
			what += " AS"
		}
	case *ast.SelectStmt, *ast.Subscribe, *ast.Explain, *ast.Show, *ast.ShowCreate, *ast.Set, *ast.Transaction, *ast.LockTable,
		*ast.Discard, *ast.Prepare, *ast.Execute, *ast.Deallocate, *ast.DeclareCursor, *ast.Fetch, *ast.CloseCursor,
		*ast.Listen, *ast.Unlisten, *ast.Notify, *ast.Empty, *ast.Unsupported:
		return nil
	}
	return readsOnly(what, nil)
}

// writesTo is the relation that a part of a WITH changes; nil: none.
func writesTo(part bind.Part) *catalog.Relation {
	switch {
	case part.Write != nil:
		return part.Write.Relation
	case part.Merge != nil:
		return part.Merge.Relation
	case part.Change != nil:
		return part.Change.Relation
	}
	return nil
}

func readsOnly(what string, r *catalog.Relation) error {
	if r != nil && catalog.IsTemp(r.Schema) {
		return nil
	}
	return sqlerr.New(sqlerr.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", what)
}

// transactionModes sets what BEGIN and SET TRANSACTION say of the transaction under way, or SET SESSION CHARACTERISTICS of
// all later ones.
func (s *Session) transactionModes(modes []string, prefix string) error {
	for _, mode := range modes {
		name, value := "transaction_deferrable", "on"
		switch mode {
		case "read only":
			name = "transaction_read_only"
		case "read write":
			name, value = "transaction_read_only", "off"
		case "not deferrable":
			value = "off"
		case "deferrable":
		default:
			name, value = "transaction_isolation", mode[len("isolation level "):]
		}
		was := s.settings.values[name]
		switch {
		case prefix != "":
		case name == "transaction_read_only" && was == "on" && value == "off" && len(s.tx.saves) > 0:
			return sqlerr.New(sqlerr.ActiveTransaction, "cannot set transaction read-write mode inside a read-only transaction")
		case name == "transaction_isolation" && was != value && len(s.tx.saves) > 0:
			return sqlerr.New(sqlerr.ActiveTransaction, "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction")
		case !s.tx.queried:
		case name == "transaction_isolation" && was != value:
			return sqlerr.New(sqlerr.ActiveTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
		case name == "transaction_read_only" && was == "on" && value == "off":
			return sqlerr.New(sqlerr.ActiveTransaction, "transaction read-write mode must be set before any query")
		}
		if _, err := s.assign(prefix+name, value, prefix == ""); err != nil {
			return err
		}
	}
	return nil
}

// beginModes has a block begin with the session's defaults, and then with what BEGIN says.
func (s *Session) beginModes(x *ast.Transaction) error {
	for _, name := range transactionSettings {
		if value := s.settings.values["default_"+name]; value != s.settings.values[name] {
			if _, err := s.assign(name, value, true); err != nil {
				return err
			}
		}
	}
	return s.transactionModes(x.Modes, "")
}

// queries notes that a statement has looked at, or changed, what there is: from then on some modes are as they are.
func (tx *transaction) queries(st ast.Stmt) {
	switch st.(type) {
	case *ast.Set, *ast.Show, *ast.Transaction, *ast.Prepare, *ast.Execute, *ast.Deallocate,
		*ast.Listen, *ast.Unlisten, *ast.Notify:
	default:
		tx.queried = tx.open
	}
}
