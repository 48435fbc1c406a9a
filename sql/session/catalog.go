package session

import (
	"maps"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// state is what the catalogs of this statement are answered from.
func (s *Session) state() *pgcatalog.State {
	return &pgcatalog.State{Snapshot: s.catalog(), Session: asked{s}, Started: s.e.started, PID: s.PID}
}

// RegText is an OID of type t, regclass or its kin, as the name that clients read.
func (s *Session) RegText(t types.Type, oid int64) string { return s.state().RegText(t, oid) }

// asked is a session as the catalogs see it.
type asked struct{ s *Session }

func (a asked) User() string     { return a.s.User }
func (a asked) Database() string { return a.s.Database }

// Settings lists the settings by name.
func (a asked) Settings() []pgcatalog.Setting {
	var out []pgcatalog.Setting
	defaults := defaultSettings().values
	for _, name := range slices.Sorted(maps.Keys(a.s.settings.values)) {
		if unlisted[name] {
			continue
		}
		spelled := name
		if r, ok := reported[name]; ok {
			spelled = r
		}
		out = append(out, pgcatalog.Setting{Name: spelled, Value: a.s.settings.values[name], Default: defaults[name], Description: described[name]})
	}
	return out
}

// Setting is the value of a setting.
func (a asked) Setting(name string) (string, bool) {
	v, ok := a.s.settings.values[strings.ToLower(name)]
	return v, ok
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
