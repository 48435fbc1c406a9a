package session_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/live"
)

// resting is a node with views of streams that get rows now and then, while another gets all the others.
type resting struct {
	*node
	rnd    *rand.Rand
	views  []string // their names, each with the query that it is of, by name
	query  map[string]string
	rested int // how often a view was found behind the log because its feed left out epochs
}

// must runs statements that may not fail.
func (r *resting) must(text string) string {
	r.t.Helper()
	out := r.run(r.t.Context(), text, &client{as: r.s})
	if strings.Contains(out, "ERROR") {
		r.t.Fatalf("%s: %s", text, out)
	}
	return out
}

// insert writes a few rows, some of them older than what came before.
func (r *resting) insert(stream string) {
	var rows []string
	for range 1 + r.rnd.IntN(3) {
		rows = append(rows, fmt.Sprintf("('2026-01-01 00:%02d:%02d', 'k%d', %d)", r.rnd.IntN(20), r.rnd.IntN(60), r.rnd.IntN(4), r.rnd.IntN(100)))
	}
	r.must("INSERT INTO " + stream + " VALUES " + strings.Join(rows, ", "))
}

// view makes a view under a new name: of one stream, of two, or of another view and a stream.
func (r *resting) view() {
	name := fmt.Sprintf("v%d", len(r.query))
	query := []string{
		"SELECT window_start, k, count(*) AS n, sum(v) AS total FROM TUMBLE(a, ts, INTERVAL '1 minute') GROUP BY window_start, k",
		"SELECT k, v FROM b WHERE v > 20",
		"SELECT a.k, a.v, b.v AS w FROM a JOIN b ON a.k = b.k AND a.ts = b.ts",
		"SELECT k, count(*) AS n FROM (SELECT k FROM a UNION ALL SELECT k FROM b) AS u GROUP BY k",
		"SELECT k, max(v) AS most FROM a WHERE v % 2 = 0 GROUP BY k",
	}[r.rnd.IntN(5)]
	if len(r.views) > 0 && r.rnd.IntN(3) == 0 {
		up := r.views[r.rnd.IntN(len(r.views))]
		query = fmt.Sprintf("SELECT s.k, s.v, u.c FROM b AS s JOIN (SELECT k, count(*) AS c FROM %s GROUP BY k) AS u ON u.k = s.k", up)
	}
	r.must("CREATE MATERIALIZED VIEW " + name + " AS " + query)
	r.views = append(r.views, name)
	r.query[name] = query
}

// read compares a view with its query over the rows so far.
func (r *resting) read(name string) {
	r.t.Helper()
	sorted := func(text string) []string {
		lines := strings.Split(r.must(text), "\n")
		slices.Sort(lines)
		return lines
	}
	if got, want := sorted("SELECT * FROM "+name), sorted(r.query[name]); !slices.Equal(got, want) {
		r.t.Fatalf("%s has %q, its query %q: %s", name, got, want, r.query[name])
	}
}

// leaveOut writes to the busy stream until a view is behind, because its feed leaves that out.
func (r *resting) leaveOut(name string) {
	r.t.Helper()
	for range 1000 {
		r.insert("busy")
		behind := slices.ContainsFunc(r.e.Live.Status(), func(s live.Status) bool {
			return r.e.Catalog().ByID(s.ID).Name == name && !s.Lagging && s.Visible.No+2 < r.e.Committer.Last().No
		})
		if behind {
			r.rested++
			return
		}
	}
	r.t.Fatalf("%s takes in every epoch of a stream that it does not read", name)
}

