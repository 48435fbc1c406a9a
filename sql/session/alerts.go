package session

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// maxResolved is how many alerts are kept that are over: the newest.
const maxResolved = 10_000

// turnPrefix is of the keys that triggers have acted for, and of alerts, by trigger and key.
const turnPrefix = "e/"

// Alert is an alert of a trigger for one key.
type Alert struct {
	Trigger        uint32
	Relation, Name string // of the trigger
	Labels         string // the key: an object
	Severity       string
	Message        string
	Target         string // that hears of it; "": none
	Firing         bool
	Since, Ended   types.Micros // Ended 0: it fires
}

// turn is what is stored of a key of a trigger.
type turn struct {
	On    bool   // it has acted and is not armed
	Alert *Alert `json:",omitempty"`
}

type turnKey struct {
	trigger uint32
	key     string
}

func (k turnKey) bytes() []byte { return append(objectKey(turnPrefix, k.trigger), k.key...) }

// turns is what is stored of all keys.
type turns struct {
	mu sync.Mutex // guards by
	by map[turnKey]*turn
}

// Alerts gives the alerts that fire, and the newest of those that are over, the newest first.
func (e *Engine) Alerts() []Alert {
	e.turns.mu.Lock()
	defer e.turns.mu.Unlock()
	var out []Alert
	for _, t := range e.turns.by {
		if t.Alert != nil {
			out = append(out, *t.Alert)
		}
	}
	slices.SortFunc(out, func(a, b Alert) int {
		return cmp.Or(cmp.Compare(b.Since, a.Since), cmp.Compare(a.Trigger, b.Trigger), cmp.Compare(a.Labels, b.Labels))
	})
	return out
}

// loadTurns has triggers know for which keys they have acted: what is stored, and what the log has behind that.
func (e *Engine) loadTurns(ctx context.Context) error {
	e.turns.by = map[turnKey]*turn{}
	known := map[uint32]*boundTrigger{}
	for _, l := range *e.gate.lists.Load() {
		for _, b := range l.all {
			known[b.t.ID] = b
		}
	}
	err := e.store.View(func(r state.Reader) error {
		return r.Scan([]byte(turnPrefix), func(key, value []byte) error {
			if len(key) < len(turnPrefix)+4 {
				return sqlerr.New(sqlerr.DataCorrupted, "a trigger's key is damaged")
			}
			k, t := turnKey{binary.BigEndian.Uint32(key[len(turnPrefix):]), string(key[len(turnPrefix)+4:])}, &turn{}
			if err := json.Unmarshal(value, t); err != nil {
				return fmt.Errorf("read a trigger's key: %w", err)
			}
			e.turns.by[k] = t
			return nil
		})
	})
	if err != nil {
		return err
	}
	on := map[turnKey]bool{}
	for k, t := range e.turns.by {
		on[k] = t.On
	}
	done, err := e.errandsDone()
	if err != nil {
		return err
	}
	feed := e.Committer.Follow(done.No+1, func(relation uint32) bool { return relation == catalog.OutboxID })
	err = feed.UpTo(ctx, e.Committer.Last().No, func(c *epoch.Commit) error {
		for _, x := range errandsOf(c) {
			if x.Action == "until" {
				on[turnKey{x.Trigger, x.Target}] = x.Payload == "on"
			}
		}
		return nil
	})
	for k, is := range on {
		if b := known[k.trigger]; is && b != nil {
			b.counts.Keys.Set(k.key, true)
		}
	}
	if err != nil {
		return err
	}
	return e.forgetTurns(e.Catalog())
}

