package session

import (
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// The audit keeps the newest rows, shortens long texts, and goes on counting when it is opened again.
func TestAuditIsBounded(t *testing.T) {
	store := memstore.NewStore()
	now := types.Micros(0)
	clock := func() types.Micros { now++; return now }
	const more = 10
	for part := range 2 {
		a, err := openAudit(store, clock, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		e := &Engine{audit: a}
		if part == 1 && (len(a.rows) != auditRows || a.rows[0].Number != more+1 || a.last != auditRows+more) {
			t.Fatalf("opened again: %d rows from number %d to %d", len(a.rows), a.rows[0].Number, a.last)
		}
		for range auditRows + more {
			a.note(e.audited(Audited{Event: "login", Statement: strings.Repeat("é", auditText), Message: "x\xffy"}))
		}
		rows := e.Audit()
		first, last := rows[0], rows[len(rows)-1]
		if len(rows) != auditRows || last.Number != uint64((part+1)*(auditRows+more)) || last.Number-first.Number != auditRows-1 {
			t.Errorf("%d rows from number %d to %d", len(rows), first.Number, last.Number)
		}
		if n := len(last.Statement); n > auditText+3 || !utf8.ValidString(last.Statement) || !utf8.ValidString(last.Message) {
			t.Errorf("a text of %d bytes, %q", n, last.Message)
		}
	}
}