// subscribe reads a view and then its changes, with every epoch, while rows come; all of them together must be the view.
func (r *resting) subscribe(name string) {
	r.t.Helper()
	id := r.id(name)
	snap, at, sub, err := r.e.Live.Subscribe(r.t.Context(), id, 0, true)
	if err != nil {
		r.t.Fatal(err)
	}
	defer sub.Close()
	held := collected{rows: map[string]int64{}}
	if err := snap.Rows(r.t.Context(), &held); err != nil {
		r.t.Fatal(err)
	}
	snap.Release()
	for range 1 + r.rnd.IntN(3) {
		r.insert([]string{"busy", "a", "b"}[r.rnd.IntN(3)])
	}
	for last := r.e.Committer.Last().No; at.No < last; {
		got, err := sub.Next(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		for _, u := range got {
			if u.Epoch.No != at.No+1 {
				r.t.Fatalf("a subscriber of %s was given epoch %d behind %d", name, u.Epoch.No, at.No)
			}
			at = *u.Epoch
			for _, b := range u.Rows {
				held.add(b)
			}
		}
	}
	want := collected{rows: map[string]int64{}}
	snaps, _, err := r.e.Live.PinAll(r.t.Context(), []uint32{id}, at.No)
	if err != nil {
		r.t.Fatal(err)
	}
	defer snaps[id].Release()
	if err := snaps[id].Rows(r.t.Context(), &want); err != nil {
		r.t.Fatal(err)
	}
	if a, b := held.lines(), want.lines(); !slices.Equal(a, b) {
		r.t.Fatalf("a subscriber of %s has %q, the view %q", name, a, b)
	}
}

func (r *resting) id(name string) uint32 {
	rel, err := r.e.Catalog().Find(0, name)
	if err != nil {
		r.t.Fatal(err)
	}
	return rel.ID
}

// collected is rows with their weights. It is a Sink.
type collected struct {
	stream.Sink
	rows map[string]int64
}

func (c *collected) Push(_ context.Context, b *batch.Batch) error {
	c.add(b)
	return nil
}

func (c *collected) add(b *batch.Batch) {
	for i := range b.N {
		var key []byte
		for k := range b.Cols {
			key = append(value.AppendText(key, &b.Cols[k], i, nil), '|')
		}
		if c.rows[string(key)] += b.Weight(i); c.rows[string(key)] == 0 {
			delete(c.rows, string(key))
		}
	}
}

func (c *collected) lines() (out []string) {
	for row, n := range c.rows {
		out = append(out, fmt.Sprint(row, n))
	}
	slices.Sort(out)
	return out
}

// TestRestingViews: views whose feeds leave out epochs are at every reading what their queries give, whoever joins their group
// meanwhile, subscribes, stores them, or starts them again.
func TestRestingViews(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := &resting{node: newNode(t), rnd: rand.New(rand.NewPCG(seed, 1)), query: map[string]string{}}
			for _, s := range []string{"a", "b", "busy"} {
				r.must("CREATE STREAM " + s + " (ts timestamptz, k text, v bigint, WATERMARK FOR ts AS ts - INTERVAL '1 minute')")
			}
			r.view()
			for range 60 {
				name := r.views[r.rnd.IntN(len(r.views))]
				switch r.rnd.IntN(9) {
				case 0:
					if len(r.views) < 8 {
						r.view()
					}
				case 1, 2:
					r.insert([]string{"a", "b"}[r.rnd.IntN(2)])
				case 3, 4:
					r.read(name)
				case 5, 6:
					r.leaveOut(name)
				case 7:
					r.subscribe(name)
				case 8:
					if r.rnd.IntN(2) == 0 {
						before := r.e.Live.Status()
						if err := r.e.Live.Checkpoint(t.Context()); err != nil {
							t.Fatal(err)
						}
						for _, v := range before {
							if at := r.e.Live.Stands()[v.ID].Epoch; at < v.Visible.No {
								t.Fatalf("a checkpoint has view %d at epoch %d, which showed %d before", v.ID, at, v.Visible.No)
							}
						}
					} else {
						r.crash()
					}
				}
			}
			for _, name := range r.views {
				r.leaveOut(name)
				r.read(name)
			}
			t.Logf("%d views, left out epochs %d times", len(r.views), r.rested)
		})
	}
}
