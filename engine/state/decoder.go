package state

import "encoding/binary"

// Decoder reads numbers and bytes from the front of what was stored. It does not fail at once: past the first thing that does
// not fit, Bad is set and everything read is zero, so that whoever reads looks once, at the end. The zero value after
// Data is set is ready.
type Decoder struct {
	Data []byte // what is left; borrowed
	Bad  bool
}

// Bytes gives the next n bytes. They are borrowed.
func (d *Decoder) Bytes(n uint64) []byte {
	if n > uint64(len(d.Data)) {
		d.spoil()
		return nil
	}
	b := d.Data[:n]
	d.Data = d.Data[n:]
	return b
}

// Byte gives the next byte.
func (d *Decoder) Byte() byte {
	if b := d.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint reads what binary.AppendUvarint wrote.
func (d *Decoder) Uint() uint64 {
	v, n := binary.Uvarint(d.Data)
	return took(d, v, n)
}

// Int reads what binary.AppendVarint wrote.
func (d *Decoder) Int() int64 {
	v, n := binary.Varint(d.Data)
	return took(d, v, n)
}

func took[T int64 | uint64](d *Decoder, v T, n int) T {
	if n <= 0 {
		d.spoil()
		return 0
	}
	d.Data = d.Data[n:]
	return v
}

func (d *Decoder) spoil() { d.Data, d.Bad = nil, true }
