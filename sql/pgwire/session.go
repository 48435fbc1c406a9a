package pgwire

import (
	"context"
	"io"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/auth"
)

// Startup is what a client says of itself when it connects.
type Startup struct {
	User     string
	Database string
	Settings map[string]string // startup parameters and options=-c name=value
	Remote   string
	PID      int32 // what the client was told of the connection
	Peer     auth.Peer
	TLS      bool
	// Certificate is the common name in the certificate that the client proved to hold, and that somebody signed whom the server's
	// TLS trusts to; "": it showed none.
	Certificate string
	// Forget drops a prepared statement of the protocol, all for an empty name, and says whether there was one.
	Forget func(name string) bool
	// Named gives each statement that the client prepared under a name, in the order of the names. Only the session's
	// goroutine may call it.
	Named func(yield func(name string, p *Prepared))
	// Wake tells the connection that a notification came. Any goroutine may call it.
	Wake func()
}

// Login says what a client must prove before it is let in.
type Login struct {
	Trusted  bool   // nothing: its socket says who it is
	Verifier string // of the password that it must know; "": there is none, and the proof fails
	Refuse   error  // why it is not let in, said after the proof, so that only who knows the password learns it
	Super    bool   // it may use the connections that are reserved for superusers
	Limit    int    // how many may be connected under this name; negative: any number
}

// Session is SQL for one connection. One goroutine uses it at a time.
type Session interface {
	// Parse splits a text into statements; an empty text gives none.
	Parse(text string) ([]Statement, error)
	// Prepare binds a statement. declared are the types that the client gave for parameters, the zero Type for those
	// it left open.
	Prepare(ctx context.Context, s Statement, declared []types.Type) (*Prepared, error)
	// Run executes. It gives PostgreSQL's command tag. A ctx that was cancelled for stream.ErrStop says that nobody wants
	// the rest of the rows, which is no failure of the transaction.
	Run(ctx context.Context, p *Prepared, args []batch.Column, out Output) (tag string, err error)
	// Status is 'I' outside a transaction, 'T' in one, 'E' in one that failed.
	Status() byte
	// Pipeline says that the next statement and those after it, up to Sync, are one transaction.
	Pipeline()
	// Sync ends the implicit transaction of a simple query or of messages up to Sync; failed says that one of its
	// statements failed.
	Sync(ctx context.Context, failed bool, out Output) error
	// HasCursor says whether there is a cursor of this name, which DECLARE made.
	HasCursor(name string) bool
	// Notifications gives what came since the last call. An error ends the connection.
	Notifications() ([]Notification, error)
	// Timeout is how long a statement may take, or a client be silent, by the name of PostgreSQL's setting; 0: for ever.
	Timeout(name string) time.Duration
	// Locale is what the session's settings say about text forms, and how an OID of regclass or its kin is written.
	Locale() *types.Locale
	// Tells says whether the client wants notices of a severity.
	Tells(severity string) bool
	// Encoding is the client's; nil: UTF-8. Any goroutine may ask.
	Encoding() *expr.Encoding
	// RegValue reads a name, or a number, as an OID of type t.
	RegValue(t types.Type, name string) (int64, error)
	// Parameters are the settings that clients are told of (ParameterStatus), by name.
	Parameters() map[string]string
	Close()
}

// Notification is what NOTIFY sends.
type Notification struct {
	PID              int32 // of the connection that sent it
	Channel, Payload string
}

// Statement is one parsed statement, opaque to the wire.
type Statement interface {
	// Tag is the command tag without a count, such as CREATE STREAM.
	Tag() string
	// Cut tells of the names that were too long, for a client whose statement goes no further. What runs tells it itself.
	Cut() []*sqlerr.Error
}

// Prepared is a statement bound to types.
type Prepared struct {
	Params []types.Type
	Schema batch.Schema // nil: the statement gives no rows
	Binary bool         // a simple query gets its rows in binary form: FETCH of a BINARY cursor
	Ends   bool         // it ends a transaction, also one that failed
	Since  types.Micros // when the client gave it a name; 0: it has none
	Bound  any          // the session's own
}

// Output takes what a statement gives.
type Output interface {
	// Rows takes rows in the schema that Prepare gave, each with weight 1. b is borrowed. It blocks while a portal is
	// suspended.
	Rows(ctx context.Context, b *batch.Batch) error
	// Notice sends a notice at once, or with the next rows.
	Notice(severity string, e *sqlerr.Error)
	// Parameter tells the client of a changed setting.
	Parameter(name, value string)
	// CopyIn asks the client for data. The reader gives io.EOF at its end, and 57014 when the client gives up.
	CopyIn(columns int, binary bool) (io.Reader, error)
	// CopyOut announces data. Each Write is one CopyData message.
	CopyOut(columns int, binary bool) (io.Writer, error)
}
