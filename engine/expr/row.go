package expr

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// rowName is the function that makes rows: what tells one from other calls.
const rowName = "row"

// Row is ROW(items), a record whose fields are called names: f1, f2 and so on where names is nil.
func Row(items []Expr, names []string) (Expr, error) {
	return RowAs(items, names, types.RowName{})
}

// RowAs is the row of a relation.
func RowAs(items []Expr, names []string, name types.RowName) (Expr, error) {
	fields := make([]types.RowField, len(items))
	args := make([]Expr, len(items))
	for i, x := range items {
		var err error
		if args[i] = x; x.Type() == types.Unknown {
			if args[i], err = Cast(x, types.Text, Implicit); err != nil {
				return nil, err
			}
		}
		fields[i].Type = args[i].Type()
		if fields[i].Name = fieldName(i); names != nil {
			fields[i].Name = names[i]
		}
	}
	t := types.NamedRow(fields, name)
	return &call{
		fn: &function{name: rowName, flags: lenient, run: makeRow}, args: args, t: t,
		form: func(as []Expr) string { return "ROW(" + list(as) + ")" },
	}, nil
}

func fieldName(i int) string { return "f" + string(types.AppendInt(nil, int64(i)+1)) }

func makeRow(f *frame) {
	writers := rowWriters(f.args)
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		if out.room(f.sizeOf(r)) {
			out.buf = appendRow(out.buf, f.args, r, writers)
		}
	}
	out.done()
}

// sizeOf is about how many bytes the arguments of row r have together.
func (f *frame) sizeOf(r uint32) (n int) {
	for i := range f.args {
		a := &f.args[i]
		if a.col.Type.Layout() != types.LayoutBytes {
			n += 16
		} else if !a.null(int(r)) {
			n += len(a.raw(int(r))) + 8
		}
	}
	return n
}

func rowWriters(items []operand) []value.Writer {
	writers := make([]value.Writer, len(items))
	for i := range items {
		writers[i] = value.NewBinaryWriter(items[i].col.Type)
	}
	return writers
}

// appendRow appends a record of row r of its items.
func appendRow(dst []byte, items []operand, r uint32, writers []value.Writer) []byte {
	dst = types.AppendRecordHeader(dst, len(items))
	for i := range items {
		a := &items[i]
		if a.null(int(r)) {
			dst = types.AppendRecordField(dst, a.col.Type, nil, true)
			continue
		}
		dst = types.AppendRecordField(dst, a.col.Type, nil, false)
		at := len(dst)
		dst = writers[i](dst, &a.col, a.at(r))
		binary.BigEndian.PutUint32(dst[at-4:], uint32(len(dst)-at))
	}
	return dst
}

// castRow gives a record the fields of another row type, each cast; only of a ROW(...) written out, or null.
func castRow(x Expr, to types.Type, how CastContext) (Expr, error) {
	fields := to.Fields()
	if c, ok := x.(*constant); ok && c.col.Null(0) {
		return Null(to), nil
	}
	c, ok := x.(*call)
	switch {
	case !ok || c.fn.name != rowName:
		return nil, sqlerr.NotSupported("a cast of this record to another row type")
	case len(fields) != len(c.args):
		word := "few"
		if len(c.args) > len(fields) {
			word = "many"
		}
		return nil, sqlerr.New(sqlerr.CannotCoerce, "cannot cast type record to %s", typeName(to)).WithDetail("Input has too %s columns.", word)
	}
	items, names := make([]Expr, len(fields)), make([]string, len(fields))
	for i, f := range fields {
		var err error
		if items[i], err = Cast(c.args[i], f.Type, how); err != nil {
			return nil, err
		}
		names[i] = f.Name
	}
	return RowAs(items, names, to.RowName())
}

