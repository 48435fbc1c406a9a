package parse

import "github.com/vexfs/vexstream/sql/ast"

// defaultPrivileges reads ALTER DEFAULT PRIVILEGES from behind these words on.
func (p *parser) defaultPrivileges(pos ast.Pos) ast.Stmt {
	s := &ast.DefaultGrant{Pos: pos}
	for {
		switch {
		case p.accept("for", "role"), p.accept("for", "user"):
			s.Owners = append(s.Owners, p.roleNames()...)
			continue
		case p.accept("in", "schema"):
			for {
				s.Schemas = append(s.Schemas, p.name())
				if !p.acceptOp(",") {
					break
				}
			}
			continue
		}
		break
	}
	if !p.is("grant") && !p.is("revoke") {
		p.unexpected()
	}
	s.Grant = p.grantHead()
	p.expect("on")
	switch {
	case p.accept("tables"):
		s.Grant.Kind = "table"
	case p.accept("sequences"):
		s.Grant.Kind = "sequence"
	case p.accept("schemas"):
		s.Grant.Kind = "schema"
	case p.is("functions"), p.is("routines"), p.is("types"):
		p.missing("ALTER DEFAULT PRIVILEGES ON %s", upper(p.tok().Val))
	default:
		p.unexpected()
	}
	p.grantTail(s.Grant)
	return s
}
