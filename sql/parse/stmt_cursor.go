package parse

import (
	"strconv"

	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// declare reads DECLARE name [options] CURSOR [WITH HOLD] FOR query or SUBSCRIBE.
func (p *parser) declare() ast.Stmt {
	s := &ast.DeclareCursor{Pos: p.pos()}
	p.i++
	s.Name = p.columnID()
	for !p.is("cursor") {
		switch {
		case p.accept("no", "scroll"):
		case p.accept("scroll"):
			s.Scroll = true
		case p.accept("binary"):
			s.Binary = true
		case p.accept("insensitive"), p.accept("asensitive"):
		default:
			p.unexpected()
		}
	}
	p.i++
	s.Hold = p.accept("with", "hold")
	p.accept("without", "hold")
	p.expect("for")
	switch {
	case p.is("subscribe"), p.is("tail"):
		s.Stmt = p.subscribe()
	case p.startsQuery():
		s.Stmt = p.selectStmt()
	default:
		p.unexpected()
	}
	return s
}

// fetch reads FETCH and MOVE: [direction] [FROM | IN] cursor [WITH (timeout = ...)].
func (p *parser) fetch() ast.Stmt {
	s := &ast.Fetch{Pos: p.pos(), Move: p.is("move"), Count: 1}
	p.i++
	p.direction(s)
	if p.oneOf("from", "in") == "" && p.done() {
		p.unexpected()
	}
	s.Cursor = p.columnID()
	if p.accept("with") {
		s.With = p.options()
	}
	return s
}

// direction reads NEXT, PRIOR, FIRST, LAST, ABSOLUTE n, RELATIVE n, n, ALL, FORWARD [n | ALL], BACKWARD [n | ALL]. Each may
// also be the cursor's own name, if nothing follows.
func (p *parser) direction(s *ast.Fetch) {
	if n := p.at(1); p.tok().IsName() && (n.Kind == lex.End || n.IsOp(";") || n.Is("with")) {
		return
	}
	switch w := p.oneOf("next", "prior", "first", "last", "absolute", "relative", "all", "forward", "backward"); w {
	case "next":
	case "prior":
		s.Count = -1
	case "first", "last":
		s.Where = w
	case "absolute", "relative":
		s.Where, s.Count = w, p.signedCount()
	case "all":
		s.All = true
	case "forward", "backward":
		p.distance(s)
		if w == "backward" {
			s.Count = -s.Count
		}
	default:
		if p.tok().Kind == lex.Number || p.isOp("-") || p.isOp("+") {
			s.Count = p.signedCount()
		}
	}
}

func (p *parser) distance(s *ast.Fetch) {
	switch {
	case p.accept("all"):
		s.All = true
	case p.tok().Kind == lex.Number, p.isOp("-"), p.isOp("+"):
		s.Count = p.signedCount()
	}
}

// signedCount reads a number of rows.
func (p *parser) signedCount() int64 { return p.signedNumber(64) }

// signedNumber reads an integer of that many bits.
func (p *parser) signedNumber(bits int) int64 {
	sign := ""
	if p.acceptOp("-") {
		sign = "-"
	} else {
		p.acceptOp("+")
	}
	t := p.tok()
	n, err := strconv.ParseInt(sign+t.Val, 10, bits)
	if t.Kind != lex.Number || err != nil {
		p.unexpected()
	}
	p.i++
	return n
}

// closeCursor reads CLOSE name or ALL.
func (p *parser) closeCursor() ast.Stmt {
	s := &ast.CloseCursor{Pos: p.pos()}
	p.i++
	if !p.accept("all") {
		s.Name = p.columnID()
	}
	return s
}

// listen reads LISTEN and UNLISTEN.
func (p *parser) listen() ast.Stmt {
	un := p.is("unlisten")
	p.i++
	if un && p.acceptOp("*") {
		return &ast.Unlisten{}
	}
	ch := p.columnID()
	if un {
		return &ast.Unlisten{Channel: ch}
	}
	return &ast.Listen{Channel: ch}
}

// notify reads NOTIFY channel [, 'payload'].
func (p *parser) notify() ast.Stmt {
	p.i++
	s := &ast.Notify{Channel: p.columnID()}
	if p.acceptOp(",") {
		s.Payload = p.str()
	}
	return s
}
