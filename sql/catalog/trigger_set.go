package catalog

import "slices"

// A change of a triggerSet takes time by how many changes lie beside its base, and now and then by the whole. Up to maxRecent of them do, and
// of a large base one for every recentShare of its triggers, so that making many one by one sorts each of them a bounded number of times.
const (
	maxRecent   = 512
	recentShare = 32
)

// triggerSet is the triggers of one relation. It is immutable; one that a change gives shares most of it. Nil is empty.
type triggerSet struct {
	base   []*Trigger // in the order in which they act
	byName map[string]*Trigger
	byID   map[uint32]*Trigger
	gone   map[uint32]bool // IDs of triggers of base that are no more
	recent []*Trigger      // that came since, in the order in which they act
}

func newTriggerSet(all []*Trigger) *triggerSet {
	x := &triggerSet{base: all, byName: make(map[string]*Trigger, len(all)), byID: make(map[uint32]*Trigger, len(all))}
	slices.SortFunc(x.base, triggerOrder)
	for _, t := range all {
		x.byName[t.Name], x.byID[t.ID] = t, t
	}
	return x
}

func (x *triggerSet) len() int {
	if x == nil {
		return 0
	}
	return len(x.base) - len(x.gone) + len(x.recent)
}

// list gives all in the order in which they act, in a slice of its own.
func (x *triggerSet) list() []*Trigger {
	if x == nil {
		return nil
	}
	out, recent := make([]*Trigger, 0, x.len()), x.recent
	for _, t := range x.base {
		if x.gone[t.ID] {
			continue
		}
		for len(recent) > 0 && triggerOrder(recent[0], t) < 0 {
			out, recent = append(out, recent[0]), recent[1:]
		}
		out = append(out, t)
	}
	return append(out, recent...)
}

func (x *triggerSet) named(name string) *Trigger {
	if x == nil {
		return nil
	}
	for _, t := range x.recent {
		if t.Name == name {
			return t
		}
	}
	if t := x.byName[name]; t != nil && !x.gone[t.ID] {
		return t
	}
	return nil
}

// with gives a set that has t besides.
func (x *triggerSet) with(t *Trigger) *triggerSet {
	if x == nil {
		return newTriggerSet([]*Trigger{t})
	}
	y := *x
	at, _ := slices.BinarySearchFunc(x.recent, t, triggerOrder)
	y.recent = slices.Insert(slices.Clip(x.recent), at, t)
	return y.settled()
}

// without gives a set that lacks the trigger of an ID.
func (x *triggerSet) without(id uint32) *triggerSet {
	if x == nil {
		return nil
	}
	is := func(t *Trigger) bool { return t.ID == id }
	y := *x
	if slices.ContainsFunc(x.recent, is) {
		y.recent = slices.DeleteFunc(slices.Clone(x.recent), is)
		return &y
	}
	if x.byID[id] == nil || x.gone[id] {
		return x
	}
	y.gone = make(map[uint32]bool, len(x.gone)+1)
	for g := range x.gone {
		y.gone[g] = true
	}
	y.gone[id] = true
	return y.settled()
}

func (x *triggerSet) settled() *triggerSet {
	if len(x.recent)+len(x.gone) <= max(maxRecent, len(x.base)/recentShare) {
		return x
	}
	return newTriggerSet(x.list())
}
