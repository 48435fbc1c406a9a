package catalog

import (
	"maps"
	"slices"
)

// Triggers that come lie by themselves up to maxRecent of them. Then they become a layer, together with the layers that are not
// layerGrowth times as large, so that making many one by one puts each of them in order a few times. Those that go are marked, and a layer is
// made anew where a goneShare-th of it is gone, and more than maxRecent.
const (
	maxRecent   = 64
	layerGrowth = 4
	goneShare   = 32
)

// triggerSet is the triggers of one relation. It is immutable; one that a change gives shares most of it. Nil is empty.
type triggerSet struct {
	layers []triggerLayer // the largest first
	recent []*Trigger     // in the order in which they act
}

// triggerLayer is triggers that lie together.
type triggerLayer struct {
	all    []*Trigger // in the order in which they act
	byName map[string]*Trigger
	byID   map[uint32]*Trigger
	gone   map[uint32]bool // IDs of those that are no more
}

func newTriggerSet(all []*Trigger) *triggerSet {
	slices.SortFunc(all, triggerOrder)
	return &triggerSet{layers: []triggerLayer{newTriggerLayer(all)}}
}

// newTriggerLayer makes a layer of triggers in their order.
func newTriggerLayer(all []*Trigger) triggerLayer {
	l := triggerLayer{all: all, byName: make(map[string]*Trigger, len(all)), byID: make(map[uint32]*Trigger, len(all))}
	for _, t := range all {
		l.byName[t.Name], l.byID[t.ID] = t, t
	}
	return l
}

func (l *triggerLayer) len() int { return len(l.all) - len(l.gone) }

// with gives the triggers of a layer that are left, and others, in their order.
func (l *triggerLayer) with(others []*Trigger) []*Trigger {
	out := make([]*Trigger, 0, l.len()+len(others))
	for _, t := range l.all {
		if len(l.gone) > 0 && l.gone[t.ID] {
			continue
		}
		for len(others) > 0 && triggerOrder(others[0], t) < 0 {
			out, others = append(out, others[0]), others[1:]
		}
		out = append(out, t)
	}
	return append(out, others...)
}

func (x *triggerSet) len() int {
	if x == nil {
		return 0
	}
	n := len(x.recent)
	for i := range x.layers {
		n += x.layers[i].len()
	}
	return n
}

// list gives all in the order in which they act, in a slice of its own.
func (x *triggerSet) list() []*Trigger {
	if x == nil {
		return nil
	}
	out := slices.Clone(x.recent)
	for i := len(x.layers) - 1; i >= 0; i-- {
		out = x.layers[i].with(out)
	}
	return out
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
	for i := range x.layers {
		if l := &x.layers[i]; l.byName[name] != nil && !l.gone[l.byName[name].ID] {
			return l.byName[name]
		}
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
	if len(y.recent) <= maxRecent {
		return &y
	}
	merged, n := y.recent, len(y.layers)
	for n > 0 && y.layers[n-1].len() < layerGrowth*len(merged) {
		merged = y.layers[n-1].with(merged)
		n--
	}
	y.layers, y.recent = append(slices.Clip(y.layers[:n]), newTriggerLayer(merged)), nil
	return &y
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
	for i := range x.layers {
		l := x.layers[i]
		if l.byID[id] == nil || l.gone[id] {
			continue
		}
		if l.gone = maps.Clone(l.gone); l.gone == nil {
			l.gone = map[uint32]bool{}
		}
		if l.gone[id] = true; len(l.gone) > max(maxRecent, len(l.all)/goneShare) {
			l = newTriggerLayer(l.with(nil))
		}
		y.layers = slices.Clone(x.layers)
		y.layers[i] = l
		return &y
	}
	return x
}

// since gives the triggers that x has and old has not, or has otherwise, and the IDs of those that only old has. What they share is not looked at.
func (x *triggerSet) since(old *triggerSet) (put []*Trigger, gone []uint32) {
	was := map[uint32]*Trigger{}
	for _, t := range old.besides(x) {
		was[t.ID] = t
	}
	for _, t := range x.besides(old) {
		if was[t.ID] != t {
			put = append(put, t)
		}
		delete(was, t.ID)
	}
	return put, slices.Sorted(maps.Keys(was))
}

// besides are the triggers of x, in no order, but for those of layers that are in o, too.
func (x *triggerSet) besides(o *triggerSet) []*Trigger {
	if x == nil {
		return nil
	}
	out := slices.Clone(x.recent)
	for i := range x.layers {
		l := &x.layers[i]
		same := o.layerOf(l)
		if same == nil {
			out = append(out, l.with(nil)...)
			continue
		}
		for id := range same.gone {
			if !l.gone[id] {
				out = append(out, l.byID[id])
			}
		}
	}
	return out
}

// layerOf finds the layer with the very triggers of l; nil: there is none.
func (x *triggerSet) layerOf(l *triggerLayer) *triggerLayer {
	if x == nil || len(l.all) == 0 {
		return nil
	}
	for i := range x.layers {
		if k := &x.layers[i]; len(k.all) == len(l.all) && &k.all[0] == &l.all[0] {
			return k
		}
	}
	return nil
}
