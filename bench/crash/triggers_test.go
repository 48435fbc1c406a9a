package crash

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestTriggersOnce kills a node at random while triggers of a stream, a table and a view route rows and call a webhook that
// fails now and then. In the end each row was routed once, each change of the table and of the view was seen once, in an unbroken
// chain, and the receiver got each row under one ID.
func TestTriggersOnce(t *testing.T) {
	began, cycles := time.Now(), scale(t, 4, 30, 300)
	r := rand.New(rand.NewPCG(seed(t), 7))
	hook := newReceiver()
	srv := httptest.NewServer(hook)
	defer srv.Close()
	data := t.TempDir()
	p := start(t, data)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cycles)*time.Minute)
	defer cancel()
	if err := each(ctx, p, routes(srv.URL)); err != nil {
		t.Fatal(err)
	}
	next := int64(0)
	for range cycles {
		writeUntilKilled(ctx, p, r.Int64N(60)+1, &next)
		p = start(t, data)
		if r.IntN(3) == 0 { // while it does what was left
			p.kill()
			p = start(t, data)
		}
	}
	rows := settled(ctx, t, p, hook)
	for what, query := range brokenBy {
		c, err := p.connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		if err := c.QueryRow(ctx, query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			t.Errorf("%s: %d", what, n)
		}
		_ = c.Close(ctx)
	}
	hook.check(t)
	line(t, began, cycles, int64(rows), fmt.Sprintf(", %d requests of which some failed", hook.requests.Load()))
}

// routes makes the relations and their triggers.
func routes(url string) []string {
	return []string{
		"CREATE TARGET hook TYPE webhook WITH (url = '" + url + "')",
		"CREATE STREAM src (id bigint, k text)", "CREATE STREAM routed (id bigint, k text)",
		"CREATE STREAM steps (k text, was bigint, n bigint)", "CREATE STREAM moves (k text, was bigint, n bigint)",
		"CREATE TABLE acct (k text PRIMARY KEY, n bigint)", "INSERT INTO acct VALUES ('a', 0), ('b', 0)",
		"CREATE MATERIALIZED VIEW sums AS SELECT k, count(*) AS n FROM src GROUP BY k",
		"CREATE TRIGGER go AFTER INSERT ON src FOR EACH ROW EXECUTE FUNCTION route('routed'), webhook('hook', id::text)",
		"CREATE TRIGGER seen AFTER UPDATE ON acct FOR EACH ROW EXECUTE FUNCTION insert_into('moves', k => k, was => OLD.n, n => n)",
		"CREATE TRIGGER grew AFTER INSERT OR UPDATE ON sums FOR EACH ROW EXECUTE FUNCTION insert_into('steps', k => k, was => OLD.n, n => n)",
	}
}

// brokenBy counts what may not be.
var brokenBy = map[string]string{
	"rows routed twice":               "SELECT count(*) - count(DISTINCT id) FROM routed",
	"rows routed and not there":       "SELECT count(*) FROM routed WHERE id NOT IN (SELECT id FROM src)",
	"rows not routed":                 "SELECT count(*) FROM src WHERE id NOT IN (SELECT id FROM routed)",
	"changes of the view twice":       "SELECT count(*) FROM (SELECT k, n FROM steps GROUP BY k, n HAVING count(*) > 1) x",
	"breaks in those of the view":     "SELECT count(*) FROM steps s WHERE was IS NOT NULL AND NOT EXISTS (SELECT 1 FROM steps p WHERE p.k = s.k AND p.n = s.was)",
	"ends of those of the view":       "SELECT count(*) FROM sums v WHERE n <> (SELECT max(n) FROM steps s WHERE s.k = v.k) OR 1 <> (SELECT count(*) FROM steps s WHERE s.k = v.k AND was IS NULL)",
	"changes of the table twice":      "SELECT count(*) FROM (SELECT k, n FROM moves GROUP BY k, n HAVING count(*) > 1) x",
	"changes of the table that lack":  "SELECT abs((SELECT sum(n) FROM acct) - (SELECT count(*) FROM moves))::bigint",
	"changes of the table by another": "SELECT count(*) FROM moves WHERE was + 1 <> n",
}

// each runs statements.
func each(ctx context.Context, p *process, statements []string) error {
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	for _, s := range statements {
		if _, err := c.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// writeUntilKilled has two clients write, one of which kills the node after so many statements.
func writeUntilKilled(ctx context.Context, p *process, statements int64, next *int64) {
	var work sync.WaitGroup
	work.Go(func() {
		untilFails(ctx, p, func(c *pgx.Conn, i int64) error {
			_, err := c.Exec(ctx, "UPDATE acct SET n = n + 1 WHERE k = $1", string(rune('a'+i%2)))
			return err
		})
	})
	work.Go(func() {
		untilFails(ctx, p, func(c *pgx.Conn, i int64) error {
			if i == statements {
				p.kill()
			}
			first := *next
			*next += 1 + i%20
			_, err := c.Exec(ctx, "INSERT INTO src SELECT i, chr(97 + (i % 5)::int) FROM generate_series($1::bigint, $2::bigint) i", first, *next-1)
			return err
		})
		p.kill()
	})
	work.Wait()
}

// untilFails has a client run statements until one fails.
func untilFails(ctx context.Context, p *process, step func(c *pgx.Conn, i int64) error) {
	c, err := p.connect(ctx)
	if err != nil {
		return
	}
	defer func() { _ = c.Close(ctx) }()
	for i := int64(0); step(c, i) == nil; i++ {
	}
}

// settled waits until all is done that triggers have asked for, and gives the number of rows.
func settled(ctx context.Context, t *testing.T, p *process, hook *receiver) (rows int64) {
	t.Helper()
	c, err := p.connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if err := c.QueryRow(ctx, "SELECT count(*) FROM src").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	for hook.bodies() < rows {
		select {
		case <-hook.came:
		case <-ctx.Done():
			t.Fatalf("the receiver has %d of %d rows\n%s", hook.bodies(), rows, p.said)
		}
	}
	for behind := int64(1); behind > 0; { // the view's triggers write a little later
		if err := c.QueryRow(ctx, "SELECT count(*) FROM sums v WHERE n <> coalesce((SELECT max(n) FROM steps s WHERE s.k = v.k), 0)").Scan(&behind); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// receiver is a webhook that fails now and then.
type receiver struct {
	requests atomic.Int64
	came     chan struct{} // one slot

	mu   sync.Mutex // guards what follows
	ids  map[string]string
	got  map[string]string // the ID by the body
	said []string          // what is wrong
}

func newReceiver() *receiver {
	return &receiver{came: make(chan struct{}, 1), ids: map[string]string{}, got: map[string]string{}}
}

func (h *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || h.requests.Add(1)%11 == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id, text := r.Header.Get("webhook-id"), string(body)
	if was, again := h.ids[id]; again && was != text {
		h.said = append(h.said, fmt.Sprintf("%s came as %s and as %s", id, was, text))
	}
	if was, again := h.got[text]; again && was != id {
		h.said = append(h.said, fmt.Sprintf("%s came by %s and by %s", text, was, id))
	}
	h.ids[id], h.got[text] = text, id
	select {
	case h.came <- struct{}{}:
	default:
	}
}

func (h *receiver) bodies() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return int64(len(h.got))
}

func (h *receiver) check(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.said {
		t.Error(s)
	}
}
