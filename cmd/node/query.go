package node

import (
	"context"
	"errors"
	"io"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/value"
)

// maxTexts is the most rows that Query gathers; Run has no such limit.
const maxTexts = 10_000

// Run executes statements, separated by semicolons, in a session of its own, one after the other until one fails. rows
// takes the rows of those that give some (nil: nobody does); its batch is borrowed.
func (n *Node) Run(ctx context.Context, sql string, rows func(schema batch.Schema, b *batch.Batch) error) error {
	s, err := n.engine.Session("admin", "vexstream", nil)
	if err != nil {
		return err
	}
	defer s.Close()
	stmts, err := s.Parse(sql)
	if err != nil {
		return err
	}
	for i := range stmts {
		p, err := s.Prepare(ctx, &stmts[i], nil)
		if err != nil {
			return err
		}
		if len(p.Params) > 0 {
			return sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $1").WithHint("Write the values into the statement.")
		}
		if _, err := s.Run(ctx, p, nil, &output{n: n, schema: p.Schema, rows: rows}); err != nil {
			return err
		}
	}
	return nil
}

// Query is Run for one statement whose rows fit in memory: each value as psql prints it, null as the empty text.
func (n *Node) Query(ctx context.Context, sql string) ([][]string, error) {
	var out [][]string
	err := n.Run(ctx, sql, func(_ batch.Schema, b *batch.Batch) error {
		if len(out)+b.N > maxTexts {
			return sqlerr.New(sqlerr.ProgramLimitExceeded, "the query gives more than %d rows", maxTexts).WithHint("Use Run, or a LIMIT.")
		}
		for i := range b.N {
			row := make([]string, len(b.Cols))
			for j := range b.Cols {
				if !b.Cols[j].Null(i) {
					row[j] = string(value.AppendText(nil, &b.Cols[j], i, nil))
				}
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// output is the session's client inside this process.
type output struct {
	n      *Node
	schema batch.Schema
	rows   func(batch.Schema, *batch.Batch) error
}

// Rows gives b on.
func (o *output) Rows(_ context.Context, b *batch.Batch) error {
	if o.rows == nil {
		return nil
	}
	return o.rows(o.schema, b)
}

// Notice goes to the journal.
func (o *output) Notice(severity string, e *sqlerr.Error) {
	o.n.set.Journal.Debug(oneLine(e), "severity", severity)
}

// Parameter tells nobody: the session ends with the call.
func (o *output) Parameter(string, string) {}

var errNoCopy = errors.New("COPY FROM STDIN and TO STDOUT need a PostgreSQL client")

// CopyIn and CopyOut are not for this client.
func (o *output) CopyIn(int, bool) (io.Reader, error) { return nil, copyRefused() }

// CopyOut refuses.
func (o *output) CopyOut(int, bool) (io.Writer, error) { return nil, copyRefused() }

func copyRefused() error {
	return sqlerr.Wrap(sqlerr.FeatureNotSupported, errNoCopy, "COPY inside the process").WithHint("Use Appender and Subscribe.")
}
