package format

import (
	"bytes"
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// signature begins COPY binary; flags and the length of an extension, both zero here, follow.
const signature = "PGCOPY\n\xff\r\n\x00"

const (
	headerLen  = len(signature) + 8
	flagOIDs   = 1 << 16
	flagsMust  = 0xffff0000 // flags that a reader must understand
	maxHeadExt = 1 << 20
)

// binaryReader reads COPY binary. A row is read when all of it is there.
type binaryReader struct {
	*rows
	started bool
	ended   bool
	skip    int // bytes of the header's extension still to come
	carry   []byte
	need    int // carry holds no whole row before it has this many bytes
}

func (d *binaryReader) Write(p []byte) error {
	if d.err != nil {
		return d.err
	}
	buf := p
	if len(d.carry) > 0 {
		d.carry = append(d.carry, p...)
		buf = d.carry
	}
	n := 0
	if len(buf) >= d.need {
		var err error
		if n, err = d.parse(buf); err != nil {
			return d.fail(err)
		}
	}
	rest := buf[n:]
	if len(rest) > d.maxRow || d.need > d.maxRow {
		d.line++
		return d.fail(d.tooLong())
	}
	d.carry = append(d.carry[:0], rest...)
	return nil
}

// parse reads what is whole in p and gives how much that is.
func (d *binaryReader) parse(p []byte) (int, error) {
	i := 0
	d.need = 0
	if !d.started {
		if len(p) < headerLen {
			d.need = headerLen
			return 0, nil
		}
		if err := d.readHeader(p); err != nil {
			return 0, err
		}
		i = headerLen
		d.begin = int64(headerLen)
	}
	if d.skip > 0 {
		n := min(d.skip, len(p)-i)
		d.skip -= n
		i += n
		d.begin += int64(n)
	}
	for i < len(p) {
		if d.ended {
			return i, d.bad("received copy data after EOF marker")
		}
		n, err := d.row(p[i:])
		if err != nil || n == 0 {
			return i, err
		}
		i += n
		d.begin += int64(n)
	}
	return i, nil
}

func (d *binaryReader) bad(format string, args ...any) error {
	return d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, format, args...), nil)
}

func (d *binaryReader) readHeader(p []byte) error {
	if !bytes.HasPrefix(p, []byte(signature)) {
		return sqlerr.New(sqlerr.BadCopyFileFormat, "COPY file signature not recognized").
			WithHint("Say FORMAT csv or FORMAT text if the data is not COPY binary.")
	}
	flags := binary.BigEndian.Uint32(p[len(signature):])
	switch ext := binary.BigEndian.Uint32(p[len(signature)+4:]); {
	case flags&flagOIDs != 0:
		return sqlerr.New(sqlerr.BadCopyFileFormat, "invalid COPY file header (WITH OIDS)")
	case flags&flagsMust != 0:
		return sqlerr.New(sqlerr.BadCopyFileFormat, "unrecognized critical flags in COPY file header")
	case ext > maxHeadExt:
		return sqlerr.New(sqlerr.BadCopyFileFormat, "invalid COPY file header (wrong length)")
	default:
		d.skip = int(ext)
	}
	d.started = true
	return nil
}

// row reads one row and gives its length, or 0 if p does not hold all of it.
func (d *binaryReader) row(p []byte) (int, error) {
	if len(p) < 2 {
		d.need = 2
		return 0, nil
	}
	count := int(int16(binary.BigEndian.Uint16(p)))
	if count == -1 {
		d.ended = true
		return 2, nil
	}
	if count != len(d.cols) {
		d.line++
		return 0, d.bad("row field count is %d, expected %d", count, len(d.cols))
	}
	end := 2
	for range count {
		if len(p) < end+4 {
			d.need = end + 4
			return 0, nil
		}
		size := int32(binary.BigEndian.Uint32(p[end:]))
		if size < -1 {
			d.line++
			return 0, d.bad("invalid field size")
		}
		end += 4 + int(max(size, 0))
	}
	if len(p) < end {
		d.need = end
		return 0, nil
	}
	d.line++
	i := 2
	for k := range d.cols {
		c := &d.cols[k]
		size := int32(binary.BigEndian.Uint32(p[i:]))
		i += 4
		if size < 0 {
			c.null()
			continue
		}
		if err := c.putBinary(p[i : i+int(size)]); err != nil {
			if e, ok := sqlerr.As(err); ok {
				e.Byte = d.begin + 1
				e.In("COPY %s, line %d, column %s", d.relation, d.line, c.name)
			}
			return 0, err
		}
		i += int(size)
	}
	return end, d.added()
}

func (d *binaryReader) Close() error {
	if d.err != nil {
		return d.err
	}
	if !d.started && len(d.carry) == 0 || d.started && len(d.carry) > 0 || d.skip > 0 {
		d.line++
		return d.fail(d.bad("unexpected EOF in COPY data"))
	}
	if !d.started {
		return d.fail(sqlerr.New(sqlerr.BadCopyFileFormat, "COPY file signature not recognized"))
	}
	if err := d.flush(); err != nil {
		return d.fail(err)
	}
	return nil
}
