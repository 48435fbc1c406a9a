package flight

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow/flight"
	pb "github.com/apache/arrow/go/v17/arrow/flight/gen/flight"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/lex"
	"github.com/vexfs/vexstream/sql/session"
)

// DoPut takes rows, parameters, and statements that give no rows. The first message says what for.
func (s *service) DoPut(stream flight.FlightService_DoPutServer) error {
	first, err := stream.Recv() // a client that says nothing takes nobody's place
	if err != nil {
		return err
	}
	ctx, leave, err := s.s.enter(stream.Context())
	if err != nil {
		return statusOf(err)
	}
	defer leave()
	answer, err := s.put(ctx, first, stream)
	if answer != nil {
		if sendErr := stream.Send(&flight.PutResult{AppMetadata: answer}); sendErr != nil {
			return sendErr
		}
	}
	return statusOf(err)
}

func (s *service) put(ctx context.Context, first *flight.FlightData, stream flight.FlightService_DoPutServer) ([]byte, error) {
	desc := first.GetFlightDescriptor()
	rows := &incoming{stream: stream, next: first}
	if desc.GetType() == flight.DescriptorPATH {
		did, err := s.store(ctx, strings.Join(quoted(desc.GetPath()), "."), rows)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]any{"rows": did.Rows, "epoch": did.Epoch, "repeated": did.Repeated})
	}
	cmd, err := commandOf(desc.GetCmd())
	if err != nil {
		return nil, err
	}
	switch cmd := cmd.(type) {
	case *pb.CommandStatementUpdate:
		if len(cmd.GetTransactionId()) > 0 {
			return nil, errBlock
		}
		return counted(s.change(ctx, cmd.GetQuery(), nil))
	case *pb.CommandPreparedStatementUpdate:
		text, params, err := s.withParams(cmd.GetPreparedStatementHandle(), rows)
		if err != nil {
			return nil, err
		}
		return counted(s.change(ctx, text, params))
	case *pb.CommandPreparedStatementQuery:
		text, params, err := s.withParams(cmd.GetPreparedStatementHandle(), rows)
		if err != nil {
			return nil, err
		}
		return proto.Marshal(&pb.DoPutPreparedStatementResult{PreparedStatementHandle: handleOf(text, params)})
	case *pb.CommandStatementIngest:
		to, err := ingested(cmd)
		if err != nil {
			return nil, err
		}
		did, err := s.store(ctx, to, rows)
		return counted(did.Rows, err)
	}
	return nil, sqlerr.NotSupported("the command %s", cmd.ProtoReflect().Descriptor().Name())
}

func commandOf(raw []byte) (proto.Message, error) {
	var packed anypb.Any
	if err := proto.Unmarshal(raw, &packed); err != nil {
		return nil, sqlerr.Wrap(sqlerr.ProtocolViolation, err, "the descriptor has no command of Flight SQL")
	}
	cmd, err := packed.UnmarshalNew()
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.ProtocolViolation, err, "the descriptor has no command of Flight SQL")
	}
	return cmd, nil
}

func counted(rows int64, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&pb.DoPutUpdateResult{RecordCount: rows})
}

// withParams reads the parameters that follow, if there are any; else those of the handle hold.
func (s *service) withParams(handle []byte, rows *incoming) (text string, params []byte, err error) {
	text, params, err = handled(handle)
	if err != nil {
		return "", nil, err
	}
	var sent bytes.Buffer
	n, err := io.Copy(&sent, io.LimitReader(rows, maxParams+1))
	switch {
	case err != nil:
		return "", nil, err
	case n > maxParams:
		return "", nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "parameters have more than %d bytes", maxParams).
			WithHint("Send rows for a relation as such (ingestion).")
	case n > 0:
		params = sent.Bytes()
	}
	return text, params, nil
}

// change runs a statement for each set of parameters, all or none, and gives how many rows it changed.
func (t *statements) change(ctx context.Context, text string, params []byte) (rows int64, err error) {
	p, err := t.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	return t.changed(ctx, p, params)
}

func (t *statements) changed(ctx context.Context, p *prepared, params []byte) (rows int64, err error) {
	args, err := arguments(p, params)
	if err != nil {
		return 0, err
	}
	if len(args) == 1 {
		tag, err := p.Run(ctx, p.stmt, args[0], counter{})
		return rowsIn(tag), err
	}
	if err := simply(ctx, p.Session, "BEGIN"); err != nil {
		return 0, err
	}
	for _, a := range args {
		tag, err := p.Run(ctx, p.stmt, a, counter{})
		if err != nil {
			_ = simply(ctx, p.Session, "ROLLBACK") // the session ends anyway
			return 0, err
		}
		rows += max(rowsIn(tag), 0)
	}
	return rows, simply(ctx, p.Session, "COMMIT")
}

