package expr

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// node is what every expression of this package also is: a place in a tree that can be walked and rebuilt.
type node interface {
	Expr
	kids() []Expr
	with(kids []Expr) Expr // the same node over other children; never changes the receiver
	own() traits           // of the node itself, without its children
}

// traits is what the planner must know to move or fold an expression.
type traits struct {
	vol      Vol
	fallible bool
}

// leaf is the part that nodes without children share.
type leaf struct{}

func (leaf) kids() []Expr { return nil }
func (leaf) own() traits  { return traits{} }

type column struct {
	leaf
	i    int
	t    types.Type
	name string
}

// Col is column i of the batch, which has type t. The name is for EXPLAIN.
func Col(i int, t types.Type, name string) Expr { return &column{i: i, t: t, name: name} }

// Cols is all columns of a schema, made in one piece: plans pass whole rows on at many places.
func Cols(s batch.Schema) []Expr {
	cols, out := make([]column, len(s)), make([]Expr, len(s))
	for i, f := range s {
		cols[i] = column{i: i, t: f.Type, name: f.Name}
		out[i] = &cols[i]
	}
	return out
}

func (e *column) Type() types.Type { return e.t }
func (e *column) String() string   { return e.name }
func (e *column) with([]Expr) Expr { return e }
func (e *column) Eval(_ *Ctx, b *batch.Batch, _ batch.Sel) batch.Column {
	col := b.Cols[e.i]
	col.Type = e.t
	return col
}

type constant struct {
	leaf
	col   batch.Column // one row
	dict  *batch.Dict  // LayoutBytes: the value as a dictionary of one entry
	typed types.Type   // what it is shown as
}

// Const is the value of c, a column of one row. It takes over what is of fixed width, and copies other values.
func Const(c batch.Column) Expr {
	if c.Type.Layout() != types.LayoutBytes {
		return &constant{col: c, typed: c.Type}
	}
	if c.Null(0) {
		return Null(c.Type)
	}
	v := c.At(0)
	return bytesOf(c.Type, append(batch.MakeBytes(len(v))[:0], v...), nil)
}

// bytesOf is the constant of a value, which it takes over.
func bytesOf(t types.Type, v []byte, valid batch.Bitmap) *constant {
	e := &struct {
		constant
		dict    batch.Dict
		offsets [2]int32
	}{offsets: [2]int32{0, int32(len(v))}}
	e.dict = batch.Dict{ID: batch.NewDictID(), Offsets: e.offsets[:], Data: v}
	e.constant = constant{col: batch.BytesOf(t, e.dict.Offsets, v, valid), dict: &e.dict, typed: t}
	return &e.constant
}

// Null is the null of type t.
func Null(t types.Type) Expr {
	if t.Layout() == types.LayoutBytes {
		return bytesOf(t, batch.MakeBytes(0), batch.NewBitmap(1))
	}
	b := batch.NewBuilder(t, 1)
	b.Null()
	return Const(b.Finish())
}

// Lit is the constant that text stands for in type t: for types.Unknown a literal that takes its type from where it is
// used. The text is not SQL: it has no quotes. An error says why t cannot read it.
func Lit(t types.Type, text string) (Expr, error) {
	if t.OID == types.OIDUnknown || t == types.Text {
		return bytesOf(t, append(batch.MakeBytes(len(text))[:0], text...), nil), nil
	}
	if t == types.Int4 {
		n, err := types.ParseInt4(text)
		if err != nil {
			return nil, err
		}
		return integer(n), nil
	}
	b := batch.NewBuilder(t, 1)
	if err := parseInto(b, text); err != nil {
		return nil, err
	}
	return Const(b.Finish()), nil
}

// integer is the constant of the number that most literals are, in one piece.
func integer(n int32) Expr {
	e := &struct {
		constant
		value [(batch.Padding + 4) / 4]int32
	}{}
	e.value[0] = n
	e.constant = constant{col: batch.FixedOf(types.Int4, e.value[:1], nil), typed: types.Int4}
	return &e.constant
}

