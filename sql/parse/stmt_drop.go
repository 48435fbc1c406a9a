package parse

import "github.com/vexfs/vexstream/sql/ast"

// drop reads DROP kind [IF EXISTS] name, ... [CASCADE].
func (p *parser) drop() ast.Stmt {
	s := &ast.Drop{Pos: p.pos()}
	p.i++
	after := p.i
	if p.is("role") || p.is("user") && !p.at(1).Is("mapping") || p.is("group") {
		return p.dropRole(s.Pos)
	}
	if p.accept("owned") {
		return p.dropOwned(s.Pos)
	}
	switch s.Kind = p.kind(); s.Kind {
	case "source":
		s.Kind = "stream"
	case "stream", "view", "materialized view", "table", "trigger", "workflow", "sink", "target", "secret", "alert",
		"metric", "index", "schema", "sequence", "type":
	default:
		p.i = after
		return p.unsupportedKind("drop")
	}
	p.accept("concurrently")
	s.IfExists = p.accept("if", "exists")
	for {
		s.Names = append(s.Names, p.name())
		if !p.acceptOp(",") {
			break
		}
	}
	if s.Kind == "trigger" {
		p.expect("on")
		on := p.name()
		s.On = &on
	}
	if s.Cascade = p.accept("cascade"); !s.Cascade {
		p.accept("restrict")
	}
	return s
}
