package session

import (
	"maps"
	"regexp"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/parse"
)

// maxMisses is how many names misses are counted under; what comes after is counted as otherMisses.
const (
	maxMisses   = 256
	otherMisses = "other"
)

// misses counts what statements looked for in PostgreSQL's catalogs and did not find, by name.
type misses struct {
	mu sync.Mutex // guards what follows
	by map[string]int64
}

// ofCatalogs is a name of PostgreSQL's catalogs: one that says its schema, or one that begins as theirs do.
var ofCatalogs = regexp.MustCompile(`^(?:"?(pg_catalog|information_schema)"?\s*\.\s*)?"?(\w{1,63})`)

// note counts the error of a statement if it says that something of the catalogs is not there.
func (m *misses) note(st *parse.Statement, err error) {
	e, ok := sqlerr.As(err)
	if !ok {
		return
	}
	switch e.Code {
	case sqlerr.UndefinedTable, sqlerr.UndefinedFunction, sqlerr.UndefinedObject, sqlerr.FeatureNotSupported:
	default:
		return
	}
	at := 0 // a character
	for i := range st.Text {
		if at++; st.Pos+at != e.Pos {
			continue
		}
		name := ofCatalogs.FindStringSubmatch(strings.ToLower(st.Text[i:min(len(st.Text), i+256)]))
		switch {
		case name == nil:
		case name[1] != "":
			m.count(name[1] + "." + name[2])
		case strings.HasPrefix(name[2], "pg_"):
			m.count("pg_catalog." + name[2])
		}
		return
	}
}

func (m *misses) count(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by == nil {
		m.by = map[string]int64{}
	}
	if m.by[name] == 0 && len(m.by) >= maxMisses {
		name = otherMisses
	}
	m.by[name]++
}

// Misses says how often statements looked for each name of PostgreSQL's catalogs that is not there.
func (e *Engine) Misses() map[string]int64 {
	e.misses.mu.Lock()
	defer e.misses.mu.Unlock()
	return maps.Clone(e.misses.by)
}