func (e *constant) Type() types.Type { return e.col.Type }
func (e *constant) String() string {
	c := e.col
	c.Type = e.typed
	return sqlText(&c)
}
func (e *constant) with([]Expr) Expr { return e }

func (e *constant) Eval(c *Ctx, b *batch.Batch, _ batch.Sel) batch.Column {
	if b.N == 1 && e.dict == nil {
		return e.col
	}
	return broadcast(c, &e.col, e.dict, b.N)
}

// broadcast repeats the one row of col n times.
func broadcast(c *Ctx, col *batch.Column, dict *batch.Dict, n int) batch.Column {
	out := batch.Column{Type: col.Type, N: n}
	if col.Null(0) {
		out.Valid = c.bitmap(n)
		clear(out.Valid)
	}
	switch layout := col.Type.Layout(); {
	case layout == types.LayoutBool:
		out.Bits = c.bitmap(n)
		fillWords(out.Bits, col.Bits.Get(0))
	case layout.Width() > 0:
		w := layout.Width()
		out.Fixed = scratch[byte](c, n*w)
		for i := 0; i < n*w; i += w {
			copy(out.Fixed[i:i+w], col.Fixed[:w])
		}
	case dict == nil:
		v := col.At(0)
		dict = &batch.Dict{ID: batch.NewDictID(), Offsets: []int32{0, int32(len(v))}, Data: append(batch.MakeBytes(len(v))[:0], v...)}
		fallthrough
	default:
		out.Codes, out.Dict = sameCode(n), dict
	}
	return out
}

func fillWords(m batch.Bitmap, v bool) {
	var w uint64
	if v {
		w = ^w
	}
	for i := range m {
		m[i] = w
	}
}

type param struct {
	leaf
	n    int
	t    types.Type
	told func(types.Type) // of a type that an unknown one is cast to; nil: nobody asks
}

// OpenParam is $n (from 1) of type unknown. told hears of each type that a function, an operator or a column takes it as.
func OpenParam(n int, told func(types.Type)) Expr { return &param{n: n, t: types.Unknown, told: told} }

// Param is $n (from 1), whose value is Ctx.Params[n-1] and has type t.
func Param(n int, t types.Type) Expr { return &param{n: n, t: t} }

func (e *param) Type() types.Type { return e.t }
func (e *param) String() string   { return "$" + strconv.Itoa(e.n) }
func (e *param) with([]Expr) Expr { return e }
func (e *param) Eval(c *Ctx, b *batch.Batch, _ batch.Sel) batch.Column {
	return broadcast(c, &c.Params[e.n-1], nil, b.N)
}

// operand is an evaluated child: a column, or the one row of a constant with mask 0. Row r of it is at r & mask.
type operand struct {
	col  batch.Column
	mask int
}

func (o *operand) at(r uint32) int  { return int(r) & o.mask }
func (o *operand) konst() bool      { return o.mask == 0 }
func (o *operand) null(r int) bool  { return o.col.Null(r & o.mask) }
func (o *operand) str(r int) string { return o.col.Str(r & o.mask) }
func (o *operand) raw(r int) []byte { return o.col.At(r & o.mask) }

// eval evaluates a child and keeps a constant as the one row that it is.
func eval(e Expr, c *Ctx, b *batch.Batch, rows batch.Sel) operand {
	switch e := e.(type) {
	case *constant:
		return operand{col: e.col}
	case *param:
		return operand{col: c.Params[e.n-1]}
	}
	return operand{col: e.Eval(c, b, rows), mask: -1}
}

// quote writes s as a SQL string literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// list writes expressions with commas between them.
func list(es []Expr) string {
	var sb strings.Builder
	for i, e := range es {
		if i > 0 {
			sb.WriteString(", ")
		}
		sb.WriteString(e.String())
	}
	return sb.String()
}
