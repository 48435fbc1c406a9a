package pgwire

import (
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// A cursor that DECLARE made is a portal to the protocol, too. What a client asks of it there is what FETCH and CLOSE do.

// ofCursor prepares a statement about a cursor. Verb is the statement up to the cursor's name.
func (c *conn) ofCursor(verb, name string) (*Prepared, error) {
	stmts, err := c.session.Parse(verb + ` "` + strings.ReplaceAll(name, `"`, `""`) + `"`)
	if err != nil {
		return nil, err
	}
	ctx, end := c.begin()
	defer end()
	p, err := c.session.Prepare(ctx, stmts[0], nil)
	if err != nil {
		return nil, c.why(ctx, err)
	}
	return p, nil
}

// fetch is an Execute of a cursor.
func (c *conn) fetch(name string, limit uint32) error {
	verb := "FETCH ALL FROM"
	if limit > 0 {
		verb = "FETCH " + strconv.FormatUint(uint64(limit), 10) + " FROM"
	}
	p, err := c.ofCursor(verb, name)
	if err != nil {
		return err
	}
	ctx, end := c.begin()
	defer end()
	out := c.output(p.Schema, nil)
	if _, err := c.session.Run(ctx, p, nil, out); err != nil {
		return c.why(ctx, err)
	}
	if limit > 0 && out.rows == int64(limit) {
		c.wire.Send(&pgproto3.PortalSuspended{})
		return nil
	}
	return out.finish("SELECT")
}

// describeCursor is the Describe message for a cursor.
func (c *conn) describeCursor(name string) error {
	p, err := c.ofCursor("FETCH ALL FROM", name)
	if err != nil {
		return err
	}
	c.sendDescription(p.Schema, nil)
	return nil
}

// closeObject is the Close message. What is not there is closed already.
func (c *conn) closeObject(kind byte, name string) error {
	switch {
	case kind == 'S':
		delete(c.statements, name)
	case kind != 'P':
		return sqlerr.New(sqlerr.ProtocolViolation, "invalid CLOSE message subtype %d", kind)
	case c.portals[name] != nil:
		c.portals[name].close()
		delete(c.portals, name)
	case c.session.HasCursor(name):
		p, err := c.ofCursor("CLOSE", name)
		if err != nil {
			return err
		}
		ctx, end := c.begin()
		defer end()
		if _, err := c.session.Run(ctx, p, nil, c.output(nil, nil)); err != nil {
			return c.why(ctx, err)
		}
	}
	c.wire.Send(&pgproto3.CloseComplete{})
	return nil
}
