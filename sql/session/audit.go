package session

import (
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// Limits of what is kept: how many rows, and how many bytes of a text of one.
const (
	auditRows = 4_096
	auditText = 500
)

// Audited is something that was done, or that somebody was not let do.
type Audited struct {
	Number    uint64 // from 1, one after the other
	At        types.Micros
	Event     string // login, login refused, definition, rights, refused
	Role      string // the current user
	Login     string // who logged in
	Client    string // the address that it came from
	Code      string // SQLSTATE of what was refused
	Message   string
	Statement string
}

// audit keeps the newest auditRows of them in the store of the catalog, each in the place of one that is so many older.
type audit struct {
	store   state.Store
	clock   func() types.Micros
	journal *slog.Logger

	mu   sync.Mutex // guards what follows
	rows []Audited  // the oldest first, of which the last auditRows count
	last uint64
}

// auditPrefix is that of the audit in the catalog's store.
const auditPrefix = "audit/"

func openAudit(store state.Store, clock func() types.Micros, journal *slog.Logger) (*audit, error) {
	a := &audit{store: store, clock: clock, journal: journal}
	err := store.View(func(r state.Reader) error {
		return r.Scan([]byte(auditPrefix), func(_, v []byte) error {
			var x Audited
			if err := json.Unmarshal(v, &x); err != nil {
				return sqlerr.Wrap(sqlerr.DataCorrupted, err, "a row of the audit cannot be read")
			}
			a.rows = append(a.rows, x)
			return nil
		})
	})
	slices.SortFunc(a.rows, func(x, y Audited) int { return int(int64(x.Number - y.Number)) })
	if n := len(a.rows); n > 0 {
		a.last = a.rows[n-1].Number
	}
	return a, err
}

// note numbers rows and makes them durable in one step. What the disk refuses is in the journal: it is not the statement's fault.
func (a *audit) note(rows ...Audited) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range rows {
		a.last++
		rows[i].Number = a.last
	}
	if len(rows) > auditRows { // the others would be written over
		rows = rows[len(rows)-auditRows:]
	}
	if len(a.rows)+len(rows) > 2*auditRows {
		a.rows = slices.Clone(a.newest())
	}
	a.rows = append(a.rows, rows...)
	err := a.store.Update(func(w state.Writer) error {
		for i := range rows {
			v, err := json.Marshal(&rows[i])
			if err != nil {
				return err
			}
			key := binary.BigEndian.AppendUint32([]byte(auditPrefix), uint32(rows[i].Number%auditRows))
			if err := w.Set(key, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && len(rows) > 0 {
		x := &rows[len(rows)-1]
		a.journal.Error("rows of the audit are not stored", "rows", len(rows), "event", x.Event, "login", x.Login, "statement", x.Statement, "err", err)
	}
}

// newest gives the rows that are kept. The caller has the lock.
func (a *audit) newest() []Audited { return a.rows[max(0, len(a.rows)-auditRows):] }

// cut shortens a text to what is kept of it.
func cut(text string) string {
	if len(text) <= auditText {
		return strings.ToValidUTF8(text, "�")
	}
	n := auditText
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strings.ToValidUTF8(text[:n], "�") + "..."
}

// Audit gives what was noted, the oldest first.
func (e *Engine) Audit() []Audited {
	e.audit.mu.Lock()
	defer e.audit.mu.Unlock()
	return slices.Clone(e.audit.newest())
}

// NoteLogin notes who was let in, or why not if err is not nil.
func (e *Engine) NoteLogin(role, client string, err error) {
	x := Audited{Event: "login", Role: role, Login: role, Client: client}
	if err != nil {
		x.Event, x.Code, x.Message = "login refused", string(sqlerr.CodeOf(err)), messageOf(err)
	}
	e.audit.note(e.audited(x))
}

// audited is x as it is kept: at this time, and its texts cut.
func (e *Engine) audited(x Audited) Audited {
	x.Message, x.Statement = cut(x.Message), cut(x.Statement)
	x.Role, x.Login, x.Client = cut(x.Role), cut(x.Login), cut(x.Client)
	x.At = e.audit.clock()
	return x
}

func messageOf(err error) string {
	if e, ok := sqlerr.As(err); ok {
		return e.Message
	}
	return err.Error()
}

// noted notes what a statement did, or that its user may not do it. One whose change of the catalog waits for
// COMMIT, behind the first waited ones, is noted when the block ends: a statement of many does not wait for the disk.
func (s *Session) noted(st ast.Stmt, text string, by string, waited int, err error) {
	x := Audited{Event: "refused"}
	if err == nil {
		x.Event = eventOf(st)
	} else if x.Code, x.Message = string(sqlerr.CodeOf(err)), messageOf(err); x.Code != string(sqlerr.InsufficientPrivilege) {
		x.Event = ""
	}
	if x.Event == "" {
		return
	}
	x.Role, x.Login, x.Client, x.Statement = by, s.login, s.Client, withoutSecrets(st, text)
	if x = s.e.audited(x); err == nil && len(s.tx.ddl) > waited {
		if len(s.tx.audited) == 2*auditRows {
			s.tx.audited = slices.Clone(s.tx.audited[auditRows:])
		}
		s.tx.audited = append(s.tx.audited, x)
		return
	}
	s.e.audit.note(x)
}

// noteBlock notes the statements of a block that ends whose changes of the catalog have waited for COMMIT, done or not.
func (e *Engine) noteBlock(tx *transaction) {
	if len(tx.audited) > 0 {
		e.audit.note(tx.audited...)
	}
}

// eventOf says what a statement that succeeded counts as; "": it is not noted.
func eventOf(st ast.Stmt) string {
	switch x := st.(type) {
	case *ast.Grant, *ast.DefaultGrant, *ast.Owned, *ast.Role, *ast.DropRole:
		return "rights"
	case *ast.Set:
		if name := strings.ToLower(x.Name); name == "role" || name == "session_authorization" {
			return "rights"
		}
	case *ast.CreateTable, *ast.CreateStream, *ast.CreateSink, *ast.CreateView, *ast.CreateSchema, *ast.CreateSequence, *ast.AlterSequence,
		*ast.AlterTable, *ast.Alter, *ast.CreateTrigger, *ast.AlterTrigger, *ast.Drop, *ast.Truncate, *ast.Comment,
		*ast.Secret, *ast.CreateTarget, *ast.AlterTarget:
		return "definition"
	}
	return ""
}

// withoutSecrets is a statement's text, or what of it may be shown where it has a password in it.
func withoutSecrets(st ast.Stmt, text string) string {
	switch x := st.(type) {
	case *ast.Role:
		if slices.ContainsFunc(x.Options, func(o ast.RoleOption) bool { return o.Name == "password" }) {
			return x.Tag() + " " + x.Name + " ... PASSWORD ..."
		}
	case *ast.Secret:
		return x.Tag() + " " + x.Name + " AS ..."
	case *ast.CreateTarget: // an address may be a token
		return x.Tag() + " " + x.Name + " TYPE " + x.Kind + " WITH (...)"
	case *ast.AlterTarget:
		return x.Tag() + " " + x.Name + " ..."
	}
	return text
}
