package op

import (
	"cmp"
	"slices"

	"github.com/vexfs/vexstream/engine/types"
)

// endStep is how far apart the times may be of rows that are held together.
const endStep = types.Second

// timedRows are kept rows by a time of theirs.
type timedRows struct {
	steps map[types.Micros][]timedRow
	least types.Micros // no step before has rows
	held  int
}

type timedRow struct {
	at  types.Micros
	row uint32
}

func newTimedRows() *timedRows {
	return &timedRows{steps: map[types.Micros][]timedRow{}, least: types.MaxTime}
}

func (t *timedRows) bytes() int64 {
	if t == nil {
		return 0
	}
	return int64(16*t.held + 64*len(t.steps))
}

func (t *timedRows) add(at types.Micros, r uint32) {
	step := at / endStep
	t.steps[step] = append(t.steps[step], timedRow{at, r})
	t.least = min(t.least, step)
	t.held++
}

func (t *timedRows) clear() {
	if t != nil {
		clear(t.steps)
		t.least, t.held = types.MaxTime, 0
	}
}

// over gives the rows of steps that are wholly before end, and forgets them.
func (t *timedRows) over(end types.Micros) (gone []uint32) {
	end /= endStep
	if t.least >= end-1 { // a division rounds towards zero: the step before may have rows that are not over
		return nil
	}
	least := types.MaxTime
	for step, rows := range t.steps {
		if step >= end-1 {
			least = min(least, step)
			continue
		}
		for _, r := range rows {
			gone = append(gone, r.row)
		}
		delete(t.steps, step)
	}
	t.least = least
	t.held -= len(gone)
	return gone
}

// begin is a time that no row of a step is before: a division rounds towards zero.
func begin(step types.Micros) types.Micros {
	switch {
	case step <= types.MinTime/endStep:
		return types.MinTime
	case step <= 0:
		return (step - 1) * endStep
	}
	return step * endStep
}

// before gives the rows whose times are past, in their order, and forgets them. What is past stays so for all times before.
func (t *timedRows) before(past func(types.Micros) bool) []uint32 {
	if t.held == 0 || !past(begin(t.least)) {
		return nil
	}
	var gone []timedRow
	t.least = types.MaxTime
	for step, rows := range t.steps {
		if !past(begin(step)) {
			t.least = min(t.least, step)
			continue
		}
		stay := rows[:0]
		for _, r := range rows {
			if past(r.at) {
				gone = append(gone, r)
			} else {
				stay = append(stay, r)
			}
		}
		if len(stay) == 0 {
			delete(t.steps, step)
			continue
		}
		t.steps[step] = stay
		t.least = min(t.least, step)
	}
	t.held -= len(gone)
	slices.SortFunc(gone, func(a, b timedRow) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.row, b.row)) })
	out := make([]uint32, len(gone))
	for i, r := range gone {
		out[i] = r.row
	}
	return out
}
