package session

import (
	"math"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// When the memory of the node runs short, statements are refused first: they leave an eighth of it to the views. A view that is
// being made leaves the last sixteenth to those that are there. When that is touched, the newest view is paused.
const (
	statementsLeave = 8
	viewsLeave      = 16
)

// statementsFree is what every statement may hold, as long as there is memory at all: enough to see what takes it.
const statementsFree = 1 << 20

// statementMemory is what one statement may hold: no more than the node has left.
func (e *Engine) statementMemory() *mem.Budget {
	b := e.memory.Child("statement", 0)
	limit := e.memory.Limit()
	b.Leave(limit/statementsLeave, min(limit/viewsLeave, statementsFree))
	return b
}

// viewMemory is what a view may hold: its memory_limit, or what the node has left.
func (e *Engine) viewMemory(r *catalog.Relation) *mem.Budget {
	limit, _ := parseSize(r.Option("memory_limit", "")) // checked when the view was made
	return e.memory.Child(r.QualifiedName(), limit)
}

// MemoryLimit is how many bytes a view's state may take.
func (e *Engine) MemoryLimit(r *catalog.Relation) int64 {
	if limit, _ := parseSize(r.Option("memory_limit", "")); limit > 0 {
		return limit
	}
	return e.memory.Limit()
}

// sizeUnits are PostgreSQL's units of memory.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"kB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {"TB", 1 << 40}, {"B", 1}}

// parseSize reads a number of bytes with a unit, as PostgreSQL's settings have it. The empty text is 0.
func parseSize(text string) (int64, error) {
	number, unit := strings.TrimSpace(text), int64(1)
	if number == "" {
		return 0, nil
	}
	for _, u := range sizeUnits {
		if n, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for option %q: %q", "memory_limit", text).
			WithHint("Valid units for this option are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\", as in '512MB'.")
	}
	return n * unit, nil
}
