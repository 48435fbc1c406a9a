package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
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
	Of       []int        `json:",omitempty"` // columns: of UPDATE OF
	PerRow   bool         // FOR EACH ROW
	OldTable string       `json:",omitempty"`
	NewTable string       `json:",omitempty"`
	When     string       `json:",omitempty"` // "": always
	Until    string       `json:",omitempty"` // what arms a key again
	GroupBy  []int        `json:",omitempty"` // columns that tell keys apart; nil: those of the relation's key
	Cooldown types.Micros `json:",omitempty"` // how long it does not act for a key for which it has acted
	Most     int          `json:",omitempty"` // how often it acts for a key within Per; 0: always
	Per      types.Micros `json:",omitempty"`
	Actions  string       // what stands behind EXECUTE FUNCTION
	Priority int          // the greatest comes first
	Disabled bool
	Keep     bool              `json:",omitempty"` // what it blocks is kept in vex.blocked
	Denies   bool              `json:",omitempty"` // it has deny()
	Scope    string            `json:",omitempty"` // "local": on the node that it was made on; "": on all
	Columns  []string          // what the texts call the relation's visible columns, in order
	Targets  map[string]uint32 `json:",omitempty"` // relations by the names that the actions have for them
	Sends    []uint32          `json:",omitempty"` // targets that it sends to
	Comment  string            `json:",omitempty"`
	Since    uint64            `json:",omitempty"` // the version of the catalog that made it, or switched it on
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

// Triggers are those of a relation in the order in which they act.
func (s *Snapshot) Triggers(relation uint32) []*Trigger { return s.triggers[relation].list() }

// Trigger finds a relation's trigger by name, or gives nil.
func (s *Snapshot) Trigger(relation uint32, name string) *Trigger {
	return s.triggers[relation].named(name)
}

// AllTriggers are those of every relation, relation by relation in the order of their IDs.
func (s *Snapshot) AllTriggers() []*Trigger {
	var out []*Trigger
	for _, id := range s.Triggered() {
		out = append(out, s.triggers[id].list()...)
	}
	return out
}

// TriggerCount is how many triggers there are.
func (s *Snapshot) TriggerCount() (n int) {
	for _, of := range s.triggers {
		n += of.len()
	}
	return n
}

// Triggered are the relations that have triggers, by ID.
func (s *Snapshot) Triggered() []uint32 { return slices.Sorted(maps.Keys(s.triggers)) }

// SameTriggers says whether a relation has the very triggers that it has in o.
func (s *Snapshot) SameTriggers(o *Snapshot, relation uint32) bool {
	return s.triggers[relation] == o.triggers[relation]
}

// TriggerChanges are the triggers of a relation that s has and old has not, or has otherwise, and the IDs of those that only old has. It takes time by
// the changes, not by the triggers.
func (s *Snapshot) TriggerChanges(old *Snapshot, relation uint32) (put []*Trigger, gone []uint32) {
	return s.triggers[relation].since(old.triggers[relation])
}

// WritingTo are the triggers of other relations that write to a relation.
func (s *Snapshot) WritingTo(relation uint32) []*Trigger {
	return slices.DeleteFunc(s.AllTriggers(), func(t *Trigger) bool {
		return t.Relation == relation || !slices.Contains(t.Into(), relation)
	})
}

// SendingTo are the triggers that send to a target.
func (s *Snapshot) SendingTo(target uint32) []*Trigger {
	return slices.DeleteFunc(s.AllTriggers(), func(t *Trigger) bool { return !slices.Contains(t.Sends, target) })
}

// WithTrigger gives a snapshot of the given version that has t besides, or instead of the trigger of its ID.
func (s *Snapshot) WithTrigger(version uint64, t *Trigger) *Snapshot {
	set := s.triggers[t.Relation]
	if t.ID < s.NextID { // otherwise nothing has it yet
		set = set.without(t.ID)
	}
	return s.withTriggers(version, t.Relation, set.with(t), t.ID)
}

// WithoutTrigger gives a snapshot of the given version that lacks the trigger of t's ID.
func (s *Snapshot) WithoutTrigger(version uint64, t *Trigger) *Snapshot {
	return s.withTriggers(version, t.Relation, s.triggers[t.Relation].without(t.ID), 0)
}

// WithoutTriggersOf gives a snapshot of the given version where a relation has none.
func (s *Snapshot) WithoutTriggersOf(version uint64, relation uint32) *Snapshot {
	if s.triggers[relation] == nil {
		return s
	}
	return s.withTriggers(version, relation, nil, 0)
}

// WithTriggersOf gives a snapshot of the given version where a relation has those of all, which have the IDs of the ones that it has here.
func (s *Snapshot) WithTriggersOf(version uint64, relation uint32, all []*Trigger) *Snapshot {
	if len(all) == 0 {
		return s
	}
	return s.withTriggers(version, relation, newTriggerSet(all), 0)
}

// WithTriggers gives a snapshot of the given version that has all of ts besides, whose IDs are new to it.
func (s *Snapshot) WithTriggers(version uint64, ts []*Trigger) *Snapshot {
	by := map[uint32][]*Trigger{}
	for _, t := range ts {
		by[t.Relation] = append(by[t.Relation], t)
	}
	for id, more := range by {
		last := uint32(0)
		for _, t := range more {
			last = max(last, t.ID)
		}
		s = s.withTriggers(version, id, newTriggerSet(append(s.triggers[id].list(), more...)), last)
	}
	return s
}

// withTriggers shares what it can: nobody changes the maps of a snapshot.
func (s *Snapshot) withTriggers(version uint64, relation uint32, set *triggerSet, last uint32) *Snapshot {
	c := *s
	c.Version, c.NextID, c.triggers = version, max(s.NextID, last+1), maps.Clone(s.triggers)
	if c.triggers == nil {
		c.triggers = map[uint32]*triggerSet{}
	}
	if c.triggers[relation] = set; set.len() == 0 {
		delete(c.triggers, relation)
	}
	return &c
}
