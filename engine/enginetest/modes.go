package enginetest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// nulls runs the case with random nulls, and with nothing else: no panic, no broken rule. What comes out is not known.
func (m *matrix) nulls(t *testing.T) {
	rnd := rand.New(rand.NewPCG(Seed(), 1))
	for _, one := range []int{1, 3} {
		epochs := slices.Clone(m.epochs)
		for i := range epochs {
			epochs[i].Rows = slices.Clone(epochs[i].Rows)
			for k, r := range epochs[i].Rows {
				epochs[i].Rows[k].Vals = m.withNulls(r.Vals, one, rnd)
			}
		}
		m.survive(t, epochs)
	}
}

func (m *matrix) withNulls(vals []any, oneIn int, rnd *rand.Rand) []any {
	vals = slices.Clone(vals)
	for i := range vals {
		if !m.Schema[i].NotNull && rnd.IntN(oneIn) == 0 {
			vals[i] = nil
		}
	}
	return vals
}

// late runs the case with the rows of the first epoch once more in every later one.
func (m *matrix) late(t *testing.T) {
	epochs := slices.Clone(m.epochs)
	for i := 1; i < len(epochs); i++ {
		epochs[i].Rows = slices.Concat(epochs[i].Rows, m.epochs[0].Rows)
	}
	m.survive(t, epochs)
}

// survive runs epochs, whose outcome is not known; an error must be one that a user can be shown.
func (m *matrix) survive(t *testing.T, epochs []Epoch) {
	t.Helper()
	sink := m.Make(m.setup(1, nil), NewCollect(t))
	if err := m.run(sink, epochs, way{cut: 2}); err != nil && sqlerr.CodeOf(err) == sqlerr.InternalError {
		t.Errorf("ended with %v", err)
	}
	closeSink(t, sink)
}

// full runs the case into a receiver that has enough after one row.
func (m *matrix) full(t *testing.T) {
	out := NewCollect(t)
	out.StopAt = 1
	sink := m.Make(m.setup(1, nil), out)
	err := m.run(sink, m.epochs, way{cut: 1})
	closeSink(t, sink)
	if err != nil && sqlerr.CodeOf(err) != m.WantError {
		t.Errorf("ended with %v", err)
	}
	if err == nil && !out.Last.End {
		t.Errorf("the end of the stream did not reach a receiver that had enough")
	}
}

var errReceiver = errors.New("the receiver failed")

// failing runs the case into a receiver that fails: its error must come back, unless nothing is ever pushed.
func (m *matrix) failing(t *testing.T) {
	out := NewCollect(t)
	out.Fail = errReceiver
	sink := m.Make(m.setup(1, nil), out)
	err := m.run(sink, m.epochs, way{cut: 1})
	closeSink(t, sink)
	probe := NewCollect(t)
	again := m.Make(m.setup(1, nil), probe)
	clean := m.run(again, m.epochs, way{cut: 1})
	closeSink(t, again)
	if len(probe.All()) > 0 && clean == nil && !errors.Is(err, errReceiver) {
		t.Errorf("the receiver's error became %v", err)
	}
}

// pin holds the contents of every epoch until the end, and compares what each holds then with what it held at first.
func (m *matrix) pin(t *testing.T) {
	sink := m.Make(m.setup(1, nil), NewCollect(t))
	defer closeSink(t, sink)
	var pins []state.Pin
	var held []string
	for i := range m.epochs {
		if m.run(sink, m.epochs[i:i+1], way{cut: 2}) != nil {
			break
		}
		p := sink.(state.Pinner).Pin()
		if no := m.epochs[i].Epoch.No; p.Epoch() != no {
			t.Errorf("a pin taken after epoch %d is of epoch %d", no, p.Epoch())
		}
		pins, held = append(pins, p), append(held, Contents(t, p))
	}
	for i, p := range pins {
		if now := Contents(t, p); now != held[i] {
			t.Errorf("the pin of epoch %d held\n%sand now holds\n%s", i+1, held[i], now)
		}
	}
	for _, p := range pins {
		p.Release()
		p.Release()
	}
}

type savedPage struct{ key, data []byte }

// restart saves the operator after each epoch, loads what it saved into another one of n workers, and compares what
// both give from there on and hold at the end.
func (m *matrix) restart(t *testing.T, n int) {
	for cut := 1; cut < len(m.epochs); cut++ {
		out := NewCollect(t)
		sink := m.Make(m.setup(1, nil), out)
		keeper, ok := sink.(state.Keeper)
		if !ok {
			closeSink(t, sink)
			t.Skip("the operator can be pinned but not saved")
		}
		if m.run(sink, m.epochs[:cut], way{}) != nil {
			closeSink(t, sink)
			return
		}
		pages := save(t, keeper)
		rest := NewCollect(t)
		second := m.Make(m.setup(n, nil), rest)
		load(t, second.(state.Keeper), pages, m.epochs[cut-1].Progress)
		err1 := m.run(sink, m.epochs[cut:], way{})
		err2 := m.run(second, m.epochs[cut:], way{cut: 2})
		if sqlerr.CodeOf(err1) != sqlerr.CodeOf(err2) {
			t.Errorf("cut after epoch %d: %v without a restart, %v with one", cut, err1, err2)
		}
		if a, b := text(out.Epochs[cut:], Table.Net), text(rest.Epochs, Table.Net); a != b {
			t.Errorf("cut after epoch %d: without a restart\n%swith one\n%s", cut, a, b)
		}
		if a, b := held(t, sink), held(t, second); a != b {
			t.Errorf("cut after epoch %d: holds without a restart\n%swith one\n%s", cut, a, b)
		}
		closeSink(t, sink)
		closeSink(t, second)
	}
}

func held(t *testing.T, s stream.Sink) string {
	t.Helper()
	p := s.(state.Pinner).Pin()
	defer p.Release()
	return Contents(t, p)
}

func save(t *testing.T, k state.Keeper) []savedPage {
	t.Helper()
	p := k.Pin()
	defer p.Release()
	var pages []savedPage
	seen := map[string]bool{}
	err := p.Pages(func(pg state.Page) error {
		data, err := pg.Encode([]byte("x"))
		if len(pg.Key) >= 64 || seen[string(pg.Key)] {
			t.Errorf("page key %q is too long or not unique", pg.Key)
		}
		if err == nil && (len(data) == 0 || data[0] != 'x') {
			t.Errorf("page %q: Encode did not append", pg.Key)
			return nil
		}
		seen[string(pg.Key)] = true
		pages = append(pages, savedPage{slices.Clone(pg.Key), slices.Clone(data[min(1, len(data)):])})
		return err
	})
	if err != nil {
		t.Errorf("Pages: %v", err)
	}
	return pages
}

func load(t *testing.T, k state.Keeper, pages []savedPage, p stream.Progress) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(Seed(), 2))
	if x, ok := k.(state.Expecter); ok {
		x.Expect(func(yield func([]byte) bool) {
			for _, p := range pages {
				if !yield(slices.Clone(p.key)) {
					return
				}
			}
		})
	}
	for _, i := range rnd.Perm(len(pages)) {
		key, data := slices.Clone(pages[i].key), slices.Clone(pages[i].data)
		if err := k.LoadPage(key, data); err != nil {
			t.Errorf("LoadPage: %v", err)
		}
		overwrite(key)
		overwrite(data)
	}
	if err := k.Loaded(p); err != nil {
		t.Errorf("Loaded: %v", err)
	}
}
