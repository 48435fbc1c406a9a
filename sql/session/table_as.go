package session

import (
	"context"
	"fmt"

	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// createTableAs makes a table of a query's rows, all in one epoch. In a block the rows are the block's, and the table is
// there at once.
func (s *Session) createTableAs(ctx context.Context, x *ast.CreateTable, r *catalog.Relation, out Output) (string, error) {
	rows, err := s.tableFromQuery(ctx, x, r, out)
	switch {
	case err != nil:
		return "", err
	case rows == nil:
		return "CREATE TABLE AS", nil
	}
	at := newTable(r)
	for i, b := range rows.batches {
		rows.batches[i] = at.numbered(b, len(r.Visible()))
	}
	made := false
	edit := func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		said := out
		if version != unborn && !s.tx.open {
			said = silent{} // the trial has said it
		}
		schema, name, there, err := s.newName(old, x.Name, x.IfNotExists, said)
		if err != nil || there {
			return old, err
		}
		made = true
		r.Schema, r.Name, r.Created, r.ID = schema, name, version, old.NextID
		if version != unborn {
			err = s.startTable(ctx, r)
		}
		return old.With(version, r), err
	}
	if s.tx.open {
		err = s.change(ctx, edit)
	} else {
		err = s.createWith(ctx, r, rows, edit)
	}
	switch {
	case err != nil:
		return "", err
	case !made || x.NoData:
		s.madeTable(made, r, x.OnCommit)
		return "CREATE TABLE AS", nil
	case s.tx.open:
		s.madeTable(true, r, x.OnCommit)
		_, err := s.insertRows(ctx, &insertion{r: r, rows: visibleOf(r, rows.batches)}, out)
		return fmt.Sprintf("SELECT %d", rows.rows), err
	}
	s.madeTable(true, r, x.OnCommit)
	t, err := s.e.tables.get(r.ID)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range rows.batches {
		t.fold(r, b, nil)
	}
	return fmt.Sprintf("SELECT %d", rows.rows), nil
}

// createWith publishes a table in the epoch that has its rows.
func (s *Session) createWith(ctx context.Context, r *catalog.Relation, rows *kept, edit makeCatalog) error {
	st := s.e.Committer.Begin()
	defer st.Abort()
	return s.changeWith(context.WithoutCancel(ctx), st, func(old *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		snap, err := edit(old, version)
		if err != nil || version != unborn || snap.Version != unborn {
			return snap, err
		}
		for _, b := range rows.batches { // the trial has found the table's ID
			if err := st.Add(target(r), b); err != nil {
				return nil, err
			}
		}
		return snap, nil
	})
}
