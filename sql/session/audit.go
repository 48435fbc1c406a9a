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
	rows []Audited  // the oldest first
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

// note makes x durable. What the disk refuses is in the journal: it is not the statement's fault.
func (a *audit) note(x Audited) {
	x.Message, x.Statement = cut(x.Message), cut(x.Statement)
	x.Role, x.Login, x.Client = cut(x.Role), cut(x.Login), cut(x.Client)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	x.Number, x.At = a.last, a.clock()
	if len(a.rows) == auditRows {
		a.rows = slices.Delete(a.rows, 0, 1)
	}
	a.rows = append(a.rows, x)
	v, err := json.Marshal(x)
	if err == nil {
		key := binary.BigEndian.AppendUint32([]byte(auditPrefix), uint32(x.Number%auditRows))
		err = a.store.Update(func(w state.Writer) error { return w.Set(key, v) })
	}
	if err != nil {
		a.journal.Error("a row of the audit is not stored", "event", x.Event, "login", x.Login, "statement", x.Statement, "err", err)
	}
}

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
	return slices.Clone(e.audit.rows)
}

// NoteLogin notes who was let in, or why not if err is not nil.
func (e *Engine) NoteLogin(role, client string, err error) {
	x := Audited{Event: "login", Role: role, Login: role, Client: client}
	if err != nil {
		x.Event, x.Code, x.Message = "login refused", string(sqlerr.CodeOf(err)), messageOf(err)
	}
	e.audit.note(x)
}

func messageOf(err error) string {
	if e, ok := sqlerr.As(err); ok {
		return e.Message
	}
	return err.Error()
}

// noted notes what a statement did, or that its user may not do it.
func (s *Session) noted(st ast.Stmt, text string, by string, err error) {
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
	s.e.audit.note(x)
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
