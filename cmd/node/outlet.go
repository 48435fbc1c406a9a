package node

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/bridge/file"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/session"
)

// outlets makes the outlets of sinks and knows how each stands.
type outlets struct {
	data    string // the data folder, into which no sink writes; "": none
	journal *slog.Logger

	mu sync.Mutex
	by map[uint32]*file.Output
}

// Outlet makes the outlet of a sink.
func (o *outlets) Outlet(id uint32, with map[string]string, schema batch.Schema) (session.Outlet, error) {
	switch with["connector"] {
	case "file":
	case "":
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "a sink needs a connector").WithHint("There is connector = 'file', with path = '/a/folder'.")
	default:
		return nil, sqlerr.NotSupported("connector %q of a sink", with["connector"]).WithHint("There is file.")
	}
	dir := filepath.Clean(with["path"])
	if !filepath.IsAbs(dir) {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "path of a sink is %q", with["path"]).WithHint("Name a folder from the root on: path = '/a/folder'.")
	}
	if o.data != "" && inside(dir, o.data) {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "path of a sink is in the data folder %s", o.data).WithHint("Name another folder.")
	}
	kind := with["format"]
	if kind == "" || kind == "json" {
		kind = file.NDJSON
	}
	out, err := file.Open(file.Options{Dir: dir, Name: with["file_prefix"], ID: id, Format: kind, Schema: schema, Journal: o.journal})
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.by[id] = out
	return outlet{Output: out, of: o, id: id}, nil
}

// outlet is known until it is closed.
type outlet struct {
	*file.Output
	of *outlets
	id uint32
}

// Close forgets the outlet.
func (o outlet) Close() error {
	o.of.mu.Lock()
	if o.of.by[o.id] == o.Output {
		delete(o.of.by, o.id)
	}
	o.of.mu.Unlock()
	return o.Output.Close()
}

// inside says whether path is dir or in it.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func (o *outlets) of(id uint32) (file.Status, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out, ok := o.by[id]
	if !ok {
		return file.Status{}, false
	}
	return out.Status(), true
}

// sinks are the rows of vex.sinks.
func (s *system) sinks(ctx context.Context, out *rows) error {
	snap := s.n.engine.Catalog()
	for _, r := range snap.Relations() {
		if r.Kind != catalog.Sink {
			continue
		}
		from := snap.ByID(r.DependsOn[0]).QualifiedName()
		st, ok := s.n.outlets.of(r.ID)
		if !ok {
			continue // it is on its way out
		}
		var failed any
		if st.Err != nil {
			failed = oneLine(st.Err)
		}
		err := out.add(ctx, r.QualifiedName(), from, r.With["connector"], r.Option("type", "append-only"), r.With["path"],
			int64(st.Epoch), st.Files, st.Rows, st.Bytes, st.Waiting, failed)
		if err != nil {
			return err
		}
	}
	return nil
}
