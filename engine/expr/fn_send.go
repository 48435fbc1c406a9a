package expr

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/value"
)

// sendFunctions give a value in the binary form that the protocol has for its type. Those of PostgreSQL's that are not here are of types
// that no column has.
func sendFunctions() []function {
	var fs []function
	for _, f := range []struct{ name, of string }{
		{"boolsend", "bool"},
		{"byteasend", "bytea"},
		{"textsend", "text"},
		{"int2send", "int2"},
		{"int4send", "int4"},
		{"int8send", "int8"},
		{"float4send", "float4"},
		{"float8send", "float8"},
		{"numeric_send", "numeric"},
		{"uuid_send", "uuid"},
		{"date_send", "date"},
		{"time_send", "time"},
		{"timestamp_send", "timestamp"},
		{"timestamptz_send", "timestamptz"},
		{"interval_send", "interval"},
		{"json_send", "json"},
		{"jsonb_send", "jsonb"},
	} {
		run := sendBinary
		if f.of == "numeric" {
			run = sendNumeric
		}
		fs = append(fs, function{name: f.name, args: f.of, ret: "bytea", run: run})
	}
	return fs
}

// infinityScale is the scale that PostgreSQL reads out of the head of an infinite numeric.
const infinityScale = 0x20

func sendNumeric(f *frame) {
	a := &f.args[0]
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		from := len(out.buf)
		out.buf = append(out.buf, a.raw(int(r))...)
		if len(out.buf) < from+8 {
			continue // the row has failed already
		}
		if sign := binary.BigEndian.Uint16(out.buf[from+4:]); sign == signPlusInf || sign == signMinusInf {
			out.buf[from+7] = infinityScale
		}
	}
	out.done()
}

func sendBinary(f *frame) {
	a := &f.args[0]
	write := value.NewBinaryWriter(a.col.Type)
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = write(out.buf, &a.col, a.at(r))
	}
	out.done()
}
