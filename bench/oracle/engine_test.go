package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/memstore"
)

// answer is what a statement gave: rows, or an error.
type answer struct {
	types   []string // of the columns
	rows    [][]string
	code    string // SQLSTATE; "" for none
	message string
}

// null is how a null is written in a row.
const null = "∅"

func (a *answer) failed() bool { return a.code != "" }

func (a *answer) String() string {
	if a.failed() {
		return "ERROR " + a.code + ": " + a.message
	}
	return fmt.Sprintf("%s %q", a.types, a.rows)
}

// A query that gives more than maxRows is not compared: all joins of its FROM may have lost their conditions, and then two rows
// of memory for each of ours would end the machine before the query. maxBytes is what the engine may hold.
const (
	maxRows  = 200_000
	maxBytes = 1 << 30
	tooLong  = "LONG" // the code of an answer that was cut off
)

var errTooLong = errors.New("too many rows to compare")

// ours is an engine on memory and a session with it.
type ours struct {
	s *session.Session
}

func newOurs(t testing.TB, zone string) *ours {
	t.Helper()
	o, e := openOurs(t, "vexstream", zone)
	t.Cleanup(func() { e.Close() })
	return o
}

// openOurs gives a session with a database of that name, and its engine, which the caller closes.
func openOurs(t testing.TB, database, zone string) (*ours, *session.Engine) {
	t.Helper()
	e, err := session.Open(context.Background(), session.Config{
		Log: memstore.NewLog(), Store: memstore.NewStore(), Pages: memstore.NewStore(), Origin: 1, Fence: 1,
		Clock:   func() types.Micros { return types.Micros(1767225600 * types.Second) },
		Journal: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "oracle", Memory: mem.New("oracle", maxBytes),
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Session("admin", database, map[string]string{"TimeZone": zone})
	if err != nil {
		t.Fatal(err)
	}
	return &ours{s: s}, e
}

// must runs a statement of the set-up.
func (o *ours) must(t testing.TB, text string) {
	t.Helper()
	if a := o.ask(text); a.failed() {
		t.Fatalf("%s\n%s", text, a.String())
	}
}

// ask runs a text of one statement.
func (o *ours) ask(text string) (a *answer) {
	defer func() {
		if p := recover(); p != nil {
			a = &answer{code: "PANIC", message: fmt.Sprint(p)}
		}
	}()
	stmts, err := o.s.Parse(text)
	if err != nil {
		return failure(err)
	}
	out := &rows{s: o.s}
	for i := range stmts {
		p, err := o.s.Prepare(context.Background(), &stmts[i], nil)
		if err != nil {
			return failure(err)
		}
		out.schema = p.Schema
		if _, err = o.s.Run(context.Background(), p, nil, out); err != nil {
			return failure(err)
		}
	}
	a = &answer{rows: out.rows}
	for _, f := range out.schema {
		name := types.FormatType(types.Type{OID: f.Type.OID})
		name = strings.Replace(name, "bpchar", "character", 1) // as pg_typeof says, where format_type says bpchar
		a.types = append(a.types, name)
	}
	return a
}

func failure(err error) *answer {
	if errors.Is(err, errTooLong) {
		return &answer{code: tooLong, message: err.Error()}
	}
	var e *sqlerr.Error
	if !errors.As(err, &e) {
		return &answer{code: "XX000", message: err.Error()}
	}
	if e.Code == sqlerr.InternalError && e.Cause != nil {
		return &answer{code: "PANIC", message: fmt.Sprint(e.Message, e.Cause)}
	}
	return &answer{code: string(e.Code), message: e.Message}
}

// rows is an Output that keeps the rows as text.
type rows struct {
	s      *session.Session
	schema batch.Schema
	rows   [][]string
}

func (r *rows) Rows(_ context.Context, b *batch.Batch) error {
	if len(r.rows)+b.N > maxRows {
		return errTooLong
	}
	for i := range b.N {
		cells := make([]string, len(b.Cols))
		for k := range b.Cols {
			cells[k] = null
			if !b.Cols[k].Null(i) {
				cells[k] = string(value.AppendText(nil, &b.Cols[k], i, r.s.Locale()))
			}
		}
		r.rows = append(r.rows, cells)
	}
	return nil
}

func (r *rows) Notice(string, *sqlerr.Error)             {}
func (r *rows) Parameter(string, string)                 {}
func (r *rows) CopyIn(int, bool) (io.Reader, error)      { return nil, errors.ErrUnsupported }
func (r *rows) CopyOut(int, bool) (w io.Writer, e error) { return nil, errors.ErrUnsupported }

// scale is how many cases a test tries: few of them in every run, 100,000 where VEXSTREAM_TEST_SCALE says full, or as
// many as it says.
func scale(few int) int {
	switch s := os.Getenv("VEXSTREAM_TEST_SCALE"); s {
	case "":
		if testing.Short() {
			return few / 10
		}
		return few
	case "full":
		return 50 * few
	default:
		n, err := strconv.Atoi(s)
		if err != nil {
			panic("VEXSTREAM_TEST_SCALE is neither full nor a number")
		}
		return n
	}
}

func skipOrFail(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
