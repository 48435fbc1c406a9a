package oracle

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
)

// notCompared are functions whose answer is not PostgreSQL's on purpose, and those that read the clock.
var notCompared = map[string]bool{
	"pg_typeof": true, // text here, regtype there
	"now":       true, "transaction_timestamp": true, "statement_timestamp": true, "clock_timestamp": true, "proctime": true,
	"age/1":       true,
	"normalize/2": true, // the form is a word there
}

// meant says whether an answer that differs from PostgreSQL's is one of those that docs/postgresql-differences.md names.
func meant(n *node, a pair) bool {
	text := n.String()
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case a.us.code == "2201B" && !a.pg.failed():
		return true // a constant pattern is compiled when the query is bound
	case a.us.code == "0A000" && strings.Contains(a.us.message, "asks what stands before it"):
		return true // Go's engine cannot begin in the middle of a text
	case isRuntime(a.pg.code) && !a.us.failed() && has("NULL"):
		return true // constants are folded there before it is seen that another argument is null
	case a.pg.code == "42725" && !a.us.failed():
		return true // of fewer overloads one is best
	case a.us.code == "22008" && strings.Contains(a.us.message, "interval out of range"):
		return true // PostgreSQL 15 lets the microseconds and days of an interval overflow silently
	case a.us.code == "22008" && has("age("):
		return true // the age of infinity is a random number there
	case a.us.code == "22008" && has("29424", "2942", "ts", "tz", "d)", "infinity", "178000000"):
		return true // instants end in the year 294246
	}
	return false
}

// clients says whether s is about the catalog or the session, for clients: its answer is the server's own.
func clients(s expr.Signature) bool {
	for _, t := range append(slices.Clone(s.Args), s.Result) {
		if polymorph(t) == "" && !slices.Contains(kinds, t) && !slices.Contains(kinds, t.Elem()) {
			return true
		}
	}
	for _, prefix := range []string{"pg_", "has_", "to_reg", "current_", "session_", "inet_", "txid_", "obj_", "col_", "shobj_", "row_security", "set_config", "getdatabaseencoding", "version"} {
		if strings.HasPrefix(s.Name, prefix) {
			return true
		}
	}
	return false
}
