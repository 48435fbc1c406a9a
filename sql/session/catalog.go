package session

import (
	"context"
	"maps"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// state is what the catalogs of this statement are answered from, where nothing waits.
func (s *Session) state() *pgcatalog.State {
	return &pgcatalog.State{Snapshot: s.catalog(), Session: asked{s: s}, Started: s.e.started, PID: s.PID}
}

// stateWithin is state for what ends with ctx, so that it can wait.
func (s *Session) stateWithin(ctx context.Context) *pgcatalog.State {
	st := s.state()
	st.Session = asked{s, ctx}
	return st
}

// RegText is an OID of type t, regclass or its kin, as the name that clients read.
func (s *Session) RegText(t types.Type, oid int64) string { return s.state().RegText(t, oid) }

// RegValue reads a name, or a number, as an OID of type t.
func (s *Session) RegValue(t types.Type, name string) (int64, error) {
	return s.state().RegValue(t, name)
}

// asked is a session as the catalogs see it.
type asked struct {
	s   *Session
	ctx context.Context // of the statement
}

func (a asked) User() string     { return a.s.User }
func (a asked) Database() string { return a.s.Database }

// Takes says which commands a relation takes, and which of its columns take values.
func (a asked) Takes(r *catalog.Relation) (insert, update, remove bool, columns []bool) {
	return bind.Takes(r, a.s.bindEnv(a.s.catalog(), nil))
}

// Rows is how many rows a relation has.
func (a asked) Rows(relation uint32) (int64, bool) { return a.s.rows(a.s.catalog(), relation) }

// Bytes is the room that a relation's rows take.
func (a asked) Bytes(relation uint32) (int64, error) {
	r := a.s.catalog().ByID(relation)
	switch {
	case r != nil && r.Kind == catalog.MaterializedView:
		n, _ := a.s.e.Live.Bytes(relation)
		return n, nil
	case r == nil || r.Kind != catalog.Stream && r.Kind != catalog.Table:
		return 0, nil
	}
	ctx := a.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	usage, err := a.s.e.Committer.Usage(ctx)
	return usage[relation].Bytes, err
}

// Size is the room that the log takes on disk, which has all rows.
func (a asked) Size() int64 { return a.s.e.Committer.Size() }

// Random gives the session's random numbers.
func (a asked) Random() *expr.Random { return &a.s.random }

// Notify sends a notification at the end of the block.
func (a asked) Notify(channel, payload string) error { return a.s.notify(channel, payload) }

// Cancel ends the statement that a client's connection runs, or with whole the connection.
func (a asked) Cancel(pid int32, whole bool) (bool, error) { return a.s.cancelOther(pid, whole) }

// Rights are those of the current user.
func (a asked) Rights(snap *catalog.Snapshot) *catalog.Rights { return a.s.rights(snap) }

// Settings lists the settings by name.
func (a asked) Settings() []pgcatalog.Setting {
	var out []pgcatalog.Setting
	for _, name := range a.s.settings.names() {
		if unlisted[name] {
			continue
		}
		spelled := name
		if r, ok := reported[name]; ok {
			spelled = r
		}
		value, _ := a.s.settings.value(name)
		x := pgcatalog.Setting{Name: spelled, Value: value, Boot: acting[name], Reset: a.s.initial(name), Description: description(name), Context: "user"}
		switch p := recognized[name]; {
		case p != nil:
			x.Context, x.Kind, x.Unit, x.Least, x.Most, x.Words, x.Boot = p.context, p.kind, p.unit, p.least, p.most, p.words, p.first
			x.Value, x.Reset = p.listed(x.Value), p.listed(x.Reset)
		case nodeSettings[name] != "":
			x.Context, x.Boot, x.Reset = nodeSettings[name], value, value
		case internal[name]:
			x.Context = "internal"
		}
		out = append(out, x)
	}
	return out
}

// Setting is the value of a setting.
func (a asked) Setting(name string) (string, bool) {
	return a.s.settings.value(strings.ToLower(name))
}

// SetSetting changes a setting for the rest of the session, or of its block.
func (a asked) SetSetting(name, value string, local bool) (string, error) {
	if local && !a.s.tx.open {
		was := a.s.settings.values
		a.s.settings.values = maps.Clone(was)
		value, err := a.s.set(name, value)
		a.s.restoreSettings(was, nil) // the statement is a block of its own
		return value, err
	}
	return a.s.assign(name, value, local)
}

// NextNumber gives the next number of a sequence.
func (a asked) NextNumber(r *catalog.Relation) (int64, error) {
	if a.s.readOnly() {
		if err := readsOnly("nextval()", r); err != nil {
			return 0, err
		}
	}
	return a.s.nextNumber(r)
}

// Number gives the last number of a sequence, or of any for 0, that the session was given.
func (a asked) Number(id uint32) (n int64, of uint32, ok bool) {
	if id == 0 {
		id = a.s.given.last
	}
	n, ok = a.s.given.by[id]
	return n, id, ok
}

// SetNumber has a sequence stand at n. What was given or set as given is the session's last number of it.
func (a asked) SetNumber(r *catalog.Relation, n int64, called bool) error {
	if a.s.readOnly() {
		if err := readsOnly("setval()", r); err != nil {
			return err
		}
	}
	if err := a.s.e.sequences.set(r, n, called); err != nil {
		return err
	}
	if called {
		if a.s.given.by == nil {
			a.s.given.by = map[uint32]int64{}
		}
		a.s.given.by[r.ID] = n
	}
	return nil
}

// Stands says where a sequence stands.
func (a asked) Stands(r *catalog.Relation) (n int64, called bool, err error) {
	return a.s.e.sequences.stands(r)
}
