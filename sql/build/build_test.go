package build_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
	"github.com/vexfs/vexstream/sql/plan"
)

// world is a catalog and the rows that were written, an epoch per INSERT.
type world struct {
	cat    *catalog.Snapshot
	epochs []written
	marks  map[uint32]types.Micros // the watermark after the last epoch
}

type written struct {
	relation *catalog.Relation
	rows     []*batch.Batch
	marks    stream.Watermarks
}

func newWorld() *world { return &world{cat: catalog.Empty(), marks: map[uint32]types.Micros{}} }

const now = types.Micros(1_767_225_600_000_000) // 2026-01-01 00:00:00 UTC

func parseQuery(text string) (*ast.Query, error) {
	s, err := parse.Parse(text)
	if err != nil {
		return nil, err
	}
	return s[0].Stmt.(*ast.SelectStmt).Query, nil
}

func (w *world) env(notice func(*sqlerr.Error)) *bind.Env {
	return &bind.Env{Catalog: w.cat, ParseQuery: parseQuery, Notice: notice, Session: map[string]string{
		"current_user": "admin", "session_user": "admin", "current_database": "vexstream", "current_schema": "public", "version": "PostgreSQL 15 (vexstream)",
	}}
}

// exec runs DDL and INSERTs.
func (w *world) exec(text string) error {
	stmts, err := parse.Parse(text)
	if err != nil {
		return err
	}
	for _, s := range stmts {
		switch x := s.Stmt.(type) {
		case *ast.CreateStream:
			err = w.createStream(x)
		case *ast.CreateView:
			err = w.createView(x)
		case *ast.Insert:
			err = w.insert(x)
		default:
			err = fmt.Errorf("the test cannot run %s", s.Stmt.Tag())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) createStream(s *ast.CreateStream) error {
	r := &catalog.Relation{ID: w.cat.NextID, Schema: "public", Name: s.Name.Parts[0], Kind: catalog.Stream, EventTime: -1, AppendOnly: true}
	var cols []catalog.Column
	for _, c := range s.Columns {
		t, err := bind.Type(c.Type)
		if err != nil {
			return err
		}
		cols = append(cols, catalog.Column{Name: c.Name, Type: t, NotNull: c.NotNull, Default: c.DefaultSQL})
	}
	r.Columns = catalog.WithHidden(cols)
	if s.Watermark != nil {
		col, delay, err := bind.Watermark(s.Watermark, cols)
		if err != nil {
			return err
		}
		r.Watermark, r.EventTime = &catalog.Watermark{Column: col, Delay: delay}, col
	}
	w.cat = w.cat.With(w.cat.Version+1, r)
	return nil
}

func (w *world) createView(v *ast.CreateView) error {
	env := w.env(nil)
	p, err := bind.Query(v.Query, env)
	if err != nil {
		return err
	}
	r := &catalog.Relation{ID: w.cat.NextID, Schema: "public", Name: v.Name.Parts[0], Kind: catalog.View, EventTime: -1, Query: v.QueryText}
	for i, f := range p.Schema() {
		name := f.Name
		if i < len(v.Columns) {
			name = v.Columns[i]
		}
		r.Columns = append(r.Columns, catalog.Column{Name: name, Type: f.Type})
	}
	w.cat = w.cat.With(w.cat.Version+1, r)
	return nil
}

func (w *world) insert(s *ast.Insert) error {
	bound, err := bind.Insert(s, w.env(nil))
	if err != nil {
		return err
	}
	rows := &gathered{}
	if err := w.run(bound.Plan, rows); err != nil {
		return err
	}
	r := bound.Relation
	if m := r.Watermark; m != nil {
		top := w.marks[r.ID]
		for _, b := range rows.batches {
			for _, t := range batch.Values[types.Micros](&b.Cols[m.Column]) {
				top = max(top, t-m.Delay)
			}
		}
		w.marks[r.ID] = top
	}
	var marks stream.Watermarks
	for _, r := range w.cat.Relations() {
		if at, ok := w.marks[r.ID]; ok {
			marks = append(marks, stream.Mark{Relation: r.ID, At: at})
		}
	}
	slices.SortFunc(marks, func(a, b stream.Mark) int { return int(a.Relation) - int(b.Relation) })
	w.epochs = append(w.epochs, written{relation: r, rows: rows.batches, marks: marks})
	return nil
}

// gathered is a Sink that keeps what it gets.
type gathered struct {
	batches []*batch.Batch
	ended   bool
}

func (g *gathered) Push(_ context.Context, b *batch.Batch) error {
	g.batches = append(g.batches, b.Clone())
	return nil
}

func (g *gathered) Advance(_ context.Context, p stream.Progress) error {
	g.ended = g.ended || p.End
	return nil
}

func (g *gathered) Close() error { return nil }

// lines writes the rows, each as often as its weights say.
func (g *gathered) lines(t *testing.T) []string {
	t.Helper()
	net := map[string]int64{}
	var order []string
	for _, b := range g.batches {
		for i := range b.N {
			cells := make([]string, len(b.Cols))
			for c := range b.Cols {
				cells[c] = "NULL"
				if !b.Cols[c].Null(i) {
					cells[c] = string(b.Cols[c].At(i))
				}
			}
			line := strings.Join(cells, "|")
			net[line] += b.Weight(i)
			for range b.Weight(i) {
				order = append(order, line)
			}
		}
	}
	var out []string
	left := map[string]int64{}
	for l, n := range net {
		if n < 0 {
			t.Errorf("row %q has weight %d", l, n)
		}
		left[l] = n
	}
	for _, l := range order {
		if left[l] > 0 {
			left[l]--
			out = append(out, l)
		}
	}
	return out
}

// shown is p with all columns as text.
func shown(t *testing.T, p plan.Node) plan.Node {
	t.Helper()
	out := &plan.Project{Input: p}
	for i, f := range p.Schema() {
		e, err := expr.Cast(expr.Col(i, f.Type, f.Name), types.Text, expr.Explicit)
		if err != nil {
			t.Fatal(err)
		}
		out.Exprs, out.Names = append(out.Exprs, e), append(out.Names, f.Name)
	}
	return out
}

// run runs p over everything that was written, as a query that ends.
func (w *world) run(p plan.Node, out stream.Sink) error {
	ctx := context.Background()
	q, err := build.Query(p, out, &build.Env{Now: w.epoch(max(len(w.epochs), 1) - 1).Time, Catalog: &noCatalog{}})
	if err != nil {
		return err
	}
	for i, in := range q.Inputs {
		if err := q.Feed(ctx, i); err != nil {
			return err
		}
		for no := range w.epochs {
			if err := w.push(ctx, no, &in); errors.Is(err, stream.ErrStop) {
				break
			} else if err != nil {
				return err
			}
		}
		if err := in.Sink.Advance(ctx, stream.Progress{Epoch: w.epoch(len(w.epochs)), End: true}); err != nil {
			return err
		}
	}
	if err := q.Feed(ctx, len(q.Inputs)); err != nil {
		return err
	}
	return q.Close()
}

func (w *world) epoch(no int) *batch.Epoch {
	return &batch.Epoch{Origin: 1, No: uint64(no) + 1, Time: now + types.Micros(no)*types.Second}
}

// push pushes epoch no's rows of an input's relation into it.
func (w *world) push(ctx context.Context, no int, in *build.Input) error {
	e := w.epochs[no]
	if e.relation.ID != in.Relation {
		return nil
	}
	for _, b := range e.rows {
		out := &batch.Batch{Epoch: w.epoch(no), N: b.N}
		for _, c := range in.Columns {
			if c < len(b.Cols) {
				out.Cols = append(out.Cols, b.Cols[c])
				continue
			}
			v := batch.MakeValues[int64](b.N)
			for i := range v {
				v[i] = int64(i)
			}
			out.Cols = append(out.Cols, batch.FixedOf(e.relation.Columns[c].Type, v, nil))
		}
		if err := in.Sink.Push(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

func complain(err error) string {
	e, ok := sqlerr.As(err)
	if !ok {
		return "error: " + err.Error() + "\n"
	}
	s := fmt.Sprintf("ERROR: %s: %s\n", e.Code, e.Message)
	if e.Pos > 0 {
		s += fmt.Sprintf("POSITION: %d\n", e.Pos)
	}
	for _, x := range [][2]string{{"DETAIL", e.Detail}, {"HINT", e.Hint}, {"CONTEXT", e.Where}} {
		if x[1] != "" {
			s += x[0] + ": " + x[1] + "\n"
		}
	}
	return s
}

func notices(ns []*sqlerr.Error) string {
	var sb strings.Builder
	for _, n := range ns {
		fmt.Fprintf(&sb, "NOTICE: %s (%s)\n", n.Message, n.Hint)
	}
	return sb.String()
}

// TestFiles runs the files of testdata:
//
//	exec      statements that make relations and rows; each INSERT is an epoch
//	explain   the plan of a query; with view: of a materialized view
//	rewrite   the plan of a query as it was bound, and as the rules left it
//	query     the rows of a query; unless nocompare, the same as a view must give the same rows, also as changes
//	view      the rows of a materialized view
func TestFiles(t *testing.T) {
	f := flag.Lookup("rewrite")
	blind := f != nil && f.Value.String() == "true" && os.Getenv("VEXSTREAM_TEST_POSTGRES") == ""
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if blind && slices.Contains(compared, strings.TrimPrefix(path, "testdata/")) {
			t.Fatalf("%s has PostgreSQL's answers: -rewrite needs VEXSTREAM_TEST_POSTGRES, and TestPostgres compares what it wrote", path)
		}
		w := newWorld()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "exec":
				if err := w.exec(d.Input); err != nil {
					return complain(err)
				}
				return ""
			case "explain":
				return w.explain(d.Input, d.HasArg("view"))
			case "rewrite":
				return w.rewrite(d.Input, d.HasArg("view"))
			case "query":
				return w.query(t, d.Input, !d.HasArg("nocompare"))
			case "view":
				return w.asView(t, d.Input)
			}
			t.Fatalf("no command %s", d.Cmd)
			return ""
		})
	})
}

