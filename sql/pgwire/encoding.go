package pgwire

import (
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// What a client sends and gets is in the encoding that its setting client_encoding names; all else here is in UTF-8. COPY's data
// the session converts, as its ENCODING may be another one.

// sender is the way to the client: messages leave it in the client's encoding.
type sender struct {
	*pgproto3.Backend
	c *conn
}

// Send adds a message to those that the next Flush sends. The values of a DataRow are converted already.
func (s *sender) Send(m pgproto3.BackendMessage) {
	if s.c.session != nil {
		if e := s.c.session.Encoding(); e != nil {
			m = encoded(e, m)
		}
	}
	s.Backend.Send(m)
}

// encoded is a message with its texts in e. What e has no character for becomes a question mark: a name or a message with one says
// more than another error would.
func encoded(e *expr.Encoding, m pgproto3.BackendMessage) pgproto3.BackendMessage {
	switch m := m.(type) {
	case *pgproto3.ErrorResponse:
		out := *m
		for _, p := range []*string{&out.Message, &out.Detail, &out.Hint, &out.Where, &out.SchemaName, &out.TableName, &out.ColumnName, &out.ConstraintName} {
			*p = string(e.Approximate([]byte(*p)))
		}
		return &out
	case *pgproto3.NoticeResponse:
		in := pgproto3.ErrorResponse(*m)
		if converted, ok := encoded(e, &in).(*pgproto3.ErrorResponse); ok {
			out := pgproto3.NoticeResponse(*converted)
			return &out
		}
	case *pgproto3.RowDescription:
		for i := range m.Fields {
			m.Fields[i].Name = e.Approximate(m.Fields[i].Name)
		}
	case *pgproto3.NotificationResponse:
		out := *m
		out.Channel, out.Payload = string(e.Approximate([]byte(m.Channel))), string(e.Approximate([]byte(m.Payload)))
		return &out
	case *pgproto3.ParameterStatus:
		return &pgproto3.ParameterStatus{Name: m.Name, Value: string(e.Approximate([]byte(m.Value)))}
	}
	return m
}

// decode turns the texts of a client's message into UTF-8.
func (c *conn) decode(m pgproto3.FrontendMessage) error {
	e := c.session.Encoding()
	if e == nil {
		return nil
	}
	var texts []*string
	switch m := m.(type) {
	case *pgproto3.Query:
		texts = []*string{&m.String}
	case *pgproto3.Parse:
		texts = []*string{&m.Name, &m.Query}
	case *pgproto3.Bind:
		texts = []*string{&m.DestinationPortal, &m.PreparedStatement}
	case *pgproto3.Describe:
		texts = []*string{&m.Name}
	case *pgproto3.Execute:
		texts = []*string{&m.Portal}
	case *pgproto3.Close:
		texts = []*string{&m.Name}
	}
	for _, t := range texts {
		out, err := e.Decode(nil, []byte(*t))
		if err != nil {
			return err
		}
		*t = string(out)
	}
	return nil
}

// decodeValue turns a parameter's value into UTF-8.
func (c *conn) decodeValue(t types.Type, raw []byte, format int16) ([]byte, error) {
	e := c.session.Encoding()
	switch {
	case e == nil || raw == nil:
		return raw, nil
	case format == 0 || isText(t):
		return e.Decode(nil, raw)
	case holdsText(t):
		return nil, inBinary(t)
	}
	return raw, nil
}

// encoding wraps the writer of a column for a client that has its text in another encoding.
func (o *output) encoding(e *expr.Encoding, t types.Type, format int16, w value.Writer) value.Writer {
	switch {
	case format == 0 || isText(t):
		return func(dst []byte, c *batch.Column, r int) []byte {
			var err error
			o.plain = w(o.plain[:0], c, r)
			if dst, err = e.Encode(dst, o.plain); err != nil && o.failed == nil {
				o.failed = err
			}
			return dst
		}
	case holdsText(t):
		o.failed = inBinary(t)
	}
	return w
}

// isText says whether the binary form of a type's values is text, or text behind a byte that is the same in all encodings.
func isText(t types.Type) bool {
	switch t.OID {
	case types.OIDText, types.OIDVarchar, types.OIDBPChar, types.OIDName, types.OIDUnknown, types.OIDJSON, types.OIDJSONB, types.OIDChar:
		return true
	}
	return false
}

// holdsText says whether the binary form of a type's values has text with its length before it.
func holdsText(t types.Type) bool {
	elem := t.Elem()
	return elem.OID != 0 && (isText(elem) || holdsText(elem)) || t.OID == types.OIDRecord
}

func inBinary(t types.Type) *sqlerr.Error {
	return sqlerr.NotSupported("the binary form of %s for a client with an encoding other than UTF8", t.Name()).
		WithHint("SET client_encoding TO UTF8, or ask for the text form.")
}
