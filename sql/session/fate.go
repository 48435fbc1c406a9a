package session

// fate is what a change of the catalog does to what runs, and does not do before it is known whether the store takes the change: what a
// refused change had ended would be missing, and what it had altered would give the rows of a definition that nobody has.
type fate struct {
	kept    []func() // ends what runs for what is gone
	refused []func() // ends what was started for what does not come to be
}

// onKept has f run when the change under way is stored. The lock of the catalog is held.
func (e *Engine) onKept(f func()) { e.fate.kept = append(e.fate.kept, f) }

// onRefused has f run, the last one first, when the change under way is not to be. The lock of the catalog is held.
func (e *Engine) onRefused(f func()) { e.fate.refused = append(e.fate.refused, f) }

// conclude ends a change: it is stored, or it is not to be.
func (e *Engine) conclude(kept bool) {
	f := e.fate
	e.fate = fate{}
	if kept {
		for _, do := range f.kept {
			do()
		}
		return
	}
	for i := len(f.refused) - 1; i >= 0; i-- {
		f.refused[i]()
	}
}
