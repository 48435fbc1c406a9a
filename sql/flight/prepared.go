package flight

import (
	"context"
	"encoding/binary"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/flight"
	"github.com/apache/arrow/go/v17/arrow/flight/flightsql"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Limits of what is sent for parameters.
const (
	maxParams    = 1 << 20 // bytes that go into a handle
	maxParamRows = 1 << 16
)

// A handle of a prepared statement is its text and its parameters:
//
//	length of the text | text | parameters as an Arrow stream
func handleOf(text string, params []byte) []byte {
	h := append(binary.AppendUvarint(nil, uint64(len(text))), text...)
	return append(h, params...)
}

func handled(h []byte) (text string, params []byte, err error) {
	n, w := binary.Uvarint(h)
	if w <= 0 || n > uint64(len(h)-w) {
		return "", nil, sqlerr.New(sqlerr.ProtocolViolation, "the handle is of no prepared statement").
			WithHint("Prepare the statement, and send the handle that the answer has.")
	}
	return string(h[w : w+int(n)]), h[w+int(n):], nil
}

// CreatePreparedStatement says what a statement takes and gives.
func (t *statements) CreatePreparedStatement(ctx context.Context, q flightsql.ActionCreatePreparedStatementRequest) (out flightsql.ActionCreatePreparedStatementResult, err error) {
	if len(q.GetTransactionId()) > 0 {
		return out, statusOf(errBlock)
	}
	p, err := t.prepare(ctx, q.GetQuery())
	if err != nil {
		return out, statusOf(err)
	}
	defer p.Close()
	params, err := format.NewRecords(paramsOf(p), nil)
	if err != nil {
		return out, statusOf(err)
	}
	out.Handle, out.ParameterSchema = handleOf(q.GetQuery(), nil), params.Schema()
	if p.stmt.Schema != nil {
		out.DatasetSchema = p.rows.Schema()
	}
	return out, nil
}

// ClosePreparedStatement has nothing to forget.
func (t *statements) ClosePreparedStatement(context.Context, flightsql.ActionClosePreparedStatementRequest) error {
	return nil
}

// GetFlightInfoPreparedStatement says what a prepared query gives: its ticket is the command.
func (t *statements) GetFlightInfoPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	text, params, err := handled(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, statusOf(err)
	}
	return t.infoOf(ctx, text, params, desc, desc.Cmd)
}

// GetSchemaPreparedStatement says what a prepared query gives.
func (t *statements) GetSchemaPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	text, _, err := handled(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, statusOf(err)
	}
	return t.schemaResult(ctx, text)
}

// DoGetPreparedStatement runs a prepared query.
func (t *statements) DoGetPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	text, params, err := handled(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, nil, statusOf(err)
	}
	return t.query(ctx, text, params, nil)
}

// paramsOf gives the columns that a statement's parameters are.
func paramsOf(p *prepared) batch.Schema {
	out := make(batch.Schema, len(p.stmt.Params))
	for i, t := range p.stmt.Params {
		out[i] = batch.Field{Name: "$" + strconv.Itoa(i+1), Type: t}
	}
	return out
}

// arguments reads parameters: a set of them for each time that the statement is to be run.
func arguments(p *prepared, params []byte) ([][]batch.Column, error) {
	schema := paramsOf(p)
	if len(params) == 0 {
		if len(schema) > 0 {
			return nil, sqlerr.New(sqlerr.ProtocolViolation, "the call has no parameters, but the statement requires %d", len(schema))
		}
		return [][]batch.Column{nil}, nil
	}
	var out [][]batch.Column
	o := format.Options{ByPlace: true, Locale: p.Locale(), Relation: "parameters"}
	r, err := format.NewReader(format.Arrow, schema, nil, o, func(b *batch.Batch) error {
		if len(out)+b.N > maxParamRows {
			return sqlerr.New(sqlerr.ProgramLimitExceeded, "a statement is run for at most %d rows of parameters", maxParamRows).
				WithHint("Send rows for a relation as such (ingestion).")
		}
		for i := range b.N {
			out = append(out, b.Slice(i, i+1).Clone().Cols)
		}
		return nil
	})
	if err == nil {
		err = r.Write(params)
	}
	if err == nil {
		err = r.Close()
	}
	if err == nil && len(out) == 0 && len(schema) == 0 {
		return [][]batch.Column{nil}, nil
	}
	return out, err
}

// inStream gives rows as an Arrow stream.
func inStream(schema batch.Schema, b *batch.Batch) ([]byte, error) {
	w, err := format.NewWriter(format.Arrow, schema, format.Options{})
	if err != nil {
		return nil, err
	}
	return w.AppendEnd(w.AppendBatch(w.AppendStart(nil), b)), nil
}

func serialized(s *arrow.Schema) []byte { return flight.SerializeSchema(s, memory.DefaultAllocator) }
