package op

import "github.com/vexfs/vexstream/engine/mem"

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

// Close gives everything back. It may come twice.
func (m *Meter) Close() { _ = m.Set(0) }
