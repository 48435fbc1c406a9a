package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// defaultDedup is how long a row is known to a stream that has a dedup_key, unless it says.
const defaultDedup = 10 * types.Minute

// DedupKey gives the columns by which rows of a stream repeat others, none if they may, and for how long.
func DedupKey(r *catalog.Relation) (columns []string, window types.Micros) {
	text := r.Option("dedup_key", "")
	if text == "" || r.Kind != catalog.Stream {
		return nil, 0
	}
	for name := range strings.SplitSeq(text, ",") {
		columns = append(columns, strings.TrimSpace(name))
	}
	return columns, durationOption(r, "dedup_window", defaultDedup)
}

// dedup is a stream's key as the committer takes it.
func dedup(r *catalog.Relation) (epoch.Dedup, error) {
	names, window := DedupKey(r)
	d := epoch.Dedup{Window: window}
	for _, name := range names {
		at := slices.IndexFunc(r.Visible(), func(c catalog.Column) bool { return c.Name == name })
		switch {
		case at < 0:
			return d, sqlerr.New(sqlerr.UndefinedColumn, "column %q named in dedup_key does not exist", name).
				WithHint("Columns are named as in dedup_key = 'a, b'.")
		case slices.Contains(d.Columns, at):
			return d, sqlerr.New(sqlerr.DuplicateColumn, "column %q appears twice in dedup_key", name)
		case r.Visible()[at].Type == types.JSON:
			return d, sqlerr.New(sqlerr.UndefinedFunction, "could not identify an equality operator for type json").WithHint("A column of type jsonb can be in a dedup_key.")
		}
		d.Columns = append(d.Columns, at)
	}
	switch keeps := Retention(r); {
	case len(names) == 0 && r.Option("dedup_window", "") != "":
		return d, sqlerr.New(sqlerr.InvalidParameterValue, "a dedup_window needs a dedup_key").WithHint("Name the columns that tell a row: dedup_key = 'a, b'.")
	case len(names) > 0 && window <= 0:
		return d, sqlerr.New(sqlerr.InvalidParameterValue, "dedup_window must be greater than zero, and is %s", r.Option("dedup_window", ""))
	case keeps > 0 && window > keeps:
		return d, sqlerr.New(sqlerr.InvalidParameterValue, "the stream's retention is shorter than its dedup_window").
			WithHint("What has come before is known from the rows that the stream keeps.")
	}
	return d, nil
}

// deduplicate has the committer know a stream's key. Who changes a key does so within the change of the catalog, and
// takes it back when that fails.
func (e *Engine) deduplicate(ctx context.Context, r *catalog.Relation) error {
	d, err := dedup(r)
	if err != nil {
		return err
	}
	return e.Committer.SetDedup(ctx, r.ID, d)
}

// changeDedup changes a stream by ALTER STREAM ... SET or RESET, with its key, if x names that.
func (s *Session) changeDedup(ctx context.Context, x *ast.Alter, do makeCatalog) error {
	if !slices.ContainsFunc(x.With, func(o ast.Option) bool { return strings.HasPrefix(strings.ToLower(o.Name), "dedup_") }) {
		return s.change(ctx, do)
	}
	var changed uint32
	err := s.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		next, err := do(snap, version)
		if err != nil || next == snap {
			return next, err
		}
		r, err := next.Resolve(x.Name.Position(), x.Name.Parts...)
		if err != nil {
			return nil, err
		}
		changed = r.ID
		return next, placed(s.e.deduplicate(ctx, r), optionPlace(x.With, "dedup_key"))
	})
	if err != nil && changed != 0 { // what was said to the committer does not hold
		if r := s.e.Catalog().ByID(changed); r != nil {
			err = errors.Join(err, s.e.deduplicate(context.WithoutCancel(ctx), r))
		}
	}
	return err
}

// renamedKey has a stream's dedup_key name a column that gets another name.
func renamedKey(r *catalog.Relation, from, to string) {
	names, _ := DedupKey(r)
	if at := slices.Index(names, from); at >= 0 {
		names[at] = to
		r.With = maps.Clone(r.With)
		r.With["dedup_key"] = strings.Join(names, ", ")
	}
}

// tellDropped tells the client of rows that were not stored because they repeat others.
func tellDropped(st *epoch.Statement, out Output) {
	if n := st.Dropped(); n > 0 && out != nil {
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "rows dropped because others with the same dedup_key had come before: %d", n))
	}
}
