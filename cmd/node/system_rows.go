package node

import (
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/session"
)

func (s *system) streams(ctx context.Context, out *rows) error {
	snap := s.n.engine.Catalog()
	for _, r := range snap.Relations() {
		if r.Kind != catalog.Stream || s.unused(r) {
			continue
		}
		var delay any
		if r.Watermark != nil {
			delay = types.Span{Micros: int64(r.Watermark.Delay)}
		}
		var kept any
		if d := session.Retention(r); d > 0 {
			kept = types.Span{Micros: int64(d % types.Day), Days: int32(d / types.Day)}
		}
		err := out.add(ctx, r.QualifiedName(), session.ColumnList(r), delay, s.n.engine.Committer.Rows(r.ID), int64(len(snap.Dependents(r.ID))), kept)
		if err != nil {
			return err
		}
	}
	return nil
}

// unused says whether a relation is a stream that only triggers write to, and none has.
func (s *system) unused(r *catalog.Relation) bool {
	return r.Schema == "vex" && r.Kind == catalog.Stream && s.n.engine.Committer.Rows(r.ID) == 0
}

func (s *system) views(ctx context.Context, out *rows) error {
	status, asides := s.n.engine.Live.Status(), s.n.engine.Asides()
	for _, r := range s.n.engine.Catalog().Relations() {
		if r.Kind != catalog.MaterializedView {
			continue
		}
		i := slices.IndexFunc(status, func(st live.Status) bool { return st.ID == r.ID })
		if i < 0 {
			why := "it could not be started; the journal says why"
			if off := s.n.engine.Live.Off(r.ID); off != nil {
				why = oneLine(off)
			}
			if err := out.add(ctx, r.QualifiedName(), r.Query, nil, nil, nil, nil, nil, s.n.engine.MemoryLimit(r), nil, nil, nil, why, nil, nil, nil); err != nil {
				return err
			}
			continue
		}
		var aside session.Aside
		if k := slices.IndexFunc(asides, func(a session.Aside) bool { return a.View == r.QualifiedName() }); k >= 0 {
			aside = asides[k]
		}
		st, failed := &status[i], any(nil)
		if st.Err != nil {
			failed = oneLine(st.Err)
		}
		err := out.add(ctx, r.QualifiedName(), r.Query, int64(st.Since), int64(st.Visible.No), st.Lagging, st.RowsIn, st.Bytes, s.n.engine.MemoryLimit(r), int64(st.Subs), aside.Late, aside.Dead, failed, st.Lapsed, st.Filled, st.Cold)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *system) lateRows(ctx context.Context, out *rows) error {
	for _, a := range s.n.engine.Asides() {
		for _, l := range a.LateRows {
			if err := out.add(ctx, l.View, l.WindowStart, l.WindowEnd, l.Windows, l.Watermark, rowJSON(l.Row, l.Columns)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *system) deadLetters(ctx context.Context, out *rows) error {
	for _, a := range s.n.engine.Asides() {
		for _, d := range a.DeadRows {
			if err := out.add(ctx, d.View, or(d.Operator), string(d.Code), d.Message, rowJSON(d.Row, d.Columns)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *system) sources(ctx context.Context, out *rows) error {
	for _, w := range s.n.watched {
		var failed any
		if err := w.err(); err != nil {
			failed = oneLine(err)
		}
		for _, st := range w.src.Stats() {
			if err := out.add(ctx, w.dir, st.Source, st.Where, st.Cause, st.Count, st.Exact, failed); err != nil {
				return err
			}
		}
		if err := out.add(ctx, w.dir, w.src.Name(), "log", "lost", w.sink.lost.Load(), true, failed); err != nil {
			return err
		}
	}
	return nil
}

func (s *system) producers(ctx context.Context, out *rows) error {
	snap := s.n.engine.Catalog()
	for _, p := range s.n.engine.Committer.Producers() {
		if r := snap.ByID(p.Relation); r != nil {
			if err := out.add(ctx, r.QualifiedName(), p.Name, int64(p.Sequence), p.At); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *system) audit(ctx context.Context, out *rows) error {
	for _, a := range s.n.engine.Audit() {
		if err := out.add(ctx, int64(a.Number), a.At, a.Event, a.Role, a.Login, a.Client, a.Code, a.Message, a.Statement); err != nil {
			return err
		}
	}
	return nil
}

func (s *system) definitions(ctx context.Context, out *rows) error {
	for i, d := range s.n.engine.Definitions() {
		if err := out.add(ctx, int64(i+1), d.Section, d.Kind, d.Name, d.Text); err != nil {
			return err
		}
	}
	return nil
}

func (s *system) settings(ctx context.Context, out *rows) error {
	set := s.n.set
	data := s.n.disk.dir
	if data == "" {
		data = "(memory)"
	}
	for _, v := range [][2]string{
		{"data", data},
		{"pg_addr", s.n.PgAddr()},
		{"http_addr", s.n.HTTPAddr()},
		{"flight_addr", s.n.FlightAddr()},
		{"watch", strings.Join(set.Watch, ", ")},
		{"checkpoint", set.Checkpoint.String()},
		{"host", set.Host},
		{"version", set.Version},
	} {
		if err := out.add(ctx, v[0], or(v[1])); err != nil {
			return err
		}
	}
	return nil
}

var _ session.System = (*system)(nil)

func (s *system) duplicates(ctx context.Context, out *rows) error {
	snap := s.n.engine.Catalog()
	for _, d := range s.n.engine.Committer.Dedups() {
		r := snap.ByID(d.Relation)
		if r == nil {
			continue
		}
		names, window := session.DedupKey(r)
		var oldest any
		if d.Keys > 0 {
			oldest = d.Oldest
		}
		span := types.Span{Micros: int64(window % types.Day), Days: int32(window / types.Day)}
		if err := out.add(ctx, r.QualifiedName(), strings.Join(names, ", "), span, d.Dropped, int64(d.Keys), oldest); err != nil {
			return err
		}
	}
	return nil
}
