package expr

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// merge puts a column together from rows of several.
type merge struct {
	c     *Ctx
	n     int
	t     types.Type
	parts []operand
	arm   []uint16 // the part that row i comes from, plus 1; 0: none, and the row is null
}

func newMerge(c *Ctx, n int, t types.Type) *merge {
	m := &merge{c: c, n: n, t: t, arm: scratch[uint16](c, n)}
	clear(m.arm)
	return m
}

// take lets rows come from v, whatever they came from before.
func (m *merge) take(v operand, rows []uint32) {
	m.parts = append(m.parts, v)
	arm := uint16(len(m.parts))
	for _, r := range rows {
		m.arm[r] = arm
	}
}

// split parts rows into those where the condition v is true and the others; rows that failed are in neither.
func (m *merge) split(v *batch.Column, rows []uint32) (yes, no []uint32) {
	yes, no = scratch[uint32](m.c, len(rows)), scratch[uint32](m.c, len(rows))
	y, n := 0, 0
	failed := m.c.Failures() != nil
	for _, r := range rows {
		if failed && m.c.Failed(int(r)) {
			continue
		}
		yes[y], no[n] = r, r
		hit := int(v.Bits[r>>6] >> (r & 63) & 1)
		if v.Valid != nil {
			hit &= int(v.Valid[r>>6] >> (r & 63) & 1)
		}
		y += hit
		n += 1 - hit
	}
	return yes[:y], no[:n]
}

// column gives the rows as they stand.
func (m *merge) column() batch.Column {
	out := batch.Column{Type: m.t, N: m.n, Valid: m.validity()}
	switch m.t.Layout() {
	case types.LayoutBool:
		out.Bits = m.c.bitmap(m.n)
		clear(out.Bits)
		for r, a := range m.arm {
			if a != 0 && m.parts[a-1].col.Bits.Get(r&m.parts[a-1].mask) {
				out.Bits.Set(r)
			}
		}
	case types.LayoutInt16:
		out.Fixed = gatherArms[int16](m)
	case types.LayoutInt32, types.LayoutFloat32:
		out.Fixed = gatherArms[int32](m)
	case types.LayoutInt64, types.LayoutFloat64:
		out.Fixed = gatherArms[int64](m)
	case types.LayoutFixed16:
		out.Fixed = gatherArms[[16]byte](m)
	default:
		f := m.c.frame(m.n, nil, 0)
		t := f.text()
		for r, a := range m.arm {
			t.at(uint32(r))
			if a != 0 && !m.parts[a-1].null(r) {
				t.buf = append(t.buf, m.parts[a-1].raw(r)...)
			}
		}
		t.done()
		out.Offsets, out.Data = f.out.Offsets, f.out.Data
		m.c.release(f)
	}
	return out
}

func (m *merge) validity() batch.Bitmap {
	valid := m.c.bitmap(m.n)
	clear(valid)
	for r, a := range m.arm {
		if a != 0 && !m.parts[a-1].null(r) {
			valid.Set(r)
		}
	}
	return valid
}

func gatherArms[T batch.Value](m *merge) []byte {
	out := scratch[T](m.c, m.n)
	for p := range m.parts {
		vs, mask := batch.Values[T](&m.parts[p].col), m.parts[p].mask
		for r, a := range m.arm {
			if int(a) == p+1 {
				out[r] = vs[r&mask]
			}
		}
	}
	return batch.FixedOf(m.t, out, nil).Fixed
}
