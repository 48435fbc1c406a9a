package node_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/types"
)

// TestDocs runs the blocks of pages that teach: all blocks of a page on one node, in order. A block is what is indented by
// four blanks. A line that begins with a statement's first word begins a statement, which ends with the first line that
// ends with a semicolon; what follows is what psql -q shows for it. -rewrite writes that.
func TestDocs(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // plans show how many workers there may be
	for _, page := range []string{"../../docs/continuous-queries.md", "../../docs/triggers.md"} {
		old, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		r := newReader(t)
		got := r.page(string(old))
		if f := flag.Lookup("rewrite"); f != nil && f.Value.String() == "true" {
			if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if d := cmp.Diff(string(old), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", page, d)
		}
	}
}

// reader is who types what a page says.
type reader struct {
	t       *testing.T
	node    *node.Node
	conn    *pgconn.PgConn
	notices []*pgconn.Notice
}

func newReader(t *testing.T) *reader {
	r := &reader{t: t}
	var err error
	clock := func() types.Micros { return types.Micros(1767269100 * types.Second) } // 2026-01-01 12:05:00 UTC
	if r.node, err = node.Open(t.Context(), node.Settings{PgAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler), Clock: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.node.Close() })
	set, err := pgconn.ParseConfig("postgres://admin@" + r.node.PgAddr() + "/vexstream?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	set.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { r.notices = append(r.notices, n) }
	if r.conn, err = pgconn.ConnectConfig(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.conn.Close(context.Background()) })
	return r
}

var statement = regexp.MustCompile(`^    (CREATE|INSERT|SELECT|UPDATE|DELETE|EXPLAIN|COPY|CALL|DROP|BEGIN|COMMIT|WITH)\b`)

// page gives the page as it should be: prose and statements as they are, results as they come.
func (r *reader) page(text string) string {
	lines := strings.SplitAfter(text, "\n")
	var out strings.Builder
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i])
		if !statement.MatchString(lines[i]) {
			continue
		}
		sql := lines[i]
		for !strings.HasSuffix(strings.TrimSpace(sql), ";") {
			i++
			out.WriteString(lines[i])
			sql += lines[i]
		}
		shown := 0 // lines of the result that the page has
		for ; i+1 < len(lines) && strings.HasPrefix(lines[i+1], "    ") && !statement.MatchString(lines[i+1]); i++ {
			shown++
		}
		for _, l := range r.run(strings.TrimSpace(sql), shown) {
			out.WriteString(strings.TrimRight("    "+l, " ") + "\n")
		}
	}
	return out.String()
}

// run gives what psql shows for a statement.
func (r *reader) run(sql string, shown int) []string {
	if strings.HasPrefix(sql, "COPY (SUBSCRIBE") {
		return r.follow(sql, shown)
	}
	r.notices = nil
	results, err := r.conn.Exec(r.t.Context(), sql).ReadAll()
	var out []string
	for _, n := range r.notices {
		out = append(out, told(n.Severity, n.Message, n.Detail, n.Hint)...)
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return append(out, told(e.Severity, e.Message, e.Detail, e.Hint)...)
	}
	if err != nil {
		r.t.Fatalf("%s: %v", sql, err)
	}
	for _, x := range results {
		if len(x.FieldDescriptions) > 0 {
			out = append(out, aligned(x)...)
		}
	}
	return out
}

func told(severity, message, detail, hint string) []string {
	out := []string{severity + ":  " + message}
	if detail != "" {
		out = append(out, "DETAIL:  "+detail)
	}
	if hint != "" {
		out = append(out, "HINT:  "+hint)
	}
	return out
}

// follow reads so many lines of a subscription.
func (r *reader) follow(sql string, shown int) []string {
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	from, to := io.Pipe()
	done := make(chan struct{})
	c := connect(r.t, r.node)
	go func() {
		defer close(done)
		_, err := c.PgConn().CopyTo(ctx, to, sql)
		to.CloseWithError(err)
	}()
	var text strings.Builder
	for b := make([]byte, 1); strings.Count(text.String(), "\n") < shown; {
		if _, err := from.Read(b); err != nil {
			r.t.Fatalf("%s: %v after %q", sql, err, text.String())
		}
		text.WriteByte(b[0])
	}
	cancel()
	from.Close()
	<-done
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
}

// aligned is a result as psql draws it.
func aligned(x *pgconn.Result) []string {
	width, right := make([]int, len(x.FieldDescriptions)), make([]bool, len(x.FieldDescriptions))
	head := make([][]byte, len(width))
	for c, f := range x.FieldDescriptions {
		head[c], width[c] = []byte(f.Name), utf8.RuneCountInString(f.Name)
		switch f.DataTypeOID {
		case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID:
			right[c] = true
		}
		for _, row := range x.Rows {
			width[c] = max(width[c], utf8.RuneCount(row[c]))
		}
	}
	line := func(row [][]byte, place func(c, room int) int) string {
		var b strings.Builder
		for c, v := range row {
			room := width[c] - utf8.RuneCount(v)
			left := place(c, room)
			if c > 0 {
				b.WriteByte('|')
			}
			b.WriteString(" " + strings.Repeat(" ", left) + string(v) + strings.Repeat(" ", room-left) + " ")
		}
		return b.String()
	}
	var rule []string
	for _, w := range width {
		rule = append(rule, strings.Repeat("-", w+2))
	}
	out := []string{line(head, func(_, room int) int { return room / 2 }), strings.Join(rule, "+")}
	for _, row := range x.Rows {
		out = append(out, line(row, func(c, room int) int {
			if right[c] {
				return room
			}
			return 0
		}))
	}
	return out
}
