package flight

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/flight"
	"github.com/apache/arrow/go/v17/arrow/flight/flightsql"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/auth"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "the node's token"

// site is a server over an engine in memory, with a client.
type site struct {
	*Server
	client    *flightsql.Client
	ctx       context.Context // of the node's token
	passwords map[string]string
	refused   []string
}

func newSite(t *testing.T) *site {
	t.Helper()
	e, err := session.Open(t.Context(), session.Config{
		Log: memstore.NewLog(), Store: memstore.NewStore(), Pages: memstore.NewStore(), Origin: 1, Fence: 1,
		Clock: func() types.Micros { return 1767225600 * types.Second }, Journal: slog.New(slog.DiscardHandler), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	x := &site{passwords: map[string]string{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x.Server = Serve(l, Config{
		Open:  func(role, _ string) (*session.Session, error) { return e.Session(role, "vexstream", nil) },
		Token: token, Admin: "admin", Version: "test",
		Verifier: func(role string) (string, error) {
			if v := x.passwords[role]; v != "" {
				return v, nil
			}
			return "", sqlerr.New(sqlerr.InvalidAuthorization, "role %q does not exist", role)
		},
		Refused: func(role, _ string, err error) { x.refused = append(x.refused, role+" "+string(sqlerr.CodeOf(err))) },
	})
	t.Cleanup(x.Close)
	x.client, err = flightsql.NewClient(x.Addr(), nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.client.Close() })
	x.ctx = metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
	return x
}

// run runs statements without rows.
func (x *site) run(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if _, err := x.client.ExecuteUpdate(x.ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// fetch gives the rows of a query as Arrow writes them.
func (x *site) fetch(ctx context.Context, query string) (string, error) {
	info, err := x.client.Execute(ctx, query)
	if err != nil {
		return "", err
	}
	r, err := x.client.DoGet(ctx, info.Endpoint[0].Ticket)
	if err != nil {
		return "", err
	}
	defer r.Release()
	var out []string
	for r.Next() {
		rec := r.Record()
		for i := range int(rec.NumRows()) {
			var row []string
			for _, c := range rec.Columns() {
				row = append(row, c.ValueStr(i))
			}
			out = append(out, strings.Join(row, "|"))
		}
	}
	return strings.Join(out, "\n"), r.Err()
}

// codeOf is gRPC's code of an error, which a client may have put something around.
func codeOf(err error) codes.Code {
	for ; err != nil; err = errors.Unwrap(err) {
		if s, ok := status.FromError(err); ok {
			return s.Code()
		}
	}
	return codes.Unknown
}

func TestStatements(t *testing.T) {
	x := newSite(t)
	x.run(t, "CREATE TABLE t (a int PRIMARY KEY, b text)")
	n, err := x.client.ExecuteUpdate(x.ctx, "INSERT INTO t SELECT g, 'row ' || g FROM generate_series(1, 20000) g")
	if err != nil || n != 20000 {
		t.Fatal(n, err)
	}
	got, err := x.fetch(x.ctx, "SELECT count(*), max(b) FROM t")
	if err != nil || got != "20000|row 9999" {
		t.Error(got, err)
	}
	if got, err := x.fetch(x.ctx, "SELECT a FROM t ORDER BY a"); err != nil || strings.Count(got, "\n") != 19999 {
		t.Error(len(got), err)
	}
	for _, c := range []struct {
		text string
		code codes.Code
		want string
	}{
		{"SELEC 1", codes.InvalidArgument, "SQLSTATE 42601"},
		{"", codes.InvalidArgument, "no statement"},
		{"SELECT 1; SELECT 2", codes.InvalidArgument, "one statement, not 2"},
		{"TABLE nothing", codes.NotFound, "HINT"},
		{"SELECT 1 / (10000 - a) FROM t", codes.InvalidArgument, "22012"},
		{"SELECT $1::int", codes.InvalidArgument, "requires 1"},
		{"COPY t TO STDOUT", codes.Unimplemented, "0A000"},
	} {
		if _, err := x.fetch(x.ctx, c.text); codeOf(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s %s", c.text, err, c.code, c.want)
		}
	}
	if _, err := x.client.BeginTransaction(x.ctx); codeOf(err) != codes.Unimplemented {
		t.Error(err)
	}
}

func TestLogins(t *testing.T) {
	x := newSite(t)
	x.run(t, "CREATE ROLE anna LOGIN", "CREATE TABLE t (a int)")
	var err error
	if x.passwords["anna"], err = auth.Verifier("pencil"); err != nil {
		t.Fatal(err)
	}
	with := func(authorization string) context.Context {
		return metadata.AppendToOutgoingContext(t.Context(), "authorization", authorization)
	}
	basic := func(text string) context.Context {
		return with("Basic " + base64.StdEncoding.EncodeToString([]byte(text)))
	}
	for _, ctx := range []context.Context{
		t.Context(), with("Bearer "), with("Bearer x"), with("Bearer a.b"), with("Digest x"), with("Basic !"), basic("anna"), basic("anna:pen"), basic("zoe:pencil"),
		metadata.AppendToOutgoingContext(x.ctx, "authorization", "Bearer "+token),
	} {
		if _, err := x.fetch(ctx, "SELECT 1"); codeOf(err) != codes.Unauthenticated {
			t.Error(err)
		}
	}
	if got := strings.Join(x.refused, ", "); got != " 28000,  28000,  28000, anna 28P01, zoe 28000" {
		t.Error(got)
	}
	if got, err := x.fetch(basic("anna:pencil"), "SELECT current_user"); err != nil || got != "anna" {
		t.Error(got, err)
	}
	ctx, err := x.client.Client.AuthenticateBasicToken(t.Context(), "anna", "pencil")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := x.fetch(ctx, "SELECT current_user"); err != nil || got != "anna" {
		t.Error(got, err)
	}
	if _, err := x.fetch(ctx, "TABLE t"); codeOf(err) != codes.PermissionDenied {
		t.Error(err)
	}
	// A token is worth no more than the password that it was given for.
	if x.passwords["anna"], err = auth.Verifier("pen"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.fetch(ctx, "SELECT 1"); codeOf(err) != codes.Unauthenticated {
		t.Error(err)
	}
}

// put sends rows for a relation, and gives the answer.
func (x *site) put(ctx context.Context, to []string, recs ...arrow.Record) (string, error) {
	stream, err := x.client.Client.DoPut(ctx)
	if err != nil {
		return "", err
	}
	w := flight.NewRecordWriter(stream, ipc.WithSchema(recs[0].Schema()))
	w.SetFlightDescriptor(&flight.FlightDescriptor{Type: flight.DescriptorPATH, Path: to})
	for _, r := range recs {
		if err := w.Write(r); err != nil && !errors.Is(err, io.EOF) { // an answer came before: it says more
			return "", err
		}
	}
	_ = w.Close() // the answer says what was wrong
	_ = stream.CloseSend()
	answer, err := stream.Recv()
	return string(answer.GetAppMetadata()), err
}

func numbers(vals ...int64) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil))
	b.Field(0).(*array.Int64Builder).AppendValues(vals, nil)
	return b.NewRecord()
}

func TestPut(t *testing.T) {
	x := newSite(t)
	x.run(t, "CREATE STREAM s (a int)", `CREATE SCHEMA "O o"`, `CREATE STREAM "O o"."S" (a int)`)
	for _, to := range [][]string{{"s"}, {"public", "s"}, {"O o", "S"}} {
		if got, err := x.put(x.ctx, to, numbers(1, 2), numbers(3)); err != nil || !strings.Contains(got, `"rows":3`) {
			t.Error(to, got, err)
		}
	}
	if got, err := x.put(x.ctx, []string{"s"}, numbers(1), numbers(1<<40)); codeOf(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "COPY s, row 2, column a") {
		t.Error(got, err)
	}
	if got, err := x.fetch(x.ctx, `SELECT count(*) FROM s UNION ALL SELECT count(*) FROM "O o"."S"`); err != nil || got != "6\n3" {
		t.Error(got, err)
	}
	if _, err := x.put(x.ctx, []string{"nothing"}, numbers(1)); codeOf(err) != codes.NotFound {
		t.Error(err)
	}
	if _, err := x.put(metadata.AppendToOutgoingContext(x.ctx, "producer-id", "p"), []string{"s"}, numbers(1)); codeOf(err) != codes.InvalidArgument {
		t.Error(err)
	}
	// A message that says more than it has reaches no reader.
	stream, err := x.client.Client.DoPut(x.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&flight.FlightData{
		FlightDescriptor: &flight.FlightDescriptor{Type: flight.DescriptorPATH, Path: []string{"s"}}, DataHeader: bytes.Repeat([]byte{0xff}, 64),
	}); err != nil {
		t.Fatal(err)
	}
	_ = stream.CloseSend()
	if _, err := stream.Recv(); codeOf(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "22P04") {
		t.Error(err)
	}
}

// TestCloseEndsSubscriptions: a server that stops does not wait for what never ends.
func TestCloseEndsSubscriptions(t *testing.T) {
	x := newSite(t)
	x.run(t, "CREATE STREAM s (a int)")
	info, err := x.client.Execute(x.ctx, "SUBSCRIBE s")
	if err != nil {
		t.Fatal(err)
	}
	r, err := x.client.DoGet(x.ctx, info.Endpoint[0].Ticket)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	x.run(t, "INSERT INTO s VALUES (7)")
	for rows := int64(0); rows == 0; rows = r.Record().NumRows() {
		if !r.Next() {
			t.Fatal(r.Err())
		}
	}
	x.Close()
	if r.Next() || codeOf(r.Err()) != codes.Unavailable {
		t.Errorf("the subscription ends with %v", r.Err())
	}
}

// TestCallsAreLimited: one more than may be under way is refused, and room is there again when one ends.
func TestCallsAreLimited(t *testing.T) {
	x := newSite(t)
	x.run(t, "CREATE STREAM s (a int)")
	for range maxCalls {
		x.slots <- struct{}{}
	}
	if _, err := x.client.ExecuteUpdate(x.ctx, "INSERT INTO s VALUES (1)"); codeOf(err) != codes.ResourceExhausted {
		t.Error(err)
	}
	<-x.slots
	x.run(t, "INSERT INTO s VALUES (1)")
	for range maxCalls - 1 {
		<-x.slots
	}
}

func TestHandles(t *testing.T) {
	for _, h := range [][]byte{nil, {0xff}, {5, 'a'}, bytes.Repeat([]byte{0xff}, 20)} {
		if _, _, err := handled(h); sqlerr.CodeOf(err) != sqlerr.ProtocolViolation {
			t.Errorf("%x: %v", h, err)
		}
	}
	text, params, err := handled(handleOf("SELECT 1", []byte("xyz")))
	if err != nil || text != "SELECT 1" || string(params) != "xyz" {
		t.Error(text, params, err)
	}
}

func TestPrepared(t *testing.T) {
	x := newSite(t)
	x.run(t, "CREATE TABLE t (a int PRIMARY KEY)")
	p, err := x.client.Prepare(x.ctx, "INSERT INTO t VALUES ($1)")
	if err != nil {
		t.Fatal(err)
	}
	if s := p.ParameterSchema(); s.NumFields() != 1 || s.Field(0).Type.ID() != arrow.INT32 {
		t.Error(s)
	}
	p.SetParameters(numbers(1, 2, 3))
	if n, err := p.ExecuteUpdate(x.ctx); err != nil || n != 3 {
		t.Error(n, err)
	}
	p.SetParameters(numbers(4, 3))
	if _, err := p.ExecuteUpdate(x.ctx); codeOf(err) != codes.FailedPrecondition {
		t.Error(err)
	}
	if got, err := x.fetch(x.ctx, "SELECT count(*) FROM t"); err != nil || got != "3" {
		t.Error(got, err)
	}
	if err := p.Close(x.ctx); err != nil {
		t.Error(err)
	}
}
