package node

import (
	"context"
	"io"
	"strconv"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/httpapi"
	"github.com/vexfs/vexstream/sql/pgcatalog"
	"github.com/vexfs/vexstream/sql/session"
)

// sessionOver is a session for a request. Who has the token could read the data folder, and may take any role's name.
func (n *Node) sessionOver(role, remote string) (*session.Session, error) {
	if err := n.Ready(); err != nil {
		return nil, sqlerr.New(sqlerr.CannotConnectNow, "the node is not ready: %s", oneLine(err))
	}
	switch {
	case role == "":
		role = "admin"
	case n.engine.Catalog().Role(role) == nil:
		return nil, sqlerr.New(sqlerr.InvalidAuthorization, "role %q does not exist", role)
	}
	if err := n.engine.MayConnect(role, pgcatalog.Bootstrap); err != nil {
		return nil, err
	}
	s, err := n.engine.Session(role, pgcatalog.Bootstrap, nil)
	if err != nil {
		return nil, err
	}
	s.Client = remote
	return s, nil
}

// appendHTTP stores the rows of a request.
func (n *Node) appendHTTP(ctx context.Context, r httpapi.Rows, notice func(*sqlerr.Error)) (httpapi.Stored, error) {
	dead, err := session.OnError(r.OnError)
	if err != nil {
		return httpapi.Stored{}, err
	}
	s, err := n.sessionOver(r.Role, r.Remote)
	if err != nil {
		return httpapi.Stored{}, err
	}
	defer s.Close()
	did, err := s.Append(ctx, session.Intake{
		Relation: r.Relation, Columns: r.Columns, Kind: r.Kind, Header: r.Header, Producer: r.Producer, Sequence: r.Sequence, Dead: dead,
	}, r.Body, &notices{tell: notice})
	return httpapi.Stored{Rows: did.Rows, Epoch: did.Epoch, Repeated: did.Repeated, Unknown: did.Unknown, LeftOut: did.LeftOut}, err
}

// notices is the client of a session that gives nothing but notices.
type notices struct {
	httpOutput
	tell func(*sqlerr.Error)
}

// Notice gives a notice on.
func (o *notices) Notice(_ string, e *sqlerr.Error) { o.tell(e) }

// runHTTP runs the statement of a request in a session of its own.
func (n *Node) runHTTP(ctx context.Context, q httpapi.Query, to httpapi.Answer) (string, error) {
	s, err := n.sessionOver(q.Role, q.Remote)
	if err != nil {
		return "", err
	}
	defer s.Close()
	stmts, err := s.Parse(q.Text)
	switch {
	case err != nil:
		return "", err
	case len(stmts) == 0:
		return "", nil
	case len(stmts) > 1:
		return "", sqlerr.New(sqlerr.SyntaxError, "a request has one statement, not %d", len(stmts)).At(stmts[1].Pos + 1)
	}
	p, err := s.Prepare(ctx, &stmts[0], nil)
	if err != nil {
		return "", err
	}
	args, err := arguments(s, p, q.Params)
	if err != nil {
		return "", err
	}
	out := &httpOutput{to: to}
	if p.Schema != nil {
		if err := to.Begin(p.Schema, s.Locale()); err != nil {
			return "", err
		}
	}
	tag, err := s.Run(ctx, p, args, out)
	if err == nil && tag == "SELECT" {
		tag += " " + strconv.FormatInt(out.rows, 10)
	}
	return tag, err
}

// arguments reads the parameters of a statement.
func arguments(s *session.Session, p *session.Prepared, params []*string) ([]batch.Column, error) {
	if len(params) != len(p.Params) {
		return nil, sqlerr.New(sqlerr.ProtocolViolation, "the request has %d parameters, but the statement requires %d", len(params), len(p.Params))
	}
	args := make([]batch.Column, len(params))
	for i, text := range params {
		b := batch.NewBuilder(p.Params[i], 1)
		if text == nil {
			b.Null()
		} else if err := value.ParseText(b, []byte(*text), s.Locale()); err != nil {
			if e, ok := sqlerr.As(err); ok {
				return nil, e.In("parameter $%d", i+1)
			}
			return nil, err
		}
		args[i] = b.Finish()
	}
	return args, nil
}

// httpOutput is the session's client behind HTTP.
type httpOutput struct {
	to   httpapi.Answer
	rows int64
}

// Rows gives b on.
func (o *httpOutput) Rows(ctx context.Context, b *batch.Batch) error {
	o.rows += int64(b.N)
	return o.to.Rows(ctx, b)
}

// Notice gives a notice on.
func (o *httpOutput) Notice(severity string, e *sqlerr.Error) { o.to.Notice(severity, e) }

// Parameter tells nobody: the session ends with the request.
func (o *httpOutput) Parameter(string, string) {}

// Flush sends what a subscription gave. A client that is gone ends its context.
func (o *httpOutput) Flush() { _ = o.to.Flush() }

// CopyIn refuses: a request has one body, and that is the statement.
func (o *httpOutput) CopyIn(int, bool) (io.Reader, error) { return nil, errNoHTTPCopy }

// CopyOut refuses.
func (o *httpOutput) CopyOut(int, bool) (io.Writer, error) { return nil, errNoHTTPCopy }

var errNoHTTPCopy = sqlerr.NotSupported("COPY over HTTP").WithHint("SELECT gives rows as JSON, NDJSON, CSV or Arrow, by Accept; rows go in with POST /v1/append/RELATION.")
