package session

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// parseParallelism reads how many workers a view may have. 0, and the empty text, leave it to the planner.
func parseParallelism(kind, text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 || n > flow.MaxWorkers {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for %s \"parallelism\": %q", kind, text).
			WithHint("Give a number from 1 to %d, or 0 for as many workers as there are processors.", flow.MaxWorkers)
	}
	return n, nil
}

// workersOf is how many workers a view may have where its query lets several share the rows.
func (e *Engine) workersOf(r *catalog.Relation) int {
	n, _ := parseParallelism("option", r.Option("parallelism", "")) // it was checked when it was given
	if n == 0 {
		n = e.workers
	}
	if n == 0 {
		n = min(runtime.GOMAXPROCS(0), flow.MaxWorkers)
	}
	return n
}

// withParallelism gives the options of a view that the session makes: its own setting stands for one that is not given.
func (s *Session) withParallelism(with map[string]string) map[string]string {
	if own := s.settings.values["parallelism"]; own != "0" && with["parallelism"] == "" {
		with["parallelism"] = own
	}
	return with
}

// workersNote notes in the plan of a view which operators several workers share.
func (e *Engine) workersNote(r *catalog.Relation) plan.Note {
	return plan.Workers(e.workersOf(r), retention(r) != 0)
}
