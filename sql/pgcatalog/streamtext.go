package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// CreateStream is a statement that makes a stream like r.
func CreateStream(r *catalog.Relation) string {
	var lines []string
	for _, c := range r.Visible() {
		l := QuoteIdent(c.Name) + " " + types.FormatType(c.Type)
		if c.NotNull {
			l += " NOT NULL"
		}
		if c.Default != "" {
			l += " DEFAULT " + c.Default
		}
		lines = append(lines, l)
	}
	if w := r.Watermark; w != nil {
		name := QuoteIdent(r.Columns[w.Column].Name)
		l := "WATERMARK FOR " + name + " AS " + name
		if w.Delay != 0 {
			l += " - INTERVAL '" + string(types.AppendInterval(nil, types.Span{Micros: int64(w.Delay)})) + "'"
		}
		lines = append(lines, l)
	}
	return "CREATE STREAM " + NameText(r) + " (" + strings.Join(lines, ", ") + ")" + OptionsText(r)
}
