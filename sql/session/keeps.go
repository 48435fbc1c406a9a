package session

import (
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// Prepared lists the statements that PREPARE or the protocol keeps by name.
func (a asked) Prepared() []pgcatalog.Prepared {
	var out []pgcatalog.Prepared
	for _, name := range slices.Sorted(maps.Keys(a.s.prepared)) {
		p := a.s.prepared[name]
		out = append(out, pgcatalog.Prepared{Name: name, Statement: p.text, Made: p.made, Params: p.Params, SQL: true})
	}
	if a.s.Named != nil {
		a.s.Named(func(name string, p *Prepared, since types.Micros) {
			out = append(out, pgcatalog.Prepared{Name: name, Statement: p.stmt.Text, Made: since, Params: p.Params})
		})
	}
	return out
}

// Cursors lists what DECLARE made.
func (a asked) Cursors() []pgcatalog.Cursor {
	var out []pgcatalog.Cursor
	for _, name := range slices.Sorted(maps.Keys(a.s.cursors)) {
		c := a.s.cursors[name]
		out = append(out, pgcatalog.Cursor{Name: name, Statement: c.text, Hold: c.hold, Binary: c.binary, Scroll: c.scroll, Made: c.made})
	}
	return out
}

// Channels lists what the session listens to, by name.
func (a asked) Channels() []string {
	if a.s.listener == nil {
		return nil
	}
	return a.s.e.channels.of(a.s.listener)
}

// of gives the channels of a listener, by name.
func (c *channels) of(l *listener) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for name, who := range c.by {
		if who[l] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
