package parse

import (
	"github.com/vexfs/vexstream/sql/ast"
)

// show reads SHOW name, SHOW ALL, SHOW STREAMS [LIKE '...'], SHOW CREATE name.
func (p *parser) show() ast.Stmt {
	pos := p.pos()
	p.i++
	if p.accept("create") {
		return p.showCreate(pos)
	}
	s := &ast.Show{Pos: pos}
	switch {
	case p.accept("time", "zone"):
		s.What = "timezone"
	case p.accept("session", "authorization"):
		s.What = "session_authorization"
	case p.accept("transaction", "isolation", "level"):
		s.What = "transaction_isolation"
	case p.accept("materialized", "views"):
		s.What = "materialized views"
	case p.accept("sources"):
		s.What = "streams"
	case p.accept("sinks"):
		s.What = "sinks"
	default:
		s.What = p.settingName()
	}
	if p.accept("like") {
		s.Like = p.str()
	}
	return s
}

// showCreate reads the optional kind and the name.
func (p *parser) showCreate(pos ast.Pos) ast.Stmt {
	if next := p.at(1); next.IsName() {
		p.kind()
	}
	return &ast.ShowCreate{Pos: pos, Name: p.name()}
}

// describe reads DESCRIBE name, which is SHOW CREATE name.
func (p *parser) describe() ast.Stmt {
	pos := p.pos()
	p.i++
	return p.showCreate(pos)
}

// settingName reads a setting: words joined by points, in lower case.
func (p *parser) settingName() string {
	name := p.label()
	for p.acceptOp(".") {
		name += "." + p.label()
	}
	return name
}
