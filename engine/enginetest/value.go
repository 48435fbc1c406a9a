package enginetest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// ValueAt gives row i of c as a Row holds it: numeric as its text, what else has no Go type as hexadecimal bytes.
func ValueAt(c *batch.Column, i int) any {
	if c.Null(i) {
		return nil
	}
	switch c.Type.Layout() {
	case types.LayoutBool:
		return c.Bits.Get(i)
	case types.LayoutInt16:
		return int64(batch.Values[int16](c)[i])
	case types.LayoutInt32:
		return int64(batch.Values[int32](c)[i])
	case types.LayoutFloat32:
		return float64(batch.Values[float32](c)[i])
	case types.LayoutFloat64:
		return batch.Values[float64](c)[i]
	case types.LayoutFixed16:
		return hex.EncodeToString(c.Fixed[16*i : 16*i+16])
	case types.LayoutInt64:
		v := batch.Values[int64](c)[i]
		switch c.Type.OID {
		case types.OIDTimestamp, types.OIDTimestamptz, types.OIDTime:
			return types.Micros(v)
		}
		return v
	}
	switch {
	case c.Type.OID == types.OIDNumeric:
		return numericText(c.At(i))
	case c.Type.Category() == 'A' || c.Type.OID == types.OIDBytea || c.Type.OID == types.OIDRecord:
		return hex.EncodeToString(c.At(i))
	}
	return string(c.At(i))
}

// numericText reads PostgreSQL's binary numeric: digits to the base 10,000, the weight of the first, the sign, and how
// many decimals are shown.
func numericText(b []byte) string {
	if len(b) < 8 {
		return "damaged " + hex.EncodeToString(b)
	}
	n, weight := int(binary.BigEndian.Uint16(b)), int(int16(binary.BigEndian.Uint16(b[2:])))
	sign, scale := binary.BigEndian.Uint16(b[4:]), int(binary.BigEndian.Uint16(b[6:]))
	switch {
	case sign == 0xC000:
		return "NaN"
	case sign == 0xD000:
		return "Infinity"
	case sign == 0xF000:
		return "-Infinity"
	case len(b) != 8+2*n:
		return "damaged " + hex.EncodeToString(b)
	}
	digit := func(i int) int {
		if i < 0 || i >= n {
			return 0
		}
		return int(binary.BigEndian.Uint16(b[8+2*i:]))
	}
	var whole, frac strings.Builder
	for i := 0; i <= weight; i++ {
		fmt.Fprintf(&whole, "%04d", digit(i))
	}
	for i := weight + 1; frac.Len() < scale; i++ {
		fmt.Fprintf(&frac, "%04d", digit(i))
	}
	s := strings.TrimLeft(whole.String(), "0")
	if s == "" {
		s = "0"
	}
	if scale > 0 {
		s += "." + frac.String()[:scale]
	}
	if sign == 0x4000 {
		s = "-" + s
	}
	return s
}

// Rows gives the rows of b.
func Rows(b *batch.Batch) []Row {
	rows := make([]Row, b.N)
	for i := range rows {
		rows[i].Diff = b.Weight(i)
		for c := range b.Cols {
			rows[i].Vals = append(rows[i].Vals, ValueAt(&b.Cols[c], i))
		}
	}
	return rows
}

// Batch makes a batch of rows. seq0 is the place of the first in its epoch. Weights are left out if all are 1.
func Batch(schema batch.Schema, epoch *batch.Epoch, seq0 uint32, rows []Row) *batch.Batch {
	b := &batch.Batch{Epoch: epoch, N: len(rows), Seq0: seq0}
	for c := range schema {
		bld := batch.NewBuilder(schema[c].Type, len(rows))
		for _, r := range rows {
			put(bld, r.Vals[c])
		}
		b.Cols = append(b.Cols, bld.Finish())
	}
	for i, r := range rows {
		if r.Diff != 1 && b.Diff == nil {
			b.Diff = make([]int64, len(rows))
			for k := range b.Diff {
				b.Diff[k] = 1
			}
		}
		if b.Diff != nil {
			b.Diff[i] = r.Diff
		}
	}
	return b
}

func put(b *batch.Builder, v any) {
	layout := b.Type().Layout()
	switch v := v.(type) {
	case nil:
		b.Null()
	case bool:
		b.Bool(v)
	case string:
		b.String(v)
	case types.Micros:
		batch.Put(b, int64(v))
	case float64:
		if layout == types.LayoutFloat32 {
			batch.Put(b, float32(v))
		} else {
			batch.Put(b, v)
		}
	case int64:
		switch layout {
		case types.LayoutInt16:
			batch.Put(b, int16(v))
		case types.LayoutInt32:
			batch.Put(b, int32(v))
		default:
			batch.Put(b, v)
		}
	}
}

// Coded gives b with every text column dictionary-coded, over dictionaries whose entries are in random order and partly
// unused.
func Coded(b *batch.Batch, rnd *rand.Rand) *batch.Batch {
	out := *b
	out.Cols = append([]batch.Column(nil), b.Cols...)
	for c := range out.Cols {
		if col := &out.Cols[c]; col.Type.Layout() == types.LayoutBytes && col.Dict == nil {
			*col = coded(col, rnd)
		}
	}
	return &out
}

func coded(col *batch.Column, rnd *rand.Rand) batch.Column {
	place := map[string]uint32{}
	entries := []string{"unused"}
	for _, i := range rnd.Perm(col.N) {
		if v := string(col.At(i)); !col.Null(i) {
			if _, ok := place[v]; !ok {
				place[v] = uint32(len(entries))
				entries = append(entries, v)
			}
		}
	}
	d := &batch.Dict{ID: batch.NewDictID(), Offsets: []int32{0}}
	for _, e := range entries {
		d.Data = append(d.Data, e...)
		d.Offsets = append(d.Offsets, int32(len(d.Data)))
	}
	codes := batch.MakeValues[uint32](col.N)
	for i := range codes {
		if !col.Null(i) {
			codes[i] = place[string(col.At(i))]
		}
	}
	return batch.CodedOf(col.Type, codes, d, col.Valid)
}
