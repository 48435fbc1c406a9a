package flight

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/flight"
	"github.com/apache/arrow/go/v17/arrow/flight/flightsql"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/session"
)

// statements answers Flight SQL's commands.
type statements struct {
	flightsql.BaseServer
	s *Server
}

// open gives the caller's session.
func (t *statements) open(ctx context.Context) (*session.Session, error) {
	who := callerOf(ctx)
	return t.s.cfg.Open(who.role, who.remote)
}

// prepared is a statement in a session of its own.
type prepared struct {
	*session.Session
	stmt *session.Prepared
	rows *format.Records // of what it gives
}

// prepare parses and binds a text of one statement.
func (t *statements) prepare(ctx context.Context, text string) (*prepared, error) {
	s, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	p, err := bound(ctx, s, text)
	if err != nil {
		s.Close()
		return nil, err
	}
	rows, err := format.NewRecords(p.Schema, s.Locale())
	if err != nil {
		s.Close()
		return nil, err
	}
	return &prepared{s, p, rows}, nil
}

func bound(ctx context.Context, s *session.Session, text string) (*session.Prepared, error) {
	stmts, err := s.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case len(stmts) == 0:
		return nil, sqlerr.New(sqlerr.SyntaxError, "the call has no statement")
	case len(stmts) > 1:
		return nil, sqlerr.New(sqlerr.SyntaxError, "a call has one statement, not %d", len(stmts)).At(stmts[1].Pos + 1)
	}
	return s.Prepare(ctx, &stmts[0], nil)
}

// schemaOf is what a statement's rows look like.
func (t *statements) schemaOf(ctx context.Context, text string) (*arrow.Schema, error) {
	p, err := t.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	p.Close()
	return p.rows.Schema(), nil
}

// infoOf answers what a statement gives, and with what ticket. One that gives no rows has nothing to fetch and no ticket, and is
// run by the question.
func (t *statements) infoOf(ctx context.Context, text string, params []byte, desc *flight.FlightDescriptor, ticket []byte) (*flight.FlightInfo, error) {
	p, err := t.prepare(ctx, text)
	if err != nil {
		return nil, statusOf(err)
	}
	defer p.Close()
	out := info(desc, ticket, p.rows.Schema())
	if p.stmt.Schema != nil {
		return out, nil
	}
	ctx, leave, err := t.s.enter(ctx)
	if err != nil {
		return nil, statusOf(err)
	}
	defer leave()
	out.Endpoint = nil
	out.TotalRecords, err = t.changed(ctx, p, params)
	return out, statusOf(err)
}

func info(desc *flight.FlightDescriptor, ticket []byte, s *arrow.Schema) *flight.FlightInfo {
	return &flight.FlightInfo{
		Schema: serialized(s), FlightDescriptor: desc, TotalRecords: -1, TotalBytes: -1,
		Endpoint: []*flight.FlightEndpoint{{Ticket: &flight.Ticket{Ticket: ticket}}},
	}
}

// infoOfText is infoOf with the text as ticket.
func (t *statements) infoOfText(ctx context.Context, text string, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	ticket, err := flightsql.CreateStatementQueryTicket([]byte(text))
	if err != nil {
		return nil, statusOf(err)
	}
	return t.infoOf(ctx, text, nil, desc, ticket)
}

// GetFlightInfoStatement says what a query gives, and where.
func (t *statements) GetFlightInfoStatement(ctx context.Context, q flightsql.StatementQuery, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	if len(q.GetTransactionId()) > 0 {
		return nil, statusOf(errBlock)
	}
	return t.infoOfText(ctx, q.GetQuery(), desc)
}

// GetSchemaStatement says what a query gives.
func (t *statements) GetSchemaStatement(ctx context.Context, q flightsql.StatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	return t.schemaResult(ctx, q.GetQuery())
}

func (t *statements) schemaResult(ctx context.Context, text string) (*flight.SchemaResult, error) {
	s, err := t.schemaOf(ctx, text)
	if err != nil {
		return nil, statusOf(err)
	}
	return &flight.SchemaResult{Schema: serialized(s)}, nil
}

// DoGetStatement runs a query.
func (t *statements) DoGetStatement(ctx context.Context, q flightsql.StatementQueryTicket) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return t.query(ctx, string(q.GetStatementHandle()), nil, nil)
}

// query runs a statement, and gives its rows as they come. They have the schema as, if that is not nil.
func (t *statements) query(ctx context.Context, text string, params []byte, as *arrow.Schema) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	call := ctx
	ctx, leave, err := t.s.enter(call)
	if err != nil {
		return nil, nil, statusOf(err)
	}
	p, err := t.prepare(ctx, text)
	if err != nil {
		leave()
		return nil, nil, statusOf(err)
	}
	args, err := arguments(p, params)
	if err == nil && len(args) > 1 {
		err = sqlerr.New(sqlerr.InvalidParameterValue, "a query is run for one row of parameters, not %d", len(args))
	}
	if err != nil {
		p.Close()
		leave()
		return nil, nil, statusOf(err)
	}
	if as == nil {
		as = p.rows.Schema()
	}
	out := &sender{prepared: p, as: as, to: make(chan flight.StreamChunk)}
	t.s.wg.Go(func() {
		defer leave()
		defer p.Close()
		defer close(out.to)
		// What the columns are goes out with the first record: a client that subscribes should not wait for a row to know them.
		err := out.Rows(ctx, p.none())
		if err == nil {
			_, err = p.Run(ctx, p.stmt, args[0], out)
		}
		if err != nil { // the client learns of it unless it is gone: half of the rows must not pass for all
			_ = out.send(call, flight.StreamChunk{Err: statusOf(t.s.ended(err))})
		}
	})
	return as, out.to, nil
}

// none is a batch of no rows.
func (p *prepared) none() *batch.Batch {
	b := &batch.Batch{Cols: make([]batch.Column, len(p.stmt.Schema))}
	for i, f := range p.stmt.Schema {
		b.Cols[i] = batch.NewBuilder(f.Type, 0).Finish()
	}
	return b
}

// sender is the client of a statement whose rows go into a channel.
type sender struct {
	*prepared
	as *arrow.Schema
	to chan flight.StreamChunk
	silent
}

// Rows sends a copy of the rows: they are read while the next ones are made.
func (o *sender) Rows(ctx context.Context, b *batch.Batch) error {
	rec, err := o.rows.Record(b.Clone())
	if err != nil {
		return err
	}
	if o.as != o.rows.Schema() {
		rec = array.NewRecord(o.as, rec.Columns(), rec.NumRows())
	}
	return o.send(ctx, flight.StreamChunk{Data: rec})
}

func (o *sender) send(ctx context.Context, c flight.StreamChunk) error {
	select {
	case o.to <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// silent is the part of a session's client that Flight has no place for.
type silent struct{}

// Notice tells nobody.
func (silent) Notice(string, *sqlerr.Error) {}

// Parameter tells nobody: the session ends with the call.
func (silent) Parameter(string, string) {}

// CopyIn refuses.
func (silent) CopyIn(int, bool) (io.Reader, error) { return nil, errNoCopy }

// CopyOut refuses.
func (silent) CopyOut(int, bool) (io.Writer, error) { return nil, errNoCopy }

var errNoCopy = sqlerr.NotSupported("COPY over Flight").WithHint("A query gives rows; rows go in with DoPut.")

// counter is the client of a statement that changes something.
type counter struct{ silent }

// Rows leaves out what RETURNING gives.
func (counter) Rows(ctx context.Context, _ *batch.Batch) error { return ctx.Err() }
