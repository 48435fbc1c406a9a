package node

import (
	"strings"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// eventsDelay is the disorder that windows over events wait for.
const eventsDelay = 5 * types.Second

// Events is the relation that sources write to and anybody may insert into. host is the default of its column host.
func Events(host string) *catalog.Relation {
	defaults := map[string]string{
		"event_id": "gen_random_uuid()",
		"ts":       "now()",
		"source":   "'sql'",
		"boundary": "'" + bridge.BoundaryUserspace + "'",
		"host":     "'" + strings.ReplaceAll(host, "'", "''") + "'",
	}
	// What an application says only in its documents is lifted into the columns of the same name.
	derived := map[string]string{}
	for _, name := range []string{"file_path", "operation", "user_id"} {
		derived[name] = "coalesce(" + name + ", content->>'" + name + "', metadata->>'" + name + "')"
	}
	derived["size_bytes"] = "coalesce(size_bytes, (content->>'size_bytes')::bigint, (metadata->>'size_bytes')::bigint)"
	derived["process_id"] = "coalesce(process_id, (content->>'process_id')::int, (metadata->>'process_id')::int)"
	cols := make([]catalog.Column, len(bridge.Schema))
	only := map[string]string{"boundary": bridge.BoundaryUserspace}
	for i, f := range bridge.Schema {
		cols[i] = catalog.Column{Name: f.Name, Type: f.Type, NotNull: f.NotNull, Default: defaults[f.Name], Derived: derived[f.Name], Only: only[f.Name]}
	}
	r := &catalog.Relation{
		ID: catalog.EventsID, Schema: "public", Name: "events", Kind: catalog.Stream, Owner: "vexstream",
		Watermark:  &catalog.Watermark{Column: bridge.ColTS, Delay: eventsDelay, Text: "ts - INTERVAL '5 seconds'"},
		EventTime:  bridge.ColTS,
		With:       map[string]string{"idle": "clock"},
		Comment:    "What happens to watched files, and what applications insert.",
		AppendOnly: true,
	}
	r.Text = createText(cols, r)
	r.Columns = catalog.WithHidden(cols)
	return r
}

// createText is the CREATE STREAM that would make r, without its options.
func createText(cols []catalog.Column, r *catalog.Relation) string {
	var b strings.Builder
	b.WriteString("CREATE STREAM " + r.Name + " (\n")
	for _, c := range cols {
		b.WriteString("    " + c.Name + " " + types.FormatType(c.Type))
		if c.NotNull {
			b.WriteString(" NOT NULL")
		}
		if c.Default != "" {
			b.WriteString(" DEFAULT " + c.Default)
		}
		b.WriteString(",\n")
	}
	b.WriteString("    WATERMARK FOR " + cols[r.Watermark.Column].Name + " AS " + r.Watermark.Text + "\n)")
	return b.String()
}
