package expr

import "github.com/vexfs/vexstream/engine/value"

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
		fs = append(fs, function{name: f.name, args: f.of, ret: "bytea", run: sendBinary})
	}
	return fs
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