func (w *world) bind(text string, continuous bool) (plan.Node, string, error) {
	q, err := parseQuery(text)
	if err != nil {
		return nil, "", err
	}
	var said []*sqlerr.Error
	env := w.env(func(e *sqlerr.Error) { said = append(said, e) })
	env.Continuous = continuous
	p, err := bind.Query(q, env)
	head := notices(said)
	if len(env.Params) > 0 {
		names := make([]string, len(env.Params))
		for i, t := range env.Params {
			names[i] = t.Name()
		}
		head += "Parameters: " + strings.Join(names, ", ") + "\n"
	}
	return p, head, err
}

func (w *world) explain(text string, view bool) string {
	p, head, err := w.bind(text, view)
	if err != nil {
		return complain(err)
	}
	return head + strings.Join(plan.Text(p, nil), "\n") + "\n"
}

// rewrite shows a plan before and after the rules. Relations have as many rows as the test wrote.
func (w *world) rewrite(text string, view bool) string {
	q, err := parseQuery(text)
	if err != nil {
		return complain(err)
	}
	var before []string
	env := w.env(nil)
	env.Continuous, env.Rows = view, w.rows
	env.Bound = func(n plan.Node) { before = plan.Text(n, nil) }
	p, err := bind.Query(q, env)
	if err != nil {
		return complain(err)
	}
	return strings.Join(before, "\n") + "\n=>\n" + strings.Join(plan.Text(p, nil), "\n") + "\n"
}

