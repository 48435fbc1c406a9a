package node

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/session"
)

// guarding is a source that can have the kernel ask before operations are done.
type guarding interface {
	CanGuard() error
	Guard(bridge.GuardOptions) (bridge.Guard, error)
}

// enforcer has the guards of the watched folders refuse what triggers say. There are guards as long as a trigger has deny().
type enforcer struct {
	n    *Node
	set  atomic.Pointer[denials]
	mu   sync.Mutex
	off  bool
	open bool           // the sources are
	by   []bridge.Guard // by watched folder; nil: none
	ops  []string       // that they ask about
	why  []error        // by watched folder: why there is no guard
}

// denials is what is refused. It does not change.
type denials struct {
	*rule.Verdicts
	ops []string
	by  map[uint32]*session.Denial
}

// Deny has these be refused.
func (f *enforcer) Deny(all []session.Denial) {
	d := &denials{by: map[uint32]*session.Denial{}}
	rules := make([]rule.Rule, len(all))
	for i := range all {
		rules[i] = all[i].Rule
		d.by[all[i].Rule.ID] = &all[i]
		d.ops = append(d.ops, all[i].Ops...)
	}
	slices.Sort(d.ops)
	d.ops = slices.Compact(d.ops)
	d.Verdicts = rule.NewVerdicts(rules, func(col int) bool { return col == bridge.ColOperation || col == bridge.ColFilePath })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.Store(d)
	f.follow()
}

// opened takes in that the sources are open.
func (f *enforcer) opened() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = true
	f.by, f.why = make([]bridge.Guard, len(f.n.watched)), make([]error, len(f.n.watched))
	f.follow()
}

// follow has guards be there as they are needed. The lock is held.
func (f *enforcer) follow() {
	d := f.set.Load()
	if !f.open || d == nil {
		return
	}
	needed := d.Len() > 0 && !f.off
	for i, w := range f.n.watched {
		g := f.by[i]
		if g != nil && (!needed || g.Err() != nil || !slices.Equal(d.ops, f.ops)) {
			_ = g.Close()
			f.by[i], g = nil, nil
		}
		switch src, can := w.src.(guarding); {
		case !needed || !can:
		case g != nil:
			g.Forget()
		default:
			f.by[i], f.why[i] = src.Guard(bridge.GuardOptions{
				Judge: &judge{f: f, row: newAccessRow()}, Ops: d.ops, Deadline: f.n.set.DenyDeadline, LateDeny: f.n.set.DenyLate, Watchdog: f.n.set.Watchdog,
			})
			if f.why[i] != nil {
				f.by[i] = nil
				f.n.set.Journal.Error("nothing is refused in a watched folder", "dir", w.dir, "err", oneLine(f.why[i]))
			}
		}
	}
	f.ops = d.ops
}

// CanDeny says why no watched folder can have operations refused.
func (f *enforcer) CanDeny(ops []string, prefix string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.off {
		return sqlerr.New(sqlerr.ObjectNotInState, "denying was stopped by hand").WithHint("It begins again with the next start of the node.")
	}
	if i := slices.IndexFunc(ops, func(op string) bool { return op != bridge.OpOpen && op != bridge.OpRead }); i >= 0 {
		return sqlerr.NotSupported("deny() of the operation %q", ops[i]).WithHint("fanotify asks before 'open' and 'read' only: a file that cannot be opened is neither read nor written.")
	}
	if len(f.n.set.Watchdog) == 0 {
		return sqlerr.NotSupported("deny() in a program without a watchdog").WithHint("vexstream serve has one; other programs name theirs in Settings.Watchdog.")
	}
	err := error(sqlerr.New(sqlerr.FeatureNotSupported, "deny() has no watched folder to be enforced in").
		WithHint("Start the node with --watch FOLDER, as root, on Linux. block() keeps rows from being stored."))
	if prefix != "" && len(f.n.watched) > 0 {
		err = sqlerr.New(sqlerr.FeatureNotSupported, "no watched folder has paths that begin with %q", prefix).WithHint("Start the node with --watch and that folder.")
	}
	for i, w := range f.n.watched {
		if !strings.HasPrefix(prefix, w.dir) && !strings.HasPrefix(w.dir, prefix) {
			continue
		}
		src, can := w.src.(guarding)
		switch {
		case !can:
			err = sqlerr.New(sqlerr.FeatureNotSupported, "the source %s of %s cannot refuse anything", w.src.Name(), w.dir).
				WithHint("It takes fanotify: run the node as root on Linux, or give it CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH.")
		case f.by[i] != nil && f.by[i].Err() != nil:
			err = f.by[i].Err()
		case f.by[i] != nil:
			return nil
		case f.why[i] != nil:
			err = f.why[i]
		default:
			if err = src.CanGuard(); err == nil {
				return nil
			}
		}
	}
	return err
}

// Stop has nothing be refused any more.
func (f *enforcer) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.off = true
	f.follow()
	f.n.set.Journal.Warn("denying was stopped by hand: nothing is refused until the next start")
}

// close lets go of the guards.
func (f *enforcer) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, g := range f.by {
		if g != nil {
			_ = g.Close()
		}
		f.by[i] = nil
	}
	f.open = false
}

// StopDenying has the kernel refuse nothing any more, whatever triggers say, until the next start.
func (n *Node) StopDenying() { n.enforcer.Stop() }

// judge decides about the accesses of one folder, by the newest denials.
type judge struct {
	f     *enforcer
	asker rule.Asker
	row   *accessRow
}

// Judge is asked on a thread of its own: it takes no lock.
func (j *judge) Judge(a *bridge.Access) bridge.Verdict {
	d := j.f.set.Load()
	j.row.path(a.Path)
	j.row.text(bridge.ColOperation, a.Op)
	j.row.unknown()
	if !j.asker.May(d.Verdicts, &j.row.b) {
		return bridge.Verdict{Always: !j.others(d, a.Op)}
	}
	if a.Who(a) {
		j.row.who(a)
	}
	id, deny := j.asker.First(d.Verdicts, &j.row.b)
	if !deny {
		return bridge.Verdict{}
	}
	by := d.by[id]
	by.Counts.Actions.Add(1)
	return bridge.Verdict{Deny: true, Errno: errnoOf(by.Errno), Rule: by.Rule.Name}
}

// others says whether somebody may be refused another operation on the file.
func (j *judge) others(d *denials, op string) bool {
	for _, other := range d.ops {
		if j.row.text(bridge.ColOperation, other); other != op && j.asker.May(d.Verdicts, &j.row.b) {
			return true
		}
	}
	return false
}
