package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// maxAnswer is the longest message that is read of a node's answer.
const maxAnswer = 1 << 20

// askNode has the node that runs on a data folder run a statement, through the socket there, and gives what its notice says.
// It speaks as much of PostgreSQL's protocol as one statement takes.
func askNode(ctx context.Context, data, user, sql string) (notice string, err error) {
	sockets, err := filepath.Glob(filepath.Join(data, ".s.PGSQL.*[0-9]"))
	if err != nil || len(sockets) == 0 {
		return "", sqlerr.New(sqlerr.ObjectInUse, "the data folder %s is in use by a process that has no socket there", data).
			WithHint("Stop it, or say it in psql: %s", sql)
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", sockets[0])
	if err != nil {
		return "", sqlerr.Wrap(sqlerr.ConnectionFailure, err, "cannot connect to the node through %s", sockets[0])
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	hello := binary.BigEndian.AppendUint32(nil, 3<<16)
	for _, s := range []string{"user", user, "database", "vexstream", "application_name", "vexstream"} {
		hello = append(append(hello, s...), 0)
	}
	if _, err := c.Write(message(nil, append(hello, 0))); err != nil {
		return "", err
	}
	if _, err := answer(c); err != nil { // to the greeting
		return "", err
	}
	if _, err := c.Write(message([]byte{'Q'}, append([]byte(sql), 0))); err != nil {
		return "", err
	}
	return answer(c)
}

// message is one message: its letter, if it has one, its length, its body.
func message(kind, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(kind, uint32(len(body)+4)), body...)
}

// answer reads up to ReadyForQuery, and gives the text of the last notice, or the error.
func answer(c io.Reader) (notice string, failed error) {
	var head [5]byte
	for {
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return "", sqlerr.Wrap(sqlerr.ConnectionFailure, err, "the node has ended the connection")
		}
		n := binary.BigEndian.Uint32(head[1:])
		if n < 4 || n > maxAnswer {
			return "", sqlerr.New(sqlerr.ConnectionFailure, "the node gives a message of %d bytes", n)
		}
		body := make([]byte, n-4)
		if _, err := io.ReadFull(c, body); err != nil {
			return "", sqlerr.Wrap(sqlerr.ConnectionFailure, err, "the node has ended the connection")
		}
		switch head[0] {
		case 'N':
			notice = fields(body)['M']
		case 'E':
			f := fields(body)
			failed = sqlerr.New(sqlerr.Code(f['C']), "%s", f['M']).WithHint("%s", f['H'])
			if f['S'] == "FATAL" {
				return "", failed
			}
		case 'R':
			if len(body) < 4 || binary.BigEndian.Uint32(body) != 0 {
				return "", sqlerr.New(sqlerr.InvalidAuthorization, "the node asks for a password").
					WithHint("Run this as the node's own user, or as root; or ask in psql.")
			}
		case 'Z':
			return notice, failed
		}
	}
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
