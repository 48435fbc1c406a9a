package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// roleName reads the name of a role that is made or found: PUBLIC and NONE are none.
func (p *parser) roleName() string {
	t := p.tok()
	if t.Kind == lex.Ident {
		switch {
		case t.Val == "current_user" || t.Val == "current_role" || t.Val == "session_user":
			p.i++
			return "\x00" + t.Val // no name that can be typed
		case t.Val == "public" || t.Val == "none":
			p.fail(sqlerr.New(sqlerr.ReservedName, "role name \"%s\" is reserved", t.Val).At(int(p.pos())))
		case lex.CategoryOf(t.Val) == lex.Reserved:
			p.unexpected()
		}
	}
	return p.label()
}

func (p *parser) roleNames() []string {
	names := []string{p.roleName()}
	for p.acceptOp(",") {
		names = append(names, p.roleName())
	}
	return names
}

// grantees reads roles among which PUBLIC may be.
func (p *parser) grantees() []string {
	var names []string
	for {
		p.accept("group")
		if p.accept("public") {
			names = append(names, "")
		} else {
			names = append(names, p.roleName())
		}
		if !p.acceptOp(",") {
			return names
		}
	}
}

// createRole reads from the kind on.
func (p *parser) createRole(pos ast.Pos, alter bool) ast.Stmt {
	s := &ast.Role{Pos: pos, Alter: alter, Kind: p.oneOf("role", "user", "group")}
	if alter && s.Kind != "group" && p.accept("all") {
		return p.alterSettings(&ast.AlterSettings{Pos: pos, Kind: s.Kind})
	}
	s.Name = p.roleName()
	switch {
	case alter && p.accept("rename", "to"):
		s.To = p.roleName()
		return s
	case alter && s.Kind != "group" && (p.is("set") || p.is("reset") || p.words("in", "database")):
		return p.alterSettings(&ast.AlterSettings{Pos: pos, Kind: s.Kind, Role: s.Name})
	case alter && s.Kind == "group" && p.accept("add", "user"):
		s.Add = p.roleNames()
		return s
	case alter && s.Kind == "group" && p.accept("drop", "user"):
		s.Remove = p.roleNames()
		return s
	}
	p.accept("with")
	seen := map[string]bool{}
	for !p.done() {
		o := p.roleOption(alter)
		if seen[o.Name] {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "conflicting or redundant options").At(int(o.Pos)))
		}
		seen[o.Name] = true
		s.Options = append(s.Options, o)
	}
	return s
}

// roleFlags are the options of one word, and those that begin with NO.
var roleFlags = wordSet("superuser createdb createrole inherit login replication bypassrls")

func (p *parser) roleOption(alter bool) ast.RoleOption {
	o := ast.RoleOption{Pos: p.pos()}
	word := p.tok().Val
	switch {
	case p.tok().Kind == lex.Ident && roleFlags[word]:
		p.i++
		o.Name = word
	case p.tok().Kind == lex.Ident && len(word) > 2 && word[:2] == "no" && roleFlags[word[2:]]:
		p.i++
		o.Name, o.Off = word[2:], true
	case p.accept("connection", "limit"):
		o.Name = "connection limit"
		o.Limit = p.signedInt()
	case p.is("encrypted"), p.is("password"):
		p.accept("encrypted")
		p.expect("password")
		o.Name = "password"
		if o.Off = p.accept("null"); !o.Off {
			o.Text = p.str()
		}
	case p.is("unencrypted"):
		p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "UNENCRYPTED PASSWORD is no longer supported").At(int(o.Pos)).
			WithHint("Remove UNENCRYPTED to store the password in encrypted form instead."))
	case p.accept("valid", "until"):
		o.Name, o.Text = "valid until", p.str()
	case p.accept("sysid"):
		o.Name, o.Limit = "sysid", p.signedInt()
	case !alter && (p.accept("in", "role") || p.accept("in", "group")):
		o.Name, o.Roles = "in role", p.roleNames()
	case p.accept("role"), p.accept("user"):
		o.Name, o.Roles = "role", p.roleNames()
	case !alter && p.accept("admin"):
		o.Name, o.Roles = "admin", p.roleNames()
	default:
		if p.tok().Kind == lex.Ident && lex.CategoryOf(word) == lex.Plain {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "unrecognized role option \"%s\"", word).At(int(o.Pos)))
		}
		p.unexpected()
	}
	return o
}

// signedInt reads an integer constant.
func (p *parser) signedInt() int { return int(p.signedNumber(32)) }

// dropRole reads from the kind on.
func (p *parser) dropRole(pos ast.Pos) ast.Stmt {
	s := &ast.DropRole{Pos: pos, Kind: p.oneOf("role", "user", "group")}
	s.IfExists = p.accept("if", "exists")
	s.Names = p.roleNames()
	return s
}

// reassign reads REASSIGN OWNED.
func (p *parser) reassign() ast.Stmt {
	s := &ast.Owned{Pos: p.pos()}
	p.i++
	p.expect("owned")
	p.expect("by")
	s.Roles = p.roleNames()
	p.expect("to")
	s.To = p.roleName()
	return s
}

// dropOwned reads from behind DROP OWNED on.
func (p *parser) dropOwned(pos ast.Pos) ast.Stmt {
	p.expect("by")
	s := &ast.Owned{Pos: pos, Roles: p.roleNames(), Cascade: p.accept("cascade")}
	p.accept("restrict")
	return s
}

// createSchema reads from SCHEMA on.
func (p *parser) createSchema(pos ast.Pos) ast.Stmt {
	p.expect("schema")
	s := &ast.CreateSchema{Pos: pos, IfNotExists: p.ifNotExists()}
	if !p.is("authorization") {
		s.Name = p.columnID()
	}
	if p.accept("authorization") {
		s.Owner = p.roleName()
		if s.Name == "" {
			s.Name = s.Owner
		}
	}
	if p.is("create") || p.is("grant") {
		p.lacking("CREATE SCHEMA first, and then what is in it.", "CREATE SCHEMA with elements")
	}
	return s
}