// Field is field i of a record whose fields are known. Of a ROW(...) it is the item itself.
func Field(x Expr, i int) Expr {
	if c, ok := x.(*call); ok && c.fn.name == rowName {
		return c.args[i]
	}
	f := x.Type().Fields()[i]
	return &call{
		fn: &function{name: "field " + f.Name, run: func(fr *frame) { takeField(fr, i) }}, args: []Expr{x}, t: f.Type,
		form: func(as []Expr) string { return "(" + as[0].String() + ")." + f.Name },
	}
}

func takeField(f *frame, i int) {
	b := batch.NewBuilder(f.t, f.n)
	for _, r := range f.rows() {
		for b.Len() < int(r) {
			b.Null()
		}
		if !f.fits(b, r) {
			break
		}
		err := types.EachField(f.raw(0, r), func(k int, _ types.Type, v []byte, null bool) error {
			switch {
			case k != i:
				return nil
			case null:
				b.Null()
				return nil
			}
			return fromWire(b, v)
		})
		if err != nil {
			f.fail(r, err)
		}
		for b.Len() <= int(r) {
			b.Null()
		}
	}
	for b.Len() < f.n {
		b.Null()
	}
	f.out = b.Finish()
}

// RowIsNull is x IS [NOT] NULL of a record: whether it is null or all of its fields are, or it is there and none of them
// is.
func RowIsNull(x Expr, negate bool) Expr {
	if c, ok := x.(*call); ok && c.fn.name == rowName {
		terms := make([]Expr, len(c.args))
		for i, a := range c.args {
			terms[i] = IsNull(a, negate)
		}
		return And(terms...)
	}
	name := "row is null"
	if negate {
		name = "row is not null"
	}
	run := func(f *frame) {
		bits := f.bits()
		for _, r := range f.rows() {
			yes := true
			if f.args[0].null(int(r)) {
				yes = !negate
			} else if err := types.EachField(f.raw(0, r), func(_ int, _ types.Type, _ []byte, null bool) error {
				yes = yes && null != negate
				return nil
			}); err != nil {
				f.fail(r, err)
			}
			if yes {
				bits.Set(int(r))
			}
		}
	}
	return &call{
		fn: &function{name: name, flags: lenient, run: run}, args: []Expr{x}, t: types.Bool,
		form: func(as []Expr) string { return newIsTest(as[0], "null", negate).String() },
	}
}

// comparableRows says why two record types cannot be compared, if their fields are known.
func comparableRows(a, b types.Type) error {
	x, y := a.Fields(), b.Fields()
	if x == nil || y == nil {
		return nil
	}
	for i := range min(len(x), len(y)) {
		if x[i].Type.OID != y[i].Type.OID {
			return sqlerr.New(sqlerr.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d", typeName(base(x[i].Type)), typeName(base(y[i].Type)), i+1)
		}
	}
	if len(x) != len(y) {
		return sqlerr.New(sqlerr.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return nil
}

// appendRecordJSON writes a record as an object.
func appendRecordJSON(dst []byte, f *frame, t types.Type, record []byte) []byte {
	fields := t.Fields()
	o := &jsonObject{vals: map[string]any{}}
	_ = types.EachField(record, func(i int, t types.Type, v []byte, null bool) error { // what is in a column has been checked
		name := fieldName(i)
		if i < len(fields) {
			name = fields[i].Name
			t = fields[i].Type
		}
		b := batch.NewBuilder(t, 1)
		if null || fromWire(b, v) != nil {
			b.Null()
		}
		col := b.Finish()
		o.set(name, rawJSON(appendJSONValue(nil, f, &col, 0)))
		return nil
	})
	return appendTree(dst, o)
}

// fromWire appends a field in binary form. A record in a record, or an array of them, is what its column holds.
func fromWire(b *batch.Builder, v []byte) error {
	if t := b.Type().OID; t == types.OIDRecord || t == types.OIDRecordArray {
		b.Bytes(v)
		return nil
	}
	return value.ParseBinary(b, v)
}
