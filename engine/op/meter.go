package op

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Meter keeps a reservation as large as an operator's state.
type Meter struct {
	budget *mem.Budget
	held   int64
}

// NewMeter makes a Meter that reserves from a child of env's budget, which refusals call name.
func NewMeter(env *Env, name string) *Meter { return &Meter{budget: env.Budget.Child(name, 0)} }

// Set makes the reservation n bytes. It fails with 53200, and changes nothing, when that is more than the query may
// hold.
func (m *Meter) Set(n int64) error {
	if n > m.held {
		if err := m.budget.Reserve(n - m.held); err != nil {
			return err
		}
	} else {
		m.budget.Release(m.held - n)
	}
	m.held = n
	return nil
}

// Grow is Set for n bytes more than there are.
func (m *Meter) Grow(n int64) error { return m.Set(m.held + n) }

// Foresee fails with 53200 if there is no room for n bytes more. It reserves nothing.
func (m *Meter) Foresee(n int64) error {
	if err := m.budget.Reserve(n); err != nil {
		return err
	}
	m.budget.Release(n)
	return nil
}

// foreseeWritten is Foresee for b's values where they are written out beside each other: a few codes of a dictionary may stand for
// very many bytes.
func (m *Meter) foreseeWritten(b *batch.Batch) error {
	if n := b.Written(); n > smallBatch {
		return m.Foresee(n)
	}
	return nil
}

// foreseeColumns fails if columns that keep rows side by side have no room for b's. A column that grows is there twice for a moment.
// Errors: 53200; 54000 for more than 2 GiB in a column.
func (m *Meter) foreseeColumns(b *batch.Batch, to []*batch.Builder) error {
	weight, all, twice := int64(weightOf(b)/b.N+1), int64(0), 0
	for i := range b.Cols {
		n := b.Cols[i].Written()
		if b.Diff != nil {
			n *= weight
		}
		if int64(to[i].Size())+n > maxBuildBytes {
			return sqlerr.New(sqlerr.ProgramLimitExceeded, "rows that %s keeps have more than 2 GiB in one column", m.budget.Name())
		}
		all, twice = all+n, max(twice, to[i].Size())
	}
	if all+int64(twice) < smallBatch {
		return nil
	}
	return m.Foresee(all + int64(twice))
}

// smallBatch is how many bytes a batch may have that is taken in before it is counted.
const smallBatch = 1 << 20

// Close gives everything back. It may come twice.
func (m *Meter) Close() { _ = m.Set(0) }