func (w *world) rows(relation uint32) (n int64, known bool) {
	for _, e := range w.epochs {
		if e.relation.ID == relation {
			for _, b := range e.rows {
				n += int64(b.N)
			}
		}
	}
	return n, true
}

func (w *world) query(t *testing.T, text string, compare bool) string {
	p, _, err := w.bind(text, false)
	if err != nil {
		return complain(err)
	}
	rows := &gathered{}
	if err := w.run(shown(t, p), rows); err != nil {
		return complain(err)
	}
	if !rows.ended {
		t.Error("the query has not ended")
	}
	got := rows.lines(t)
	if compare {
		if live := w.asView(t, text); live != join(slices.Sorted(slices.Values(got))) {
			t.Errorf("as a view the query gives\n%s", live)
		}
	}
	if !strings.Contains(strings.ToUpper(text), "ORDER BY") {
		slices.Sort(got)
	}
	return join(got)
}

// asView gives the sorted rows of a view, and fails when its changes do not add up to them.
func (w *world) asView(t *testing.T, text string) string {
	p, _, err := w.bind(text, true)
	if err != nil {
		return complain(err)
	}
	var first string
	for restart := range len(w.epochs) {
		contents, changes, err := w.view(shown(t, p), restart)
		if err != nil {
			return complain(err)
		}
		got := join(slices.Sorted(slices.Values(contents.lines(t))))
		if sum := join(slices.Sorted(slices.Values(changes.lines(t)))); got != sum {
			t.Errorf("restarted before epoch %d the contents are\n%sand the changes add up to\n%s", restart, got, sum)
		}
		if restart == 0 {
			first = got
		} else if got != first {
			t.Errorf("restarted before epoch %d the contents are\n%sand not\n%s", restart, got, first)
		}
	}
	return first
}

func join(lines []string) string {
	if len(lines) == 0 {
		return "(no rows)\n"
	}
	return strings.Join(lines, "\n") + "\n"
}
