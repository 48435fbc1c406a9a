package codec

import (
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// MaxWindow is the most memory that a compressed stream from outside may ask its reader to keep.
const MaxWindow = 8 << 20

// Compression says how bytes that merged segments and pages hold are packed.
type Compression uint8

// The compressions: S2 where speed counts, Zstd where bytes are written once and kept.
const (
	None Compression = iota
	S2
	Zstd
)

// String gives the name that Reader and Writer know.
func (c Compression) String() string { return [...]string{"identity", "s2", "zstd"}[min(c, Zstd)] }

// Reader gives the plain bytes of r, whose encoding has the name that HTTP gives it: gzip, zstd, s2, identity or "".
// After maxBytes plain bytes, if there are more, it fails with 54000: a small body can stand for a huge one. Close
// ends the decompressor, not r.
func Reader(encoding string, r io.Reader, maxBytes int64) (io.ReadCloser, error) {
	var plain io.Reader
	stop := func() {}
	switch encoding {
	case "", "identity":
		plain = r
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.InvalidBinary, err, "the gzip body cannot be read")
		}
		plain = z
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(MaxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.InvalidBinary, err, "the zstd body cannot be read")
		}
		plain, stop = z, z.Close
	case "s2":
		plain = s2.NewReader(r, s2.ReaderMaxBlockSize(4<<20))
	default:
		return nil, sqlerr.NotSupported("the encoding %q", encoding).WithHint("Use gzip, zstd, s2 or identity.")
	}
	return &limited{r: plain, encoding: encoding, left: maxBytes, max: maxBytes, stop: stop}, nil
}

type limited struct {
	r         io.Reader
	encoding  string
	left, max int64
	stop      func()
}

func (l *limited) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	// One byte more than allowed is asked for, because only its arrival shows that the body is too long.
	if int64(len(p)) > l.left {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if int64(n) > l.left {
		n = int(l.left)
		l.left = 0
		return n, sqlerr.New(sqlerr.ProgramLimitExceeded, "the body is longer than %d bytes when unpacked", l.max).
			WithHint("Send it in smaller pieces.")
	}
	l.left -= int64(n)
	if err != nil && err != io.EOF {
		if _, ok := sqlerr.As(err); !ok {
			err = sqlerr.Wrap(sqlerr.InvalidBinary, err, "the body cannot be unpacked as %q", l.encoding)
		}
	}
	return n, err
}

func (l *limited) Close() error {
	l.stop()
	return nil
}

// Writer packs what is written to it into w, by the names that Reader knows. Close ends the packed stream, not w.
func Writer(encoding string, w io.Writer) (io.WriteCloser, error) {
	switch encoding {
	case "", "identity":
		return plainWriter{w}, nil
	case "gzip", "x-gzip":
		return gzip.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(MaxWindow))
	case "s2":
		return s2.NewWriter(w, s2.WriterConcurrency(1)), nil
	}
	return nil, sqlerr.NotSupported("the encoding %q", encoding).WithHint("Use gzip, zstd, s2 or identity.")
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }
