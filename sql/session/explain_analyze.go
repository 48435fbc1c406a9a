package session

import (
	"context"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/parse"
	"github.com/vexfs/vexstream/sql/plan"
)

// measures is what a statement that changes rows ran to find them.
type measures struct {
	plans    []plan.Node
	counters map[plan.Node]*build.Counter
	clock    func() types.Micros // nil: no times
}

// measured runs a statement that changes rows, and gives its plan with what its queries took. Its rows are changed.
func (s *Session) measured(ctx context.Context, x *ast.Explain, m *plan.Modify) (plan.Node, plan.Note, []string, error) {
	s.measures = &measures{counters: map[plan.Node]*build.Counter{}}
	defer func() { s.measures = nil }()
	if !x.NoTiming {
		s.measures.clock = s.e.clock
	}
	p, err := s.prepare(&parse.Statement{Stmt: x.Stmt}, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	tag, err := s.run(ctx, p, nil, nowhere{})
	if err != nil {
		return nil, nil, nil, err
	}
	top := *m
	top.Inputs = s.measures.plans
	note := build.Notes(s.measures.counters)
	return &top, func(n plan.Node) []plan.Detail {
		if n != &top {
			return note(n)
		}
		rows := int64(0)
		for _, c := range tag[strings.LastIndexByte(tag, ' ')+1:] {
			if rows = rows*10 + int64(c-'0'); c < '0' || c > '9' { // a query's tag has no number
				return nil
			}
		}
		return []plan.Detail{plan.Count("Rows", rows)}
	}, nil, nil
}
