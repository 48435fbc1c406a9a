package session

import (
	"context"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// runExplain shows the plan of a query, or that of a running view with its counters.
func (s *Session) runExplain(ctx context.Context, x *ast.Explain, out Output) error {
	if x.Trigger != nil {
		return s.explainTrigger(ctx, x, out)
	}
	p, note, extra, err := s.explained(ctx, x)
	if err != nil {
		return err
	}
	var lines []string
	switch x.Format {
	case "", "text":
		lines = append(plan.Text(p, note), extra...)
	case "json":
		text, err := plan.JSON(p, onTop(p, note, extra))
		if err != nil {
			return err
		}
		lines = strings.Split(text, "\n")
	case "dot":
		lines = strings.Split(plan.Dot(p, onTop(p, note, extra)), "\n")
	default:
		return sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized value for EXPLAIN option \"format\": %q", x.Format).At(x.Position()).
			WithHint("There are text, json and dot.")
	}
	return sendLines(ctx, out, lines)
}

func sendLines(ctx context.Context, out Output, lines []string) error {
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{l}
	}
	return send(ctx, out, texts("QUERY PLAN"), rows)
}

// onTop notes at the root of a plan what text has in lines behind it: each a key and a value.
func onTop(root plan.Node, note plan.Note, lines []string) plan.Note {
	if len(lines) == 0 {
		return note
	}
	return func(n plan.Node) (out []plan.Detail) {
		if note != nil {
			out = note(n)
		}
		if n == root {
			for _, l := range lines {
				key, value, _ := strings.Cut(l, ": ")
				out = append(out, plan.Detail{Key: key, Value: value})
			}
		}
		return out
	}
}

func (s *Session) explained(ctx context.Context, x *ast.Explain) (plan.Node, plan.Note, []string, error) {
	snap := s.catalog()
	if x.View != nil {
		return s.explainView(ctx, x, snap)
	}
	var reads accesses
	env := reads.of(s.bindEnv(snap, nil))
	var p plan.Node
	var extra []string
	var err error
	note := estimates(env)
	switch st := x.Stmt.(type) {
	case *ast.CreateView:
		env.Continuous = true
		p, err = bind.Query(st.Query, env)
		extra = everyLines(st.Query.Emit)
		if st.Materialized && err == nil {
			var r catalog.Relation
			r.Kind = catalog.MaterializedView
			r.With, err = materializedOptions(st.With)
			r.With = s.withParallelism(r.With)
			note = plan.Both(note, s.e.workersNote(&r))
		}
	case *ast.CreateTable:
		if st.Query == nil {
			return nil, nil, nil, sqlerr.NotSupported("EXPLAIN of CREATE TABLE").At(x.Position())
		}
		p, err = bind.Query(st.Query, env)
	case *ast.Unsupported:
		err = refused(st)
	default:
		if p, err = explainChange(x.Stmt, env); p == nil && err == nil {
			err = sqlerr.NotSupported("EXPLAIN of %s", x.Stmt.Tag()).At(x.Position())
		}
	}
	if err == nil {
		err = s.allowed(snap, &reads)
	}
	if err != nil || !x.Analyze {
		return p, note, extra, err
	}
	if m, changes := p.(*plan.Modify); changes {
		return s.measured(ctx, x, m)
	}
	if _, query := x.Stmt.(*ast.SelectStmt); !query {
		return nil, nil, nil, sqlerr.NotSupported("EXPLAIN ANALYZE of %s", x.Stmt.Tag()).At(x.Position()).
			WithHint("EXPLAIN without ANALYZE shows its plan.")
	}
	local := s.Locale()
	run := &build.Env{Locale: local, Catalog: s.stateWithin(ctx), Budget: s.e.statementMemory(), Now: local.Now, Logger: s.e.journal, Count: true}
	if !x.NoTiming {
		run.Clock = s.e.clock
	}
	q, err := s.e.query(ctx, p, &singly{out: nowhere{}}, run, s.own())
	if err != nil {
		return nil, nil, nil, err
	}
	return p, build.Notes(q.Counters), nil, nil
}

// estimates notes how many rows nodes are guessed to give, where that is known.
func estimates(env *bind.Env) plan.Note {
	o := plan.Options{Rows: env.Rows}
	return func(n plan.Node) []plan.Detail {
		rows, known := o.Estimate(n)
		if !known {
			return nil
		}
		return []plan.Detail{plan.Count("Estimated Rows", rows)}
	}
}

// nowhere takes rows that nobody wants.
type nowhere struct{ Output }

// Notice tells nobody.
func (nowhere) Notice(string, *sqlerr.Error) {}

func (nowhere) Rows(ctx context.Context, _ *batch.Batch) error { return ctx.Err() }

func (s *Session) explainView(ctx context.Context, x *ast.Explain, snap *catalog.Snapshot) (plan.Node, plan.Note, []string, error) {
	r, err := snap.Find(x.View.Position(), x.View.Parts...)
	if err != nil {
		return nil, nil, nil, err
	}
	if r.Kind != catalog.MaterializedView {
		return nil, nil, nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a materialized view", r.QualifiedName()).At(x.View.Position())
	}
	q, err := parseQuery(r.Query)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := bind.Query(q, s.e.viewEnv(r, snap))
	extra := everyLines(q.Emit)
	note := s.e.workersNote(r)
	if err != nil || !x.Analyze {
		return p, note, extra, err
	}
	// What a client wrote before is in the figures, unless the view is far behind or has failed.
	s.e.Live.Await(ctx, []uint32{r.ID}, s.e.Committer.Last().No, lateWait)
	if pins, _, err := s.e.Live.PinAll(ctx, []uint32{r.ID}, s.e.Committer.Last().No); err == nil { // of one that failed there is what there was
		pins[r.ID].Release()
	}
	for _, st := range s.e.Live.Status() {
		if st.ID != r.ID {
			continue
		}
		extra = append(extra, "Epoch: "+strconv.FormatUint(st.Visible.No, 10), "Rows In: "+strconv.FormatInt(st.RowsIn, 10),
			"State: "+strconv.FormatInt(st.Bytes>>10, 10)+" KiB", "Subscribers: "+strconv.Itoa(st.Subs))
		if st.Cold > 0 {
			extra = append(extra, "Cold: "+strconv.FormatInt(st.Cold>>10, 10)+" KiB")
		}
		if st.Err != nil {
			extra = append(extra, "Failed: "+st.Err.Error())
		}
		for _, m := range st.Marks {
			if rel := snap.ByID(m.Relation); rel != nil && m.At != types.MinTime && reads(snap, r, m.Relation) {
				extra = append(extra, "Watermark of "+rel.QualifiedName()+": "+string(s.locale.AppendTimestamptz(nil, m.At)))
			}
		}
	}
	return p, note, extra, nil
}

// reads says whether a view reads a relation, itself or through other views.
func reads(snap *catalog.Snapshot, view *catalog.Relation, id uint32) bool {
	for _, d := range view.DependsOn {
		if d == id {
			return true
		}
		if r := snap.ByID(d); r != nil && reads(snap, r, id) {
			return true
		}
	}
	return false
}