// simply runs a statement without parameters and rows.
func simply(ctx context.Context, s *session.Session, text string) error {
	p, err := bound(ctx, s, text)
	if err != nil {
		return err
	}
	_, err = s.Run(ctx, p, nil, counter{})
	return err
}

// rowsIn reads the number at the end of a command's tag; -1 if there is none.
func rowsIn(tag string) int64 {
	n, err := strconv.ParseInt(tag[strings.LastIndexByte(tag, ' ')+1:], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// ingested is the relation that an ingestion goes to, which must be there.
func ingested(cmd *pb.CommandStatementIngest) (string, error) {
	o := cmd.GetTableDefinitionOptions()
	switch {
	case len(cmd.GetTransactionId()) > 0:
		return "", errBlock
	case cmd.GetTemporary():
		return "", sqlerr.NotSupported("ingestion into a temporary table").WithHint("It would be gone with the call.")
	case o.GetIfNotExist() == pb.CommandStatementIngest_TableDefinitionOptions_TABLE_NOT_EXIST_OPTION_CREATE &&
		o.GetIfExists() != pb.CommandStatementIngest_TableDefinitionOptions_TABLE_EXISTS_OPTION_APPEND,
		o.GetIfExists() == pb.CommandStatementIngest_TableDefinitionOptions_TABLE_EXISTS_OPTION_REPLACE:
		return "", sqlerr.NotSupported("ingestion that makes its table").WithHint("CREATE STREAM or CREATE TABLE first, and append (mode append).")
	}
	name := []string{cmd.GetTable()}
	if cmd.GetSchema() != "" {
		name = []string{cmd.GetSchema(), cmd.GetTable()}
	}
	return strings.Join(quoted(name), "."), nil
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = lex.QuoteName(n)
	}
	return out
}

// store appends the rows that follow to a relation, all or none. A producer says its number in the headers.
func (s *service) store(ctx context.Context, relation string, rows io.Reader) (session.Stored, error) {
	who, err := s.open(ctx)
	if err != nil {
		return session.Stored{}, err
	}
	defer who.Close()
	in := session.Intake{Relation: relation, Kind: format.Arrow, Producer: headerOf(ctx, "producer-id")}
	if number := headerOf(ctx, "producer-sequence"); number != "" || in.Producer != "" {
		if in.Sequence, err = strconv.ParseUint(number, 10, 63); err != nil || in.Sequence == 0 || in.Producer == "" {
			return session.Stored{}, sqlerr.New(sqlerr.InvalidParameterValue, "a producer sends producer-id, and producer-sequence, which counts from 1 on")
		}
	}
	return who.Append(ctx, in, rows, counter{})
}

func headerOf(ctx context.Context, name string) string {
	if v := metadata.ValueFromIncomingContext(ctx, name); len(v) == 1 {
		return v[0]
	}
	return ""
}

// incoming is an Arrow stream put together again of Flight's messages: the head of one is an Arrow message's metadata.
type incoming struct {
	stream flight.FlightService_DoPutServer
	next   *flight.FlightData
	buf    []byte
}

// receive gives the next message, or 57014 when none has come for stallAfter: a client that stops in the middle of its rows would hold a
// call's place, and what it has sent, for good. The message may come later; the stream has ended by then.
func (r *incoming) receive() (*flight.FlightData, error) {
	type received struct {
		m   *flight.FlightData
		err error
	}
	got := make(chan received, 1)
	go func() {
		m, err := r.stream.Recv()
		got <- received{m, err}
	}()
	stalled := time.NewTimer(stallAfter)
	defer stalled.Stop()
	select {
	case next := <-got:
		return next.m, next.err
	case <-stalled.C:
		return nil, sqlerr.New(sqlerr.QueryCanceled, "the client has sent nothing for %v", stallAfter).
			WithHint("Send the rows of a call without a pause, and others in a call of their own.")
	}
}

// Read gives the stream's bytes. Messages without metadata are left out: they are for other purposes.
func (r *incoming) Read(p []byte) (int, error) {
	for len(r.buf) == 0 {
		m := r.next
		if r.next = nil; m == nil {
			var err error
			if m, err = r.receive(); err != nil {
				return 0, err // io.EOF at the end
			}
		}
		if head := m.GetDataHeader(); len(head) > 0 {
			r.buf = append(r.buf[:0], 0xff, 0xff, 0xff, 0xff)
			r.buf = binary.LittleEndian.AppendUint32(r.buf, uint32(len(head)))
			r.buf = append(append(r.buf, head...), m.GetDataBody()...)
		}
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}
