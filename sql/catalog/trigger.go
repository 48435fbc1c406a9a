package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// MaxTriggers bounds what a node keeps of them.
const MaxTriggers = 200_000

// Trigger is what is done with rows that come to a relation. It is immutable. Its texts are as they were typed: Columns
// and Targets say what the names in them mean, whatever these are called by now.
type Trigger struct {
	ID       uint32
	Relation uint32
	Name     string
	Owner    string
	Before   bool
	Insert   bool
	Update   bool
	Delete   bool
	Of       []int  `json:",omitempty"` // columns: of UPDATE OF
	PerRow   bool   // FOR EACH ROW
	OldTable string `json:",omitempty"`
	NewTable string `json:",omitempty"`
	When     string `json:",omitempty"` // "": always
	Until    string `json:",omitempty"`
	Actions  string // what stands behind EXECUTE FUNCTION
	Priority int    // the greatest comes first
	Disabled bool
	Keep     bool              `json:",omitempty"` // what it blocks is kept in vex.blocked
	Scope    string            `json:",omitempty"` // "local": on the node that it was made on; "": on all
	Columns  []string          // what the texts call the relation's visible columns, in order
	Targets  map[string]uint32 `json:",omitempty"` // relations by the names that the actions have for them
	Sends    []uint32          `json:",omitempty"` // targets that it sends to
	Comment  string            `json:",omitempty"`
}

// Into are the relations that the trigger writes to, by ID.
func (t *Trigger) Into() []uint32 {
	ids := slices.Sorted(maps.Values(t.Targets))
	return slices.Compact(ids)
}

// triggerOrder is the order in which triggers act: by priority, the greatest first, then by name.
func triggerOrder(a, b *Trigger) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), strings.Compare(a.Name, b.Name))
}

// Triggers are those of a relation in the order in which they act. The caller does not change the slice.
func (s *Snapshot) Triggers(relation uint32) []*Trigger { return s.triggers[relation] }

// Trigger finds a relation's trigger by name, or gives nil.
func (s *Snapshot) Trigger(relation uint32, name string) *Trigger {
	for _, t := range s.triggers[relation] {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// AllTriggers are those of every relation, relation by relation in the order of their IDs.
func (s *Snapshot) AllTriggers() []*Trigger {
	var out []*Trigger
	for _, id := range slices.Sorted(maps.Keys(s.triggers)) {
		out = append(out, s.triggers[id]...)
	}
	return out
}

// TriggerCount is how many triggers there are.
func (s *Snapshot) TriggerCount() (n int) {
	for _, of := range s.triggers {
		n += len(of)
	}
	return n
}

// Triggered are the relations that have triggers, by ID.
func (s *Snapshot) Triggered() []uint32 { return slices.Sorted(maps.Keys(s.triggers)) }

// WritingTo are the triggers of other relations that write to a relation.
func (s *Snapshot) WritingTo(relation uint32) []*Trigger {
	return slices.DeleteFunc(s.AllTriggers(), func(t *Trigger) bool {
		return t.Relation == relation || !slices.Contains(t.Into(), relation)
	})
}

// WithTrigger gives a snapshot of the given version that has t besides, or instead of the trigger of its ID.
func (s *Snapshot) WithTrigger(version uint64, t *Trigger) *Snapshot {
	c := s.WithoutTrigger(version, t)
	of := slices.Clip(c.triggers[t.Relation]) // others share its memory
	at, _ := slices.BinarySearchFunc(of, t, triggerOrder)
	c.triggers[t.Relation] = slices.Insert(of, at, t)
	c.NextID = max(c.NextID, t.ID+1)
	return c
}

// WithoutTrigger gives a snapshot of the given version that lacks the trigger of t's ID.
func (s *Snapshot) WithoutTrigger(version uint64, t *Trigger) *Snapshot {
	c := s.clone(version)
	c.triggers = maps.Clone(s.triggers)
	if c.triggers == nil {
		c.triggers = map[uint32][]*Trigger{}
	}
	of := s.triggers[t.Relation]
	if i := slices.IndexFunc(of, func(have *Trigger) bool { return have.ID == t.ID }); i >= 0 {
		c.triggers[t.Relation] = append(slices.Clone(of[:i]), of[i+1:]...)
	}
	if len(c.triggers[t.Relation]) == 0 {
		delete(c.triggers, t.Relation)
	}
	return c
}

// WithoutTriggersOf gives a snapshot of the given version where a relation has none.
func (s *Snapshot) WithoutTriggersOf(version uint64, relation uint32) *Snapshot {
	if len(s.triggers[relation]) == 0 {
		return s
	}
	c := s.clone(version)
	c.triggers = maps.Clone(s.triggers)
	delete(c.triggers, relation)
	return c
}

// WithTriggers gives a snapshot of the given version that has all of ts besides, whose IDs are new to it.
func (s *Snapshot) WithTriggers(version uint64, ts []*Trigger) *Snapshot {
	if len(ts) == 0 {
		return s
	}
	c := s.clone(version)
	c.triggers = map[uint32][]*Trigger{}
	for id, of := range s.triggers {
		c.triggers[id] = slices.Clone(of)
	}
	for _, t := range ts {
		c.triggers[t.Relation] = append(c.triggers[t.Relation], t)
		c.NextID = max(c.NextID, t.ID+1)
	}
	for _, of := range c.triggers {
		slices.SortFunc(of, triggerOrder)
	}
	return c
}
