package session

import (
	"context"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/lex"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// alter is ALTER STREAM, VIEW and MATERIALIZED VIEW: OWNER TO, and for what no view reads RENAME TO and SET SCHEMA.
func (s *Session) alter(ctx context.Context, x *ast.Alter, out Output) error {
	switch {
	case x.Action == "owner":
	case (x.Action == "rename" || x.Action == "set schema") && x.Kind != "materialized view":
	default:
		return sqlerr.NotSupported("%s ... %s", x.Tag(), strings.ToUpper(x.Action)).At(x.Position())
	}
	err := s.e.change(ctx, func(snap *catalog.Snapshot, version uint64) (*catalog.Snapshot, error) {
		r, err := snap.Resolve(x.Name.Position(), x.Name.Parts...)
		switch {
		case err != nil && x.IfExists:
			out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "relation %q does not exist, skipping", strings.Join(x.Name.Parts, ".")))
			return snap, nil
		case err != nil:
			return nil, err
		case string(r.Kind) != x.Kind:
			return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a %s", r.Name, x.Kind).At(x.Name.Position())
		case r.ID < catalog.FirstUserID:
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "%s belongs to the system", r.QualifiedName()).At(x.Name.Position())
		}
		c := *r
		if x.Action == "owner" {
			if c.Owner = x.To; x.To == "current_user" || x.To == "session_user" || x.To == "current_role" {
				c.Owner = s.User
			}
			return snap.With(version, &c), s.roleExists(snap, c.Owner)
		}
		if err := rename(snap, &c, x); err != nil {
			return nil, err
		}
		s.e.taps.drop(r.QualifiedName())
		return snap.With(version, &c), nil
	})
	if err == nil {
		s.tx.stayed(x.Tag() + " " + strings.Join(x.Name.Parts, "."))
	}
	return err
}

// rename gives r its new name or schema, also in its text. The texts of views name what they read, so that what a view
// reads keeps its name.
func rename(snap *catalog.Snapshot, r *catalog.Relation, x *ast.Alter) error {
	if d := snap.Dependents(r.ID); len(d) > 0 {
		return sqlerr.NotSupported("%s ... %s of what a view reads", x.Tag(), strings.ToUpper(x.Action)).At(x.Position()).
			WithDetail("%s %s reads %s.", d[0].Kind, d[0].QualifiedName(), r.QualifiedName())
	}
	if i := slices.IndexFunc(snap.Relations(), func(o *catalog.Relation) bool { return readsByText(o, r) }); i >= 0 {
		o := snap.Relations()[i]
		return sqlerr.NotSupported("%s ... %s of what a view may read", x.Tag(), strings.ToUpper(x.Action)).At(x.Position()).
			WithDetail("%s %s has its name in its text.", o.Kind, o.QualifiedName())
	}
	if x.Action == "rename" {
		r.Name = x.To
	} else if r.Schema = x.To; schemaOf(snap, x.To) == nil {
		return sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", x.To)
	}
	switch {
	case len(r.Name) > 63:
		return sqlerr.New(sqlerr.NameTooLong, "the name %q is longer than 63 bytes", r.Name)
	case snap.Lookup(r.Schema, r.Name) != nil:
		return sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", r.Name)
	case slices.Contains([]string{"vex", "pg_catalog", "information_schema"}, r.Schema):
		return sqlerr.New(sqlerr.InsufficientPrivilege, "schema %q belongs to the system", r.Schema)
	}
	text, err := renamed(r.Text, r)
	r.Text = text
	return err
}

// readsByText says whether a view's text has the name of r: a plain view is expanded where it is read, so that what it
// depends on does not name it.
func readsByText(o, r *catalog.Relation) bool {
	if o.ID == r.ID || o.Query == "" {
		return false
	}
	toks, err := lex.Scan(o.Query, nil)
	return err == nil && slices.ContainsFunc(toks, func(t lex.Token) bool { return t.IsName() && t.Val == r.Name })
}

// renamed gives the text of a CREATE with the name of r in the place of the old one.
func renamed(text string, r *catalog.Relation) (string, error) {
	toks, err := lex.Scan(text, nil)
	if err != nil {
		return text, err
	}
	i := 0
	for i < len(toks) && (toks[i].Is("create") || toks[i].Is("or") || toks[i].Is("replace") || toks[i].Is("materialized") ||
		toks[i].Is("view") || toks[i].Is("stream") || toks[i].Is("source")) {
		i++
	}
	if i+2 < len(toks) && toks[i].Is("if") && toks[i+1].Is("not") {
		i += 3
	}
	last := i
	for last+2 < len(toks) && toks[last+1].IsOp(".") {
		last += 2
	}
	name := pgcatalog.QuoteIdent(r.Name)
	if r.Schema != "public" {
		name = pgcatalog.QuoteIdent(r.Schema) + "." + name
	}
	return text[:toks[i].Pos] + name + text[toks[last].End:], nil
}