// takeTurns stores what an epoch says of keys and alerts, and gives the errands that others are to do: the rest, and those that
// tell targets of alerts. It may be given an epoch again.
func (e *Engine) takeTurns(at types.Micros, all []Errand) ([]Errand, error) {
	rest := make([]Errand, 0, len(all))
	changed, over := map[turnKey]*turn{}, false
	e.turns.mu.Lock()
	defer e.turns.mu.Unlock()
	for i := range all {
		x := &all[i]
		switch x.Action {
		case "until":
			k := turnKey{x.Trigger, x.Target}
			t := e.turns.by[k]
			if t == nil {
				t = &turn{}
				e.turns.by[k] = t
			}
			t.On, changed[k] = x.Payload == "on", t
			if a := t.Alert; a != nil && !t.On && (a.Firing || a.Ended == at) {
				a.Firing, a.Ended, over = false, at, true
				rest = a.tell(rest, x)
			}
			if !t.On && t.Alert == nil {
				delete(e.turns.by, k)
				changed[k] = nil
			}
		case "alert":
			a := &Alert{Trigger: x.Trigger, Relation: x.Relation, Name: x.Name, Severity: x.Target, Firing: true, Since: at}
			var says struct {
				Labels          json.RawMessage `json:"labels"`
				Message, Target string
			}
			if err := json.Unmarshal([]byte(x.Payload), &says); err != nil {
				return nil, fmt.Errorf("read an alert: %w", err)
			}
			a.Labels, a.Message, a.Target = string(says.Labels), says.Message, says.Target
			k := turnKey{x.Trigger, a.Labels}
			t := &turn{On: true, Alert: a}
			e.turns.by[k], changed[k] = t, t
			rest = a.tell(rest, x)
		default:
			rest = append(rest, *x)
		}
	}
	if over {
		e.forgetResolved(changed)
	}
	return rest, e.storeTurns(changed)
}

// tell has the target of an alert, if there is one, told how that stands. x is what says so.
func (a *Alert) tell(to []Errand, x *Errand) []Errand {
	if a.Target == "" {
		return to
	}
	said := struct {
		Status   string          `json:"status"`
		Trigger  string          `json:"trigger"`
		Relation string          `json:"relation"`
		Severity string          `json:"severity"`
		Message  string          `json:"message"`
		Labels   json.RawMessage `json:"labels"`
	}{"firing", a.Name, a.Relation, a.Severity, a.Message, json.RawMessage(a.Labels)}
	if !a.Firing {
		said.Status = "resolved"
	}
	body, err := json.Marshal(said)
	if err != nil { // labels that are no document
		return to
	}
	told := *x
	told.Action, told.Target, told.Payload = "webhook", a.Target, string(body)
	return append(to, told)
}

// forgetResolved lets the oldest alerts go that are over, when there are too many. The lock is held.
func (e *Engine) forgetResolved(changed map[turnKey]*turn) {
	var over []turnKey
	for k, t := range e.turns.by {
		if t.Alert != nil && !t.Alert.Firing && !t.On {
			over = append(over, k)
		}
	}
	if len(over) <= maxResolved {
		return
	}
	slices.SortFunc(over, func(a, b turnKey) int { return cmp.Compare(e.turns.by[a].Alert.Ended, e.turns.by[b].Alert.Ended) })
	for _, k := range over[:len(over)-maxResolved] {
		delete(e.turns.by, k)
		changed[k] = nil
	}
}

// storeTurns writes what has changed; nil: the key is no more. The lock is held.
func (e *Engine) storeTurns(changed map[turnKey]*turn) error {
	keys := make([]turnKey, 0, len(changed))
	for k := range changed {
		keys = append(keys, k)
	}
	const most = state.MaxTxnEntries / 10
	for len(keys) > 0 {
		part := keys[:min(most, len(keys))]
		keys = keys[len(part):]
		err := e.store.Update(func(w state.Writer) error {
			for _, k := range part {
				t := changed[k]
				if t == nil {
					if err := w.Delete(k.bytes()); err != nil {
						return err
					}
					continue
				}
				value, err := json.Marshal(t)
				if err != nil {
					return err
				}
				if err := w.Set(k.bytes(), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetTurns drops what is stored of the keys of triggers that are gone.
func (e *Engine) forgetTurns(snap *catalog.Snapshot) error {
	there := map[uint32]bool{}
	for _, t := range snap.AllTriggers() {
		there[t.ID] = true
	}
	e.turns.mu.Lock()
	defer e.turns.mu.Unlock()
	gone := map[turnKey]*turn{}
	for k := range e.turns.by {
		if !there[k.trigger] {
			delete(e.turns.by, k)
			gone[k] = nil
		}
	}
	return e.storeTurns(gone)
}
