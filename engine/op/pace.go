package op

import (
	"context"
	"slices"
)

// lookEvery is how many rows, comparisons or folds a loop does before it looks whether somebody has cancelled it.
const lookEvery = 8192

// pace is how a loop over many held rows stays one that ends when its context does. The zero pace never does.
type pace struct {
	ctx  context.Context
	done int // since the last look
}

// step says that n rows are done with. It gives the context's error when that is over.
func (p *pace) step(n int) error {
	if p.done += n; p.done < lookEvery || p.ctx == nil {
		return nil
	}
	p.done = 0
	return context.Cause(p.ctx)
}

// sortRows sorts s as slices.SortFunc does, until ctx is done. Then the order is any.
func sortRows[T any](ctx context.Context, s []T, compare func(a, b T) int) error {
	p, err := pace{ctx: ctx}, error(nil)
	slices.SortFunc(s, func(a, b T) int {
		if err != nil {
			return 0 // all are equal from here on, and what is equal is soon in order
		}
		if err = p.step(1); err != nil {
			return 0
		}
		return compare(a, b)
	})
	return err
}
