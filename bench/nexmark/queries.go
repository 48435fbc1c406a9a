package main

import (
	_ "embed"
	"strings"
)

//go:embed queries.sql
var queriesText string

// query is one of the benchmark's.
type query struct {
	name     string
	sql      string
	postgres string   // what PostgreSQL is asked; sql if that is nothing
	changed  []string // from the published text
	apart    string   // why PostgreSQL's result cannot be compared; "" if it can
}

// queries reads queries.sql.
func queries() []*query {
	var out []*query
	_, text, _ := strings.Cut(queriesText, "\n-- q")
	for _, part := range strings.Split("\n-- q"+text, "\n-- q")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		q := &query{name: "q" + name}
		into := &q.sql
		for line := range strings.Lines(body) {
			switch what, is := strings.CutPrefix(strings.TrimSpace(line), "-- "); {
			case !is:
				*into += line
			case what == "postgres":
				into = &q.postgres
			case strings.HasPrefix(what, "changed: "):
				q.changed = append(q.changed, strings.Split(strings.TrimPrefix(what, "changed: "), "; ")...)
			default:
				q.apart = strings.TrimPrefix(what, "not comparable: ")
			}
		}
		q.sql = strings.TrimSuffix(strings.TrimSpace(q.sql), ";")
		if q.postgres = strings.TrimSuffix(strings.TrimSpace(q.postgres), ";"); q.postgres == "" {
			q.postgres = q.sql
		}
		out = append(out, q)
	}
	return out
}
