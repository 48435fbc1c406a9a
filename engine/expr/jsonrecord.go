package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// recordFiller makes the fields of records of the members of JSON objects: their texts in columns, cast as a whole.
type recordFiller struct {
	fields []types.RowField
	casts  []Expr
	texts  []*batch.Builder
	buf    []byte
}

func newRecordFiller(fields []types.RowField) (*recordFiller, error) {
	f := &recordFiller{fields: fields}
	for _, field := range fields {
		t := field.Type
		if t.Category() == 'P' {
			return nil, sqlerr.NotSupported("a field of type %s made of JSON", typeName(t))
		}
		x, err := Cast(Col(0, types.Text, field.Name), base(t), Explicit)
		if err != nil {
			return nil, err
		}
		if t.Mod != 0 {
			x = withMod(x, t, Assignment)
		}
		f.casts = append(f.casts, x)
		f.texts = append(f.texts, batch.NewBuilder(types.Text, 0))
	}
	return f, nil
}

// add takes the fields of one record from an object; those that it lacks are those of a record in binary form, or null.
func (f *recordFiller) add(object, defaults []byte) error {
	if kind := jsonKind(object); kind != '{' {
		what := "a scalar"
		if kind == '[' {
			what = "an array"
		}
		return jsonRefused("cannot call populate_composite on %s", what)
	}
	for i, field := range f.fields {
		v := jsonMember(object, field.Name)
		var err error
		switch {
		case v == nil && defaults != nil:
			err = f.keep(i, defaults)
		case v == nil || jsonKind(v) == 'n':
			f.texts[i].Null()
		default:
			err = f.put(i, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep takes field i from a record.
func (f *recordFiller) keep(i int, record []byte) error {
	return types.EachField(record, func(k int, t types.Type, v []byte, null bool) (err error) {
		switch {
		case k != i:
		case null:
			f.texts[i].Null()
		default:
			if f.buf, err = types.AppendWireText(f.buf[:0], v, t, nil); err == nil {
				f.texts[i].Bytes(f.buf)
			}
		}
		return err
	})
}

// put takes field i from a JSON value that is not null.
func (f *recordFiller) put(i int, v []byte) error {
	t, kind := f.fields[i].Type, jsonKind(v)
	f.buf = f.buf[:0]
	switch {
	case t.OID == types.OIDJSON, t.OID == types.OIDJSONB:
		f.buf = append(f.buf, v...)
	case kind == '"':
		f.buf = jsonString(f.buf, v)
	case isArray(t) && kind == '[':
		f.buf = appendArrayLiteral(f.buf, v)
	case isArray(t):
		return sqlerr.New(sqlerr.InvalidTextRepresentation, "expected JSON array").WithHint("See the value of key \"%s\".", f.fields[i].Name)
	default:
		f.buf = append(f.buf, v...)
	}
	f.texts[i].Bytes(f.buf)
	return nil
}

// appendArrayLiteral writes a JSON array as an array's text.
func appendArrayLiteral(dst, v []byte) []byte {
	s := jsonScan{b: v}
	dst = append(dst, '{')
	for more, first := s.open('[', ']'), true; more; more, first = s.next(']'), false {
		if !first {
			dst = append(dst, ',')
		}
		item := s.skip()
		switch jsonKind(item) {
		case '[':
			dst = appendArrayLiteral(dst, item)
			continue
		case 'n':
			dst = append(dst, "NULL"...)
			continue
		case '"':
			item = jsonString(nil, item)
		}
		dst = append(dst, '"')
		for _, c := range item {
			if c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		}
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// finish casts what was added since the last finish.
func (f *recordFiller) finish(c *Ctx) ([]batch.Column, error) {
	sub := c.within()
	defer sub.Close()
	out := make([]batch.Column, len(f.casts))
	for i, x := range f.casts {
		text := f.texts[i].Finish()
		f.texts[i] = batch.NewBuilder(types.Text, 0)
		out[i] = x.Eval(sub, &batch.Batch{N: text.N, Cols: []batch.Column{text}}, nil)
		if fs := sub.Failures(); fs != nil {
			return nil, fs[0].Err
		}
	}
	return out, nil
}

// jsonRecords is the rows that JSON objects make: one, or with set those of an array.
type jsonRecords struct {
	filler   *recordFiller
	name     string
	set      bool
	jsonb    bool
	doc      int // the argument; 1 if the one before it is a record with defaults
	c        *Ctx
	scan     jsonScan
	more     bool
	object   []byte
	defaults []byte
}

func (j *jsonRecords) open(f *frame, r uint32) error {
	j.c, j.defaults, j.more, j.object = f.c, nil, false, nil
	if j.doc > 0 && !f.args[0].null(int(r)) {
		j.defaults = f.raw(0, r)
	}
	if f.args[j.doc].null(int(r)) {
		if !j.set {
			j.object = []byte("{}")
		}
		return nil
	}
	v := f.raw(j.doc, r)
	if !j.set {
		j.object = v
		return nil
	}
	switch kind := jsonKind(v); {
	case kind == '[':
	case j.jsonb:
		return jsonRefused("cannot call %s on a non-array", j.name)
	case kind == '{':
		return jsonRefused("cannot call %s on an object", j.name)
	default:
		return jsonRefused("cannot call %s on a scalar", j.name)
	}
	j.scan = jsonScan{b: v}
	j.more = j.scan.open('[', ']')
	return nil
}

func (j *jsonRecords) fill(out []*batch.Builder, limit int) (n int, err error) {
	if j.object != nil && limit > 0 {
		err = j.filler.add(j.object, j.defaults)
		j.object, n = nil, 1
	}
	for ; err == nil && n < limit && j.more; n++ {
		v := j.scan.skip()
		if jsonKind(v) != '{' {
			err = jsonRefused("argument of %s must be an array of objects", j.name)
			break
		}
		err = j.filler.add(v, j.defaults)
		j.more = j.scan.next(']')
	}
	cols, failed := j.filler.finish(j.c)
	if err != nil {
		return 0, err
	}
	if failed != nil {
		return 0, failed
	}
	for i := range cols {
		for r := range n {
			out[i].Append(&cols[i], r)
		}
	}
	return n, nil
}

// recordSets are the functions that make rows of JSON objects.
func recordSets() []function {
	var fs []function
	for _, t := range []string{"json", "jsonb"} {
		for _, set := range []bool{false, true} {
			name := t + "_to_record"
			if set {
				name += "set"
			}
			fs = append(fs, function{name: name, args: t, ret: "record", flags: fallible | stable | lenient, set: &setOf{rows: func() *jsonRecords {
				return &jsonRecords{name: name, set: set, jsonb: t == "jsonb"}
			}}})
		}
		name := t + "_populate_recordset"
		make := func() *jsonRecords { return &jsonRecords{name: name, set: true, jsonb: t == "jsonb", doc: 1} }
		fs = append(fs, function{name: name, args: "anyelement," + t, ret: "anyelement", flags: fallible | stable | lenient, set: &setOf{rows: make}})
		if t == "json" {
			fs = append(fs, function{name: name, args: "anyelement,json,bool", ret: "anyelement", flags: fallible | stable | lenient, set: &setOf{rows: make}})
		}
	}
	return fs
}

// TakesColumns says whether the function called name gives records, whose fields a column definition list may tell.
func TakesColumns(name string) bool {
	fs := sets[name]
	return len(fs) > 0 && fs[0].set.rows != nil
}

// NeedsColumns says whether the function called name gives records that only a column definition list can tell the
// fields of: its arguments do not.
func NeedsColumns(name string, args []Expr) bool {
	fs := sets[name]
	if len(fs) == 0 || fs[0].set.rows == nil {
		return false
	}
	return fs[0].in[0] != anyElement || len(args) > 0 && (args[0].Type() == types.Unknown || args[0].Type() == types.Record)
}

// CallRecords is CallSet of a function that gives records, whose fields cols names: nil, those of its first argument.
func CallRecords(name string, args []Expr, cols []SetColumn) (*SetCall, error) {
	f, err := choose(sets[name], typesOf(args))
	if err != nil {
		return nil, ambiguous(name, args)
	}
	if f == nil {
		return nil, noFunction(name, args)
	}
	cast, _, err := castArgs(f, args)
	if err != nil {
		return nil, err
	}
	var fields []types.RowField
	for _, c := range cols {
		fields = append(fields, types.RowField{Name: c.Name, Type: c.Type})
	}
	if f.in[0] == anyElement {
		t := cast[0].Type()
		if t.OID != types.OIDRecord {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "first argument of %s must be a row type", name)
		}
		if cols != nil && t.Fields() != nil && len(cols) != len(t.Fields()) {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "function return row and query-specified return row do not match")
		}
		if t.Fields() != nil {
			fields = t.Fields()
		}
	}
	filler, err := newRecordFiller(fields)
	if err != nil {
		return nil, err
	}
	own, rows := *f, f.set.rows
	own.set = &setOf{cols: "*", make: func() rowSet {
		j := rows()
		j.filler, _ = newRecordFiller(filler.fields) // it could be made before
		return j
	}}
	s := &SetCall{fn: &own, args: cast}
	for i, field := range fields {
		c := SetColumn{Name: field.Name, Type: field.Type}
		if cols != nil {
			c.Name = cols[i].Name
		}
		s.cols = append(s.cols, c)
	}
	return s, nil
}

// populateFunctions make one record of a JSON object.
func populateFunctions() []function {
	flags := fallible | stable | lenient
	return []function{
		{name: "json_populate_record", args: "anyelement,json", ret: "anyelement", flags: flags, run: populate},
		{name: "json_populate_record", args: "anyelement,json,bool", ret: "anyelement", flags: flags, run: populate},
		{name: "jsonb_populate_record", args: "anyelement,jsonb", ret: "anyelement", flags: flags, run: populate},
	}
}

func populate(f *frame) {
	out := f.text()
	filler, err := newRecordFiller(f.t.Fields())
	if f.t.OID != types.OIDRecord {
		err = sqlerr.New(sqlerr.DatatypeMismatch, "first argument of populate_record must be a row type")
	} else if f.t.Fields() == nil {
		err = sqlerr.New(sqlerr.FeatureNotSupported, "could not determine row type for result of populate_record")
	}
	row := frame{c: f.c, n: 1, args: make([]operand, len(f.t.Fields()))}
	for _, r := range f.rows() {
		out.at(r)
		var defaults []byte
		if !f.args[0].null(int(r)) {
			defaults = f.raw(0, r)
		}
		switch {
		case err != nil:
			f.fail(r, err)
			continue
		case !f.args[1].null(int(r)):
		case defaults == nil:
			f.null(r)
			continue
		default:
			out.buf = append(out.buf, defaults...)
			continue
		}
		failed := filler.add(f.raw(1, r), defaults)
		cols, bad := filler.finish(f.c)
		if failed == nil {
			failed = bad
		}
		if failed != nil {
			f.fail(r, failed)
			continue
		}
		for i := range cols {
			row.args[i] = operand{col: cols[i], mask: -1}
		}
		out.buf = appendRow(out.buf, row.args, 0, rowWriters(row.args))
	}
	out.done()
}
