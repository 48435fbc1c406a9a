package node

import (
	"context"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/parse"
	"github.com/vexfs/vexstream/sql/pgwire"
	"github.com/vexfs/vexstream/sql/session"
)

// wireSession is a session.Session behind PostgreSQL's protocol.
type wireSession struct{ s *session.Session }

// openWire starts a session for a client.
func (n *Node) openWire(_ context.Context, st pgwire.Startup) (pgwire.Session, error) {
	s, err := n.engine.Session(st.User, st.Database, st.Settings)
	n.engine.NoteLogin(st.User, client(st), err)
	if err != nil {
		return nil, err
	}
	s.Appear(st.PID, client(st))
	s.Wire, s.Cancel = st.Forget, n.pg.Cancel
	s.Named = func(yield func(string, *session.Prepared, types.Micros)) {
		st.Named(func(name string, p *pgwire.Prepared) {
			if own, ok := p.Bound.(*session.Prepared); ok {
				yield(name, own, p.Since)
			}
		})
	}
	s.Wake(st.Wake)
	return wireSession{s}, nil
}

// client says where a connection came from.
func client(st pgwire.Startup) string {
	if st.Peer.Unix {
		return "local"
	}
	return st.Remote
}

// wireStatement is one parsed statement.
type wireStatement struct{ st *parse.Statement }

// Tag is the statement's command tag.
func (w wireStatement) Tag() string { return w.st.Stmt.Tag() }

// Cut tells of the names that were too long.
func (w wireStatement) Cut() []*sqlerr.Error { return w.st.Cut }

func (w wireSession) Parse(text string) ([]pgwire.Statement, error) {
	stmts, err := w.s.Parse(text)
	if len(stmts) > 1 {
		w.s.Several()
	}
	out := make([]pgwire.Statement, len(stmts))
	for i := range stmts {
		out[i] = wireStatement{&stmts[i]}
	}
	return out, err
}

func (w wireSession) Prepare(ctx context.Context, st pgwire.Statement, declared []types.Type) (*pgwire.Prepared, error) {
	own, ok := st.(wireStatement)
	if !ok {
		return nil, sqlerr.New(sqlerr.InternalError, "a statement of another session: %s", st.Tag())
	}
	p, err := w.s.Prepare(ctx, own.st, declared)
	if err != nil {
		return nil, err
	}
	return &pgwire.Prepared{Params: p.Params, Schema: p.Schema, Binary: p.Binary, Ends: p.EndsTransaction(), Bound: p}, nil
}

func (w wireSession) Run(ctx context.Context, p *pgwire.Prepared, args []batch.Column, out pgwire.Output) (string, error) {
	own, ok := p.Bound.(*session.Prepared)
	if !ok {
		return "", sqlerr.New(sqlerr.InternalError, "a prepared statement of another session")
	}
	return w.s.Run(ctx, own, args, out)
}

// HasCursor says whether there is a cursor of this name.
func (w wireSession) HasCursor(name string) bool { return w.s.HasCursor(name) }

// Notifications gives what came since the last call.
func (w wireSession) Notifications() ([]pgwire.Notification, error) {
	notes, err := w.s.Notifications()
	out := make([]pgwire.Notification, len(notes))
	for i, n := range notes {
		out[i] = pgwire.Notification(n)
	}
	return out, err
}

// Timeout is one of the session's settings.
func (w wireSession) Timeout(name string) time.Duration { return w.s.Timeout(name) }

// Pipeline begins a block that ends with Sync.
func (w wireSession) Pipeline() { w.s.Pipeline() }

// Sync ends the block that the statements of one text, or of a pipeline, are.
func (w wireSession) Sync(ctx context.Context, failed bool, out pgwire.Output) error {
	return w.s.Sync(ctx, failed, out)
}
func (w wireSession) Status() byte                  { return w.s.Status() }
func (w wireSession) Locale() *types.Locale         { return w.s.Locale() }
func (w wireSession) Tells(severity string) bool    { return w.s.Tells(severity) }
func (w wireSession) Encoding() *expr.Encoding      { return w.s.Encoding() }
func (w wireSession) Parameters() map[string]string { return w.s.Parameters() }

func (w wireSession) RegValue(t types.Type, name string) (int64, error) {
	return w.s.RegValue(t, name)
}
func (w wireSession) Close() { w.s.Close() }
