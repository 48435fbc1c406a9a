package pgwire

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// framer stands between a client and what decodes its messages, which makes room for a message as soon as it knows its
// length. So a long one is gathered here first, in memory that grows as the bytes come: a client takes no more of it than
// it sends, and all of them together take no more than maxLongBytes.
type framer struct {
	from   io.Reader
	server *Server
	max    int // the longest message that is taken at all

	buf    []byte // what was read ahead
	lo, hi int
	left   int    // bytes of the message under way that are passed on as they come
	long   []byte // a long message that is there in full
	size   int    // of a long message that is being gathered; 0: none is
	part   []byte // what is there of it
	held   int64  // of the server's budget
}

const framerBuffer = 16 << 10

func newFramer(from io.Reader, s *Server) *framer {
	return &framer{from: from, server: s, max: maxLoginMessage, buf: make([]byte, framerBuffer)}
}

// Read gives what was sent, a long message only once it is there.
func (f *framer) Read(p []byte) (int, error) {
	for {
		if len(f.long) > 0 {
			n := copy(p, f.long)
			if f.long = f.long[n:]; len(f.long) == 0 {
				f.drop()
			}
			return n, nil
		}
		n := 0
		if f.size == 0 {
			n, f.size = f.pass(p)
		}
		switch {
		case n > 0:
			return n, nil
		case f.size > 0:
			if err := f.gather(); err != nil {
				return 0, err
			}
			continue
		}
		if f.left > framerBuffer { // nothing is read ahead: without a detour
			n, err := f.from.Read(p[:min(len(p), f.left)])
			f.left -= n
			return n, err
		}
		if err := f.fill(); err != nil {
			return 0, err
		}
	}
}

// pass gives what was read ahead, up to a long message; its length is size when nothing else is left.
func (f *framer) pass(p []byte) (n, size int) {
	for n < len(p) && f.lo < f.hi {
		if f.left == 0 {
			if f.hi-f.lo < 5 {
				break
			}
			length := int64(binary.BigEndian.Uint32(f.buf[f.lo+1:]))
			if f.left = int(length) + 1; length < 4 || length-4 > int64(f.max) {
				f.left = 5 // the decoder says what is wrong
			} else if length > longMessage {
				f.left = 0
				return n, int(length) + 1
			}
		}
		k := copy(p[n:], f.buf[f.lo:min(f.hi, f.lo+f.left)])
		n, f.lo, f.left = n+k, f.lo+k, f.left-k
	}
	return n, 0
}

// fill reads ahead.
func (f *framer) fill() error {
	f.hi = copy(f.buf, f.buf[f.lo:f.hi])
	f.lo = 0
	n, err := f.from.Read(f.buf[f.hi:])
	if f.hi += n; n > 0 {
		return nil
	}
	return err
}

// gather reads a long message. Its memory doubles as long as it keeps coming. After a deadline it goes on where it was.
func (f *framer) gather() error {
	msg, size := f.part, f.size
	var err error
	if msg == nil {
		msg, err = f.grow(nil, min(size, longMessage))
	}
	for err == nil && len(msg) < size {
		if len(msg) == cap(msg) {
			if msg, err = f.grow(msg, min(size, 2*cap(msg))); err != nil {
				break
			}
		}
		room := msg[len(msg):min(cap(msg), size)]
		var n int
		if f.lo < f.hi {
			n = copy(room, f.buf[f.lo:f.hi])
			f.lo += n
		} else {
			n, err = f.from.Read(room)
		}
		if msg = msg[:len(msg)+n]; n > 0 {
			err = nil
		}
	}
	switch {
	case err == nil:
		f.long, f.part, f.size = msg, nil, 0
	case errors.Is(err, os.ErrDeadlineExceeded):
		f.part = msg
	default:
		f.drop()
	}
	return err
}

func (f *framer) grow(msg []byte, to int) ([]byte, error) {
	more := int64(to - cap(msg))
	if f.held += more; f.server.long.Add(more) > maxLongBytes {
		return msg, sqlerr.New(sqlerr.OutOfMemory, "the long messages of all clients take more than %d MiB", maxLongBytes>>20).
			WithHint("Send large data with COPY, which takes it in pieces, or try again later.")
	}
	out := make([]byte, len(msg), to)
	copy(out, msg)
	return out, nil
}

// drop gives the memory of a long message back.
func (f *framer) drop() {
	f.server.long.Add(-f.held)
	f.held, f.long, f.part = 0, nil, nil
}
