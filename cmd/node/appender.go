package node

import (
	"context"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/session"
)

// Appender writes rows into a stream without SQL: the setters of bridge.Appender by column, then EndRow. Rows become
// durable, and are seen, by whole flushes. One goroutine uses it.
//
//	a, err := n.Appender("clicks")
//	a.Time(0, now); a.String(1, "a"); a.Int64(2, 10)
//	err = a.EndRow(ctx)
//	err = a.Flush(ctx)
type Appender struct {
	*bridge.Appender
	n      *Node
	r      *catalog.Relation
	target epoch.Target
}

// Appender gives a writer of the stream with the given name. Column defaults do not apply: a column that is not set is
// null. A name that is no stream is 42P01 or 42809.
func (n *Node) Appender(stream string) (*Appender, error) {
	r, err := n.engine.Catalog().Resolve(0, stream)
	if err != nil {
		return nil, err
	}
	if r.Kind != catalog.Stream {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is a %s, not a stream", r.QualifiedName(), r.Kind).WithHint("Append to the stream that it reads.")
	}
	schema := r.RowSchema()
	if r.EventTime >= 0 {
		schema[r.EventTime].NotNull = true // windows take rows by it
	}
	return &Appender{
		Appender: bridge.NewAppender(schema), n: n, r: r,
		target: epoch.Target{Relation: r.ID, EventTime: r.EventTime, MaxSkew: session.Skew(r)},
	}, nil
}

// Column gives the position of a column, which the setters take, or -1.
func (a *Appender) Column(name string) int {
	for i, c := range a.r.Visible() {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// EndRow ends the row, and flushes when the batch is full. After an error of the row itself (23502, 42804, 22023) the
// row is gone and those before it are not.
func (a *Appender) EndRow(ctx context.Context) error {
	if err := a.Appender.EndRow(); err != nil {
		return err
	}
	if a.Full() {
		return a.Flush(ctx)
	}
	return nil
}

// Flush stores the rows and returns when they are on the disk. After an error they are still there, for another try:
// with 08006 nobody knows whether they were stored.
func (a *Appender) Flush(ctx context.Context) error {
	_, err := a.flush(ctx, "", 0)
	return err
}

// FlushAs is Flush for a producer that numbers its flushes, from 1 on: one that was stored before, or before another of a
// greater number, is not stored again, so that a flush whose answer was lost can be repeated, also after a restart. A producer
// ends its rows with EndRow of the embedded Appender, so that none of them is flushed without a number.
func (a *Appender) FlushAs(ctx context.Context, producer string, sequence uint64) (repeated bool, err error) {
	return a.flush(ctx, producer, sequence)
}

func (a *Appender) flush(ctx context.Context, producer string, sequence uint64) (repeated bool, err error) {
	if a.Len() == 0 {
		return false, nil
	}
	if a.n.engine.Catalog().ByID(a.r.ID) == nil {
		return false, sqlerr.New(sqlerr.UndefinedTable, "stream %q was dropped", a.r.QualifiedName())
	}
	st := a.n.engine.Committer.Begin()
	defer st.Abort()
	if producer != "" || sequence != 0 {
		if err := st.As(a.r.ID, producer, sequence); err != nil {
			return false, err
		}
	}
	if err := st.Add(a.target, a.Batch()); err != nil {
		return false, err
	}
	if _, err := st.Commit(ctx); err != nil {
		return false, err
	}
	a.Reset()
	return st.Repeated(), nil
}
