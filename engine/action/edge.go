package action

import (
	"slices"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Limits of what is known by keys.
const (
	// MaxKeys is how many keys a trigger keeps: of an Edge those that have acted, of a Limit those that are held up.
	MaxKeys = 1 << 20
	// MaxKeyBytes is the longest key.
	MaxKeyBytes = 1 << 10
)

// Edge has a trigger act once for each key: when its condition becomes true of it, and again only after it was armed. A row that
// goes arms its key.
type Edge struct {
	Until *expr.Predicate // arms the key of a row; nil: nothing but its going does
	Key   expr.Expr       // text, never null
	Was   expr.Expr       // likewise, of the row as it was; nil: rows do not go
	// On, Off and Gone are told of each key that has acted, that is armed, and whose row is gone.
	On, Off, Gone *Destination
}

// Keys are those of an Edge that have acted and are not armed. Any goroutine may use it.
type Keys struct {
	mu   sync.Mutex
	on   map[string]struct{} // guarded by mu
	seen *Keys               // whose keys have acted as well; nil: none
}

// Set says that a key has acted, or that it is armed.
func (k *Keys) Set(key string, acted bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set(key, acted)
}

// set is Set with the lock held.
func (k *Keys) set(key string, acted bool) {
	if !acted {
		delete(k.on, key)
		return
	}
	if k.on == nil {
		k.on = map[string]struct{}{}
	}
	k.on[key] = struct{}{}
}

// acted says whether a key has acted. The lock is held.
func (k *Keys) acted(key string) bool {
	if _, is := k.on[key]; is || k.seen == nil {
		return is
	}
	k.seen.mu.Lock()
	defer k.seen.mu.Unlock()
	return k.seen.acted(key)
}

// turned is keys that a statement has turned.
type turned struct {
	keys    *Keys
	on, off []string
}

// back turns the keys back, for a statement that was not stored.
func (t *turned) back() {
	t.keys.mu.Lock()
	defer t.keys.mu.Unlock()
	for _, k := range t.on {
		t.keys.set(k, false)
	}
	for _, k := range t.off {
		t.keys.set(k, true)
	}
}

// told is the step by which an Edge tells of keys. It counts as no action.
var told = Step{Kind: Note, Name: "until"}

// edge has a trigger with an Edge act on the rows whose keys turn.
func (p *pass) edge(t *Trigger) error {
	began := p.clock()
	t.Counts.rows.Add(int64(p.rows.N))
	on, off := p.turn(t)
	if p.as.Op == Delete {
		return p.tell(t, t.Edge.Gone, off)
	}
	if err := p.tell(t, t.Edge.Off, off); err != nil {
		return err
	}
	if err := p.tell(t, t.Edge.On, on); err != nil {
		return err
	}
	return p.act(t, on, began)
}

func (p *pass) tell(t *Trigger, to *Destination, rows []uint32) error {
	if len(rows) == 0 || p.noted != nil {
		return nil
	}
	p.eval.Reset()
	return p.route(t, &told, to, rows)
}

// turn finds the rows whose keys act, and those whose keys are armed.
func (p *pass) turn(t *Trigger) (on, off []uint32) {
	var hit, until []uint32
	of := t.Edge.Key
	if p.as.Op == Delete {
		of, until = t.Edge.Was, p.alive()
	} else {
		hit = slices.Clone(p.matches(t))
		if t.Edge.Until != nil {
			p.eval.Reset()
			until = t.Edge.Until.Select(&p.eval, p.rows, nil)
			p.failures(t, "until", nil)
		}
	}
	hit, until = p.differing(t, hit), p.differing(t, until)
	if len(hit)+len(until) == 0 || of == nil {
		return nil, nil
	}
	p.eval.Reset()
	keys := of.Eval(&p.eval, p.rows, nil)
	turned := &turned{keys: &t.Counts.Keys}
	turned.keys.mu.Lock()
	for r := range p.rows.N {
		row := uint32(r)
		acts, arms := next(&hit, row), next(&until, row)
		if !acts && !arms || p.live != nil && !p.live.Get(r) || keys.Null(r) {
			continue
		}
		key := keys.Str(r)
		is := turned.keys.acted(key)
		switch {
		case is && arms:
			turned.off, off = append(turned.off, strings.Clone(key)), append(off, row)
			turned.keys.set(key, false)
		case is || !acts:
		case len(key) > MaxKeyBytes || len(turned.keys.on) >= MaxKeys:
			p.fail(t, "until", r, sqlerr.New(sqlerr.ProgramLimitExceeded, "a trigger keeps at most %d keys of %d bytes", MaxKeys, MaxKeyBytes))
		default:
			key = strings.Clone(key)
			turned.on, on = append(turned.on, key), append(on, row)
			turned.keys.set(key, true)
		}
	}
	turned.keys.mu.Unlock()
	if s, ok := p.to.(interface{ OnEnd(func(stored bool)) }); ok && len(on)+len(off) > 0 {
		s.OnEnd(func(stored bool) {
			if !stored {
				turned.back()
			}
		})
	}
	return on, off
}

// next takes row from the front of an ascending list, and says whether it was there.
func next(rows *[]uint32, row uint32) bool {
	if len(*rows) == 0 || (*rows)[0] != row {
		return false
	}
	*rows = (*rows)[1:]
	return true
}

// Limit bounds how often a trigger acts, for each key. It is kept in memory, and begins anew with the process.
type Limit struct {
	Key      expr.Expr    // text
	Cooldown types.Micros // how long after it has acted it does not again; 0: no longer
	Most     int          // how often it acts within Per; 0: that is not bounded
	Per      types.Micros
}

// spent is what a key has used of a Limit.
type spent struct {
	at    types.Micros // when it has acted last
	since types.Micros // when the span under way began
	times int          // since then
}

// spare leaves rows out that a Limit says a trigger does not act on.
func (p *pass) spare(t *Trigger, sel []uint32) []uint32 {
	l := t.Limit
	p.eval.Reset()
	keys := l.Key.Eval(&p.eval, p.rows, sel)
	now := p.eval.Now
	t.Counts.mu.Lock()
	defer t.Counts.mu.Unlock()
	if t.Counts.spent == nil {
		t.Counts.spent = map[string]spent{}
	}
	var kept []uint32
	for _, r := range sel {
		key := ""
		if !keys.Null(int(r)) {
			key = keys.Str(int(r))
		}
		s, known := t.Counts.spent[key]
		if now-s.since >= l.Per {
			s.since, s.times = now, 0
		}
		if known && (now-s.at < l.Cooldown || l.Most > 0 && s.times >= l.Most) || !known && !t.Counts.room(now, l) {
			continue
		}
		s.at, s.times = now, s.times+1
		t.Counts.spent[strings.Clone(key)] = s
		kept = append(kept, r)
	}
	return kept
}

// room makes room for a key, if it can. mu is held.
func (c *Counts) room(now types.Micros, l *Limit) bool {
	if len(c.spent) < MaxKeys {
		return true
	}
	for key, s := range c.spent {
		if now-s.at >= max(l.Cooldown, l.Per) {
			delete(c.spent, key)
		}
	}
	return len(c.spent) < MaxKeys
}
