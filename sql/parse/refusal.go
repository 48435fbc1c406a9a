package parse

import (
	_ "embed" // of the table
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

//go:embed refusals.txt
var refusalText string

// refusal is a line of the table: the parts of a name around its stars, and the hint.
type refusal struct {
	parts []string
	hint  string
}

var refusals = readRefusals(refusalText)

func readRefusals(text string) (out []refusal) {
	for line := range strings.Lines(text) {
		what, hint, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok || strings.HasPrefix(what, "#") {
			continue
		}
		out = append(out, refusal{strings.Split(what, "*"), hint})
	}
	return out
}

// fits says whether the parts stand in what in their order, the first at its start and the last at its end.
func (r *refusal) fits(what string) bool {
	rest, ok := strings.CutPrefix(what, r.parts[0])
	if len(r.parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range r.parts[1 : len(r.parts)-1] {
		if _, after, found := strings.Cut(rest, part); found {
			rest = after
			continue
		}
		return false
	}
	return ok && strings.HasSuffix(rest, r.parts[len(r.parts)-1])
}

// Instead gives the hint for what is refused by this name, or "" where there is nothing to do instead. known is whether the
// table has the name.
func Instead(what string) (hint string, known bool) {
	for i := range refusals {
		if r := &refusals[i]; r.fits(what) {
			if r.hint == "-" {
				return "", true
			}
			return r.hint, true
		}
	}
	return "", false
}

// Advise gives a refusal by name that has no hint the hint of the table. It changes the error.
func Advise(err error) {
	e, ok := sqlerr.As(err)
	if !ok || e.Code != sqlerr.FeatureNotSupported || e.Hint != "" {
		return
	}
	if what, ok := strings.CutSuffix(e.Message, " is not supported"); ok {
		e.Hint, _ = Instead(what)
	}
}
