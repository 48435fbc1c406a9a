package session

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// done does what a statement was worked out to do.
func (s *Session) done(ctx context.Context, tx *transaction, e *effect) error {
	if err := s.cascade(ctx, tx, e.c); err != nil {
		return err
	}
	return e.refused
}

// checked gives what the views say against rows, in the visible columns of the relation, that are written through them: the
// first row that one of them would not show, in which the user may see the columns that the statement gave. err is that of a
// condition itself.
func (s *Session) checked(ctx context.Context, c *bind.Checks, r *catalog.Relation, gave []int, rows []*batch.Batch, args []batch.Column) (refused, err error) {
	if c == nil {
		return nil, nil
	}
	shown, numbers, err := s.overRows(ctx, c.Plan, rows, args)
	if err != nil {
		return nil, err
	}
	first, view, at := int64(-1), 0, 0
	for _, b := range shown {
		for i := range b.N {
			n := numbers[at]
			at++
			if first >= 0 && n > first {
				continue
			}
			for k := range b.Cols {
				if col := &b.Cols[k]; col.Null(i) || !col.Bits.Get(i) {
					first, view = n, k
					break
				}
			}
		}
	}
	if first < 0 {
		return nil, nil
	}
	u, err := s.rules(r)
	if err != nil {
		return nil, err
	}
	u.gave = gave
	e := sqlerr.New(sqlerr.CheckOptionViolation, "new row violates check option for view %q", c.Views[view])
	for _, b := range rows {
		if first < int64(b.N) {
			e = e.WithDetail("%s", u.show(b, int(first)))
			break
		}
		first -= int64(b.N)
	}
	return e, nil
}
