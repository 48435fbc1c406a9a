package live

import (
	"testing"

	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// TestWhoRests: a member may have epochs left out unless time alone changes something in it, somebody listens to it, or it has yet to come
// to the epoch that it was made by.
func TestWhoRests(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m *Member)
		rests  bool
	}{
		"nothing":         {func(*Member) {}, true},
		"windows close":   {func(m *Member) { m.pipeline.OnClose = true }, false},
		"feeds a stream":  {func(m *Member) { m.pipeline.Feedback = &Feedback{} }, false},
		"is being filled": {func(m *Member) { m.filling = &filling{to: 7} }, false},
		"was filled":      {func(m *Member) { m.filling = &filling{to: 7}; m.filling.reach(7) }, true},
		"keeps history":   {func(m *Member) { m.tap.keep(types.Second) }, false},
		"paced":           {func(m *Member) { m.tap.every = interval(types.Second) }, false},
		"subscribed":      {func(m *Member) { m.tap.add(false) }, false},
		"was subscribed":  {func(m *Member) { m.tap.add(false).Close() }, true},
	} {
		p := &Pipeline{Listen: func(bool) {}, Out: func(stream.Sink) {}}
		m := &Member{pipeline: p, filling: &filling{}, tap: &tap{listen: p.Listen}}
		m.filling.done.Store(true)
		if c.change(m); m.rests() != c.rests {
			t.Errorf("a member of which it is said that it %s rests: %v", name, m.rests())
		}
	}
}
