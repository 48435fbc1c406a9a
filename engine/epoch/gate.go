package epoch

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Gate sees all rows that come to a log, in the goroutine of who adds them, before they are encoded. What the log has is
// what it let through, so neither a replay nor a view that reads old rows asks it again.
type Gate interface {
	// Pass gives what is to be stored of b, which is borrowed and stays as it is, and adds beside it, with s.Beside, what
	// is to be stored because of b. b itself says that nothing is changed.
	Pass(s *Statement, t Target, b *batch.Batch) (*batch.Batch, error)
}

// Limits of what a gate adds.
const (
	// MaxHops is how often rows may be added because of rows that were added because of others.
	MaxHops = 16
	// MaxBeside is the most rows that are added to a statement because of its own.
	MaxBeside = 16 * AtomicRows
)

// Beside takes in rows that a gate adds, through the gate again: they come to their relation like any others. b is borrowed.
// It fails with ErrHops after MaxHops, and then has done nothing.
func (s *Statement) Beside(t Target, b *batch.Batch) error {
	if s.hops == MaxHops {
		return ErrHops
	}
	if s.more+int64(b.N) > MaxBeside {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "triggers may add at most %d rows to a statement", MaxBeside).
			WithHint("Write in smaller statements.")
	}
	s.hops++
	defer func() { s.hops-- }()
	n, err := s.admit(t, b)
	s.more += int64(n)
	return err
}

// Held is how many of the rows that were given to Add the gate has held back.
func (s *Statement) Held() int64 { return s.held }

// Empty says that there is nothing to store: no row, and none that repeats one.
func (s *Statement) Empty() bool { return s.rows+s.more == 0 && len(s.dropped) == 0 }
