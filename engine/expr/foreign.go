package expr

import (
	_ "embed" // the names
	"strings"
)

//go:embed foreign.txt
var foreignText string

// foreign says what to write for functions that other systems have, and neither PostgreSQL nor this one.
var foreign = func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(foreignText) {
		names, hint, ok := strings.Cut(line, " | ")
		if !ok || line[0] == '#' {
			continue
		}
		for name := range strings.FieldsSeq(names) {
			m[name] = strings.TrimSpace(hint)
		}
	}
	return m
}()
