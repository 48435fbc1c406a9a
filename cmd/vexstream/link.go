package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// maxAnswer is the longest message that is read of a node's answer, in bytes: a row, and what it takes around it.
const maxAnswer = 128 << 20

// copyBytes is how many bytes of a COPY are sent in one message.
const copyBytes = 64 << 10

// link is a connection to a node. It speaks as much of PostgreSQL's protocol as single statements take, with values as
// text, and belongs to one goroutine.
type link struct {
	c      net.Conn
	r      *bufio.Reader
	stop   func() bool
	body   []byte
	notice string // the last one
}

// answers is who takes what a statement gives and asks for; nil: nobody.
type answers struct {
	columns func(batch.Schema) error     // of a query, before its rows
	row     func(values []*string) error // of a query
	out     io.Writer                    // the data of COPY TO STDOUT, in whole rows
	in      func(to io.Writer) error     // writes the data of COPY FROM STDIN
}

// dial connects through a Unix socket. When ctx ends, the connection does.
func dial(ctx context.Context, socket, user string) (*link, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.ConnectionFailure, err, "cannot connect to the node through %s", socket)
	}
	l := &link{c: c, r: bufio.NewReaderSize(c, copyBytes), stop: context.AfterFunc(ctx, func() { c.Close() })}
	hello := binary.BigEndian.AppendUint32(nil, 3<<16)
	for _, s := range []string{"user", user, "database", "vexstream", "application_name", "vexstream"} {
		hello = append(append(hello, s...), 0)
	}
	if _, err = c.Write(message(nil, append(hello, 0))); err == nil {
		err = l.answer(answers{})
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *link) close() {
	l.stop()
	_ = l.c.Close() // what was asked was answered
}

// run runs one statement. An error of the receiver ends the connection.
func (l *link) run(sql string, to answers) error {
	if _, err := l.c.Write(message([]byte{'Q'}, append([]byte(sql), 0))); err != nil {
		return lost(err)
	}
	return l.answer(to)
}

// texts runs a query and gives its rows, which must be few; null is the empty text.
func (l *link) texts(sql string) (rows [][]string, err error) {
	err = l.run(sql, answers{row: func(values []*string) error {
		row := make([]string, len(values))
		for i, v := range values {
			if v != nil {
				row[i] = *v
			}
		}
		rows = append(rows, row)
		return nil
	}})
	return rows, err
}

// message is one message: its letter, if it has one, its length, its body.
func message(kind, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(kind, uint32(len(body)+4)), body...)
}

func lost(err error) error {
	return sqlerr.Wrap(sqlerr.ConnectionFailure, err, "the node has ended the connection")
}

// next reads a message. Its body lasts until the next one.
func (l *link) next() (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(l.r, head[:]); err != nil {
		return 0, nil, lost(err)
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n < 4 || n > maxAnswer {
		return 0, nil, sqlerr.New(sqlerr.ConnectionFailure, "the node gives a message of %d bytes", n)
	}
	if n -= 4; int(n) > cap(l.body) {
		l.body = make([]byte, n)
	}
	if _, err := io.ReadFull(l.r, l.body[:n]); err != nil {
		return 0, nil, lost(err)
	}
	return head[0], l.body[:n], nil
}

// answer reads up to ReadyForQuery, gives on what comes, and gives the error that the node tells.
func (l *link) answer(to answers) (failed error) {
	l.notice = ""
	for {
		kind, body, err := l.next()
		if err != nil {
			return errors.Join(failed, err)
		}
		switch kind {
		case 'N':
			l.notice = fields(body)['M']
		case 'E':
			f := fields(body)
			e := sqlerr.New(sqlerr.Code(f['C']), "%s", f['M']).WithHint("%s", f['H'])
			e.Detail, e.Where = f['D'], f['W']
			if failed = e; f['S'] == "FATAL" {
				return failed
			}
		case 'R':
			if len(body) < 4 || binary.BigEndian.Uint32(body) != 0 {
				return sqlerr.New(sqlerr.InvalidAuthorization, "the node asks for a password").
					WithHint("Run this as the node's own user, or as root; or ask in psql.")
			}
		case 'T':
			if to.columns != nil {
				err = to.columns(columnsOf(body))
			}
		case 'D':
			if to.row != nil {
				err = to.row(values(body))
			}
		case 'd':
			if to.out != nil {
				_, err = to.out.Write(body)
			}
		case 'G':
			err = l.send(to.in)
		case 'Z':
			return failed
		}
		if err != nil {
			return err
		}
	}
}

// send sends the data of COPY FROM STDIN. If it cannot be made, the node is told, so that it stores nothing.
func (l *link) send(in func(io.Writer) error) error {
	w := bufio.NewWriterSize(copyData{l.c}, copyBytes)
	err := in(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		_, tellErr := l.c.Write(message([]byte{'f'}, append([]byte(err.Error()), 0)))
		return errors.Join(err, tellErr)
	}
	if _, err = l.c.Write(message([]byte{'c'}, nil)); err != nil {
		return lost(err)
	}
	return nil
}

// copyData writes each piece as a message of a COPY.
type copyData struct{ to io.Writer }

func (c copyData) Write(p []byte) (int, error) {
	if _, err := c.to.Write(message([]byte{'d'}, p)); err != nil {
		return 0, lost(err)
	}
	return len(p), nil
}

// columnsOf reads the description of rows. Of the modifiers only those of numeric are kept.
func columnsOf(body []byte) (out batch.Schema) {
	if len(body) < 2 {
		return nil
	}
	n := int(binary.BigEndian.Uint16(body))
	body = body[2:]
	for range n {
		name, rest, ok := bytes.Cut(body, []byte{0})
		if !ok || len(rest) < 18 {
			return out
		}
		f := batch.Field{Name: string(name), Type: types.Type{OID: types.OID(binary.BigEndian.Uint32(rest[6:]))}}
		if mod := int32(binary.BigEndian.Uint32(rest[12:])); f.Type == types.Numeric && mod > 0 {
			f.Type.Mod = mod
		}
		out, body = append(out, f), rest[18:]
	}
	return out
}

// values reads a row; a null is nil.
func values(body []byte) []*string {
	if len(body) < 2 {
		return nil
	}
	out := make([]*string, binary.BigEndian.Uint16(body))
	body = body[2:]
	for i := range out {
		if len(body) < 4 {
			return out
		}
		n := int32(binary.BigEndian.Uint32(body))
		if body = body[4:]; n < 0 || int(n) > len(body) {
			continue
		}
		text := string(body[:n])
		out[i], body = &text, body[n:]
	}
	return out
}

// fields reads the fields of a notice or an error.
func fields(body []byte) map[byte]string {
	out := map[byte]string{}
	for len(body) > 1 {
		text, rest, ok := bytes.Cut(body[1:], []byte{0})
		if !ok {
			break
		}
		out[body[0]] = string(text)
		body = rest
	}
	return out
}
