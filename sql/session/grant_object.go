package session

import (
	"errors"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// privilegeWords are the letters of privileges by their words.
var privilegeWords = map[string]string{
	"insert": "a", "select": "r", "update": "w", "delete": "d", "truncate": "D", "references": "x", "trigger": "t",
	"usage": "U", "create": "C", "execute": "X", "connect": "c", "temporary": "T", "temp": "T", "set": "s", "alter system": "A",
}

func wordOf(letter string) string {
	if letter == "T" {
		return "TEMPORARY"
	}
	for word, l := range privilegeWords {
		if l == letter {
			return strings.ToUpper(word)
		}
	}
	return ""
}

// letters gives the privileges on objects of a kind that a statement names, without those on columns; all says that it names
// none, and so means all.
func letters(x *ast.Grant, kind string, known string) (what string, all bool, err error) {
	if x.Privileges == nil {
		return known, x.ColumnsOf(0) == nil, nil
	}
	for i, word := range x.Privileges {
		l := privilegeWords[word]
		switch {
		case l == "":
			return "", false, sqlerr.New(sqlerr.SyntaxError, "unrecognized privilege type %q", word)
		case x.ColumnsOf(i) != nil && x.Kind != "table":
			return "", false, sqlerr.New(sqlerr.InvalidGrantOperation, "column privileges are only valid for relations")
		case x.ColumnsOf(i) != nil:
		case !strings.Contains(known, l):
			return "", false, sqlerr.New(sqlerr.InvalidGrantOperation, "invalid privilege type %s for %s", wordOf(l), kind)
		default:
			what = union(what, l, known)
		}
	}
	return what, false, nil
}

// object is what privileges are about.
type object struct {
	kind, name, owner string
	guarded           catalog.Guarded
	acl               []catalog.Grant
	above             []catalog.Grant // of a column: the items of its relation
	column            string
}

func (o *object) denied() *sqlerr.Error {
	if o.column != "" {
		return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for column %q of relation %q", o.column, o.name)
	}
	return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for %s %s", o.kind, o.name)
}

func (o *object) warning(code sqlerr.Code, what string) *sqlerr.Error {
	if o.column != "" {
		return sqlerr.New(code, "%s for column %q of relation %q", what, o.column, o.name)
	}
	return sqlerr.New(code, "%s for %q", what, o.name)
}

// giving is who gives or takes privileges on an object, and which of those in what it can.
func (s *Session) giving(snap *catalog.Snapshot, x *ast.Grant, on *object, items []catalog.Grant, what string, all bool, out Output) (by, can string, err error) {
	rights := s.rights(snap)
	whole := append(slices.Clip(on.above), items...)
	by, can = rights.Grantor(whole, on.owner, what)
	if can == "" && !rights.Some(whole, on.guarded) {
		return "", "", on.denied()
	}
	code, word := sqlerr.PrivilegeNotGranted, "were granted"
	if x.Revoke {
		code, word = sqlerr.PrivilegeNotRevoked, "could be revoked"
	}
	switch {
	case can == "":
		out.Notice("WARNING", on.warning(code, "no privileges "+word))
	case !all && len(can) < len(what):
		out.Notice("WARNING", on.warning(code, "not all privileges "+word))
	}
	return by, can, nil
}

// regrant gives an object's grants after a statement that is about the privileges in what, all says that of all.
func (s *Session) regrant(snap *catalog.Snapshot, x *ast.Grant, on object, what string, all bool, out Output) ([]catalog.Grant, error) {
	items := on.guarded.Items(on.acl, on.owner)
	by, can, err := s.giving(snap, x, &on, items, what, all, out)
	if err != nil {
		return nil, err
	}
	for _, name := range x.Roles {
		change := catalog.Regrant{By: by, To: s.roleOf(name), Privileges: can, Revoke: x.Revoke, Cascade: x.Cascade}
		switch {
		case x.Revoke && x.Option:
			change.Privileges, change.Options = "", can
		case x.Revoke || x.Option:
			change.Options = can
		}
		if change.To == "" && x.Option && !x.Revoke {
			return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "grant options can only be granted to roles")
		}
		items, err = snap.Change(items, on.owner, change)
		switch {
		case errors.Is(err, catalog.ErrPassedOn):
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "%s", err.Error()).WithHint("Use CASCADE to revoke them too.")
		case err != nil:
			return nil, sqlerr.New(sqlerr.InvalidGrantOperation, "%s", err.Error())
		}
	}
	return on.guarded.Stored(items, on.owner), nil
}

func union(a, b, order string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(a, r) || strings.ContainsRune(b, r) {
			return r
		}
		return -1
	}, order)
}
