package oracle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// notCompared are functions whose answer is not PostgreSQL's on purpose, and those that read the clock.
var notCompared = map[string]bool{
	// PostgreSQL looks for a row type when a row comes by, and takes any type where none does.
	"json_populate_record": true, "jsonb_populate_record": true,
	"pg_typeof": true, // text here, regtype there
	"now":       true, "transaction_timestamp": true, "statement_timestamp": true, "clock_timestamp": true, "proctime": true,
	"age/1":       true,
	"normalize/2": true, // the form is a word there
}

// meant says whether an answer that differs from PostgreSQL's is one of those that docs/postgresql-differences.md names.
func (c *comparison) meant(n *node, a pair) bool {
	text := n.String()
	switch {
	case a.us.code == "2201B" && !a.pg.failed():
		return true // a constant pattern is compiled when the query is bound
	case a.pg.code == "42725":
		return c.fewer(a.pg.message) // of fewer overloads one is best
	case a.us.code == "22008" && strings.Contains(a.us.message, "interval out of range"):
		return true // PostgreSQL 15 lets the microseconds and days of an interval overflow silently
	case a.us.code == "22008" && strings.Contains(a.us.message, "date out of range for timestamp"):
		return !a.pg.failed() // instants end in the year 294246, dates do not
	case a.us.code == "42601" && a.us.message == "multiple decimal points" && a.pg.failed():
		return true // a template's error comes with a row, so it is open which of two comes first
	case a.us.code == "42883" && strings.Contains(a.us.message, "could not identify") && (!a.pg.failed() || isRuntime(a.pg.code)):
		return true // PostgreSQL looks for it when two values come by, and so behind what fails in making them
	case a.us.code == "22023" && oddZone.MatchString(a.us.message):
		return true // a POSIX rule whose names are no letters
	case a.pg.code == "22008" && strings.Contains(text, "date_part(") && a.pg.message == "date out of range for timestamp":
		return true // of no field, which is null here
	case a.us.code == "0A000" && (strings.Contains(a.us.message, "time with time zone") || strings.Contains(a.us.message, "basic regular expression")):
		return true // not built, and refused by name
	case a.us.code == "22008" && strings.Contains(text, "age("):
		return true // the age of infinity is a random number there
	}
	return false
}

var oddZone = regexp.MustCompile(`time zone ".*[^A-Za-z0-9+:,/<>. -].*" not recognized`)

// fewer says whether of the function that PostgreSQL's message is about there are fewer overloads here.
func (c *comparison) fewer(message string) bool {
	name, args, ok := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(message, "function "), "operator is not unique: "), "(")
	if !ok {
		return false
	}
	key := fmt.Sprint(name, "/", 1+strings.Count(args, ","))
	return c.here[key] < c.there[key]
}

// folds says whether a constant part of n gives PostgreSQL's error, which it may evaluate though no row does, or is null,
// beside which nothing is evaluated here.
func (c *comparison) folds(n *node, a pair) bool {
	qs := []query{over(n, " WHERE false")} // what fails then fails while it is planned
	n.any(func(k *node) bool {
		if !k.any(func(k *node) bool { return isColumn(k.text) }) {
			qs = append(qs, query{"SELECT " + k.String(), 1})
		}
		return false
	})
	for _, answer := range c.pg.ask(c.t, qs) {
		switch {
		case answer.code == "" && len(answer.rows) > 0 && answer.rows[0][0] == null:
			return true
		case answer.code == a.pg.code && (isRuntime(answer.code) || answer.code == "42704" || answer.code == "42601"): // a variable that a path lacks; an escape
			return true
		}
	}
	return false
}

func isColumn(text string) bool {
	return slices.ContainsFunc(wideColumns(), func(c column) bool { return c.name == text })
}

// clients says whether s is about the catalog or the session, for clients: its answer is the server's own.
func clients(s expr.Signature) bool {
	for _, t := range append(slices.Clone(s.Args), s.Result) {
		if types.IsVector(t) || polymorph(t) == "" && t.OID != types.OIDJSONPath && !slices.Contains(kinds, t) && !slices.Contains(kinds, t.Elem()) {
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
