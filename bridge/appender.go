package bridge

import (
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Appender fills batches of any schema row by row: the setters in any order, then EndRow. A column that was not set
// is null. A setter that does not fit its column is remembered, and EndRow refuses the row.
//
//	a.Time(0, ts); a.String(1, "create"); a.Int64(2, size)
//	if err := a.EndRow(); err != nil { ... }         // the row is gone, the rows before it are not
//	if a.Full() { push(a.Batch()); a.Reset() }
//
// One goroutine uses it. It allocates only while its columns grow.
type Appender struct {
	schema batch.Schema
	cols   []column
	need   []int // the NOT NULL columns
	n      int
	bytes  int // of strings
	err    error
	out    batch.Batch
}

// NewAppender makes an Appender for schema. Text columns named in keys are dictionary-coded while that pays.
func NewAppender(schema batch.Schema, keys ...int) *Appender {
	a := &Appender{schema: schema, cols: make([]column, len(schema))}
	a.out.Cols = make([]batch.Column, len(schema))
	for i, f := range schema {
		a.cols[i] = makeColumn(f.Type, nil)
		if f.NotNull {
			a.need = append(a.need, i)
		}
	}
	for _, k := range keys {
		if a.cols[k].layout == types.LayoutBytes {
			a.cols[k] = makeColumn(schema[k].Type, newDictionary())
		}
	}
	return a
}

// slot gives column i ready for the row under way, or nil, with a.err set, if it has another layout or is set already.
func (a *Appender) slot(i int, l types.Layout) *column {
	if c := &a.cols[i]; c.layout == l && c.n == a.n {
		return c
	}
	return a.slow(i, l)
}

// slow is slot for a column that lags behind, or does not fit.
func (a *Appender) slow(i int, l types.Layout) *column {
	c := &a.cols[i]
	if c.layout != l || c.n > a.n {
		a.refuse(i)
		return nil
	}
	c.pad(a.n)
	return c
}

func (a *Appender) refuse(i int) {
	if a.err != nil {
		return
	}
	f := &a.schema[i]
	if a.cols[i].n > a.n {
		a.err = sqlerr.New(sqlerr.InvalidParameterValue, "column %q is set twice in one row", f.Name)
		return
	}
	a.err = sqlerr.New(sqlerr.DatatypeMismatch, "column %q is of type %s and takes another kind of value", f.Name, f.Type.Name())
}

// Int64 sets a bigint, or any other type of 64-bit integers.
func (a *Appender) Int64(col int, v int64) {
	c := &a.cols[col]
	if c.layout != types.LayoutInt64 || c.n != a.n { // as in slot, which is too large to be inlined
		if c = a.slow(col, types.LayoutInt64); c == nil {
			return
		}
	}
	c.put64(uint64(v))
}

// Int32 sets an integer or a date.
func (a *Appender) Int32(col int, v int32) {
	if c := a.slot(col, types.LayoutInt32); c != nil {
		c.put32(uint32(v))
	}
}

// Int16 sets a smallint.
func (a *Appender) Int16(col int, v int16) {
	if c := a.slot(col, types.LayoutInt16); c != nil {
		c.put16(v)
	}
}

// Float64 sets a double precision.
func (a *Appender) Float64(col int, v float64) {
	if c := a.slot(col, types.LayoutFloat64); c != nil {
		c.put64(math.Float64bits(v))
	}
}

// Float32 sets a real.
func (a *Appender) Float32(col int, v float32) {
	if c := a.slot(col, types.LayoutFloat32); c != nil {
		c.put32(math.Float32bits(v))
	}
}

// Bool sets a boolean.
func (a *Appender) Bool(col int, v bool) {
	if c := a.slot(col, types.LayoutBool); c != nil {
		c.putBool(v)
	}
}

// Time sets a timestamp or timestamptz.
func (a *Appender) Time(col int, v types.Micros) { a.Int64(col, int64(v)) }

// Fixed16 sets a uuid or an interval.
func (a *Appender) Fixed16(col int, v [16]byte) {
	if c := a.slot(col, types.LayoutFixed16); c != nil {
		c.put128(&v)
	}
}

// String sets a column of text, or any other of variable length, in the form that package types names. The bytes are
// copied, and not checked.
func (a *Appender) String(col int, v string) {
	c := &a.cols[col]
	if c.layout != types.LayoutBytes || c.n != a.n {
		if c = a.slow(col, types.LayoutBytes); c == nil {
			return
		}
	}
	a.bytes += len(v)
	if c.coded {
		c.putString(v)
		return
	}
	c.putPlain(v)
}

// Bytes is String for a slice, which is copied.
func (a *Appender) Bytes(col int, v []byte) { a.String(col, view(v)) }

// Null sets nothing: a column that is not set is null. It undoes an earlier setter of this row.
func (a *Appender) Null(col int) { a.cols[col].truncate(a.n) }

// EndRow ends the row. With an error the row is dropped and the Appender can go on: 23502 for a NOT NULL column that
// was not set, 42804 for a setter of the wrong type, 22023 for a column set twice, 54000 for a row when Full.
func (a *Appender) EndRow() error {
	n := a.n
	bad := a.err != nil || n >= batch.MaxRows
	for _, i := range a.need {
		bad = bad || a.cols[i].n <= n
	}
	if bad {
		return a.refuseRow()
	}
	a.n = n + 1
	return nil
}

// refuseRow says what is wrong with the row under way, and drops it.
func (a *Appender) refuseRow() error {
	if a.err == nil && a.n == batch.MaxRows {
		a.err = sqlerr.New(sqlerr.ProgramLimitExceeded, "a batch holds at most %d rows", batch.MaxRows)
	}
	for _, i := range a.need {
		if a.cols[i].n <= a.n && a.err == nil {
			a.err = sqlerr.New(sqlerr.NotNullViolation, "null value in column %q violates its not-null constraint", a.schema[i].Name)
		}
	}
	return a.drop()
}

func (a *Appender) drop() error {
	err := a.err
	for i := range a.cols {
		a.cols[i].truncate(a.n)
	}
	a.err = nil
	return err
}

// Len is the number of rows since Reset.
func (a *Appender) Len() int { return a.n }

// Full says whether the batch has reached FlushRows, or FlushBytes of strings.
func (a *Appender) Full() bool {
	return a.n >= FlushRows || a.bytes >= FlushBytes
}

// Batch gives the rows, borrowed until Reset. A row under way is dropped.
func (a *Appender) Batch() *batch.Batch {
	_ = a.drop()
	a.out.N = a.n
	for i := range a.cols {
		a.out.Cols[i] = a.cols[i].finish(a.n)
	}
	a.out.Check()
	return &a.out
}

// Reset empties the Appender and keeps its memory: the batch is gone.
func (a *Appender) Reset() {
	poison(&a.out)
	for i := range a.cols {
		c := &a.cols[i]
		if c.dict != nil {
			c.dict.turn()
		}
		c.reset()
	}
	a.n, a.bytes, a.err = 0, 0, nil
}
