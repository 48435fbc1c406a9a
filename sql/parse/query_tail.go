package parse

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// tailNode is the carrier in ORDER BY: all that follows a query's body. Its operands go to query.
type tailNode struct {
	call  callReader
	query ast.Query
}

// tail writes ORDER BY, LIMIT, OFFSET, FETCH, EMIT as operands of one carrier, and reads over FOR UPDATE. It is nil if
// there are none.
func (p *parser) tail() *tailNode {
	if !isTailWord(p.tok()) {
		return nil
	}
	p.write(" ORDER BY ")
	n := &tailNode{call: callReader{parser: p}}
	n.call.t = p.carry(carrier{node: n})
	n.order()
	for n.limits() {
	}
	n.emit()
	n.query.Locks = p.locking()
	p.closeTerm(n.call.t)
	return n
}

func (n *tailNode) order() {
	r := &n.call
	if r.accept("order") {
		r.expect("by")
		n.query.OrderBy = r.orderItems()
	}
}

// limits reads one of LIMIT, OFFSET, FETCH in whatever order they come, each once.
func (n *tailNode) limits() bool {
	r, q := &n.call, &n.query
	at := r.tok()
	switch {
	case r.accept("limit"):
		n.once(&n.query.Limit, at)
		if r.accept("all") || r.accept("null") {
			q.Limit = nil
			return true
		}
		r.extra(func(x ast.Expr) { q.Limit = x })
		if r.isOp(",") {
			r.fail(sqlerr.New(sqlerr.SyntaxError, "LIMIT #,# syntax is not supported").At(int(at.Pos) + 1).WithHint("Use separate LIMIT and OFFSET clauses."))
		}
	case r.accept("offset"):
		n.once(&n.query.Offset, at)
		r.extra(func(x ast.Expr) { q.Offset = x })
		r.oneOf("row", "rows")
	case r.accept("fetch"):
		n.once(&n.query.Limit, at)
		if r.oneOf("first", "next") == "" {
			r.unexpected()
		}
		if r.is("row") || r.is("rows") {
			q.Limit = r.literal(ast.LitNumber, "1", r.pos())
		} else {
			r.operand(&r.t, levelAdd)
			r.sets = append(r.sets, func(x ast.Expr) { q.Limit = x })
		}
		if r.oneOf("row", "rows") == "" {
			r.unexpected()
		}
		if q.Ties = r.accept("with", "ties"); !q.Ties {
			r.expect("only")
		}
	default:
		return false
	}
	return true
}

// once refuses a clause that was there before. The expression is a hole until the operands are in place, so a mark
// stands in it meanwhile.
func (n *tailNode) once(where *ast.Expr, at *lex.Token) {
	if *where != nil {
		n.call.unexpectedAt(at)
	}
	*where = &ast.Default{}
}

// emit reads EMIT ON WINDOW CLOSE, EMIT CHANGES [EVERY interval], EMIT FINAL (ksqlDB's word for the former).
func (n *tailNode) emit() {
	r := &n.call
	if !r.emitAhead() {
		return
	}
	e := &ast.Emit{Pos: r.pos()}
	n.query.Emit = e
	r.i++
	switch {
	case r.accept("on"):
		r.expect("window", "close")
		e.OnClose = true
	case r.accept("final"):
		e.OnClose = true
	default:
		r.expect("changes")
		if r.accept("every") {
			r.extra(func(x ast.Expr) { e.Every = x })
		}
	}
	for n.limits() {
	}
}

// locking reads FOR UPDATE and its kin, which mean nothing where readers never wait.
func (p *parser) locking() (locks []ast.Lock) {
	for p.accept("for") {
		l := ast.Lock{}
		switch {
		case p.accept("read", "only"):
			continue
		case p.accept("update"):
			l.Word = "FOR UPDATE"
		case p.accept("share"):
			l.Word = "FOR SHARE"
		case p.accept("key", "share"):
			l.Word = "FOR KEY SHARE"
		case p.accept("no", "key", "update"):
			l.Word = "FOR NO KEY UPDATE"
		default:
			p.unexpected()
		}
		if p.accept("of") {
			l.Of = append(l.Of, p.name())
			for p.acceptOp(",") {
				l.Of = append(l.Of, p.name())
			}
		}
		if !p.accept("nowait") {
			p.accept("skip", "locked")
		}
		locks = append(locks, l)
	}
	return locks
}

// ksqlWindow reads WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 10 SECONDS) and its kin.
func (p *parser) ksqlWindow(s *ast.Select) {
	if !p.is("window") || !p.at(2).IsOp("(") {
		return
	}
	kind := p.at(1).Val
	if kind != "tumbling" && kind != "hopping" && kind != "session" {
		return
	}
	w := &ast.KSQLWindow{Pos: p.pos(), Kind: kind}
	p.i += 3
	if kind == "session" {
		w.Size = p.ksqlDuration()
	}
	for !p.isOp(")") {
		if kind == "session" {
			p.expectOp(",")
		}
		switch {
		case p.accept("size"):
			w.Size = p.ksqlDuration()
		case p.accept("advance", "by"):
			w.Advance = p.ksqlDuration()
		case p.accept("grace", "period"):
			w.Grace = p.ksqlDuration()
		case p.is("retention"):
			p.missing("RETENTION of a window")
		default:
			p.unexpected()
		}
		if kind != "session" && !p.acceptOp(",") {
			break
		}
	}
	if w.Size == nil {
		p.unexpected()
	}
	p.expectOp(")")
	s.Window = w
}

// ksqlDuration reads 1 MINUTE, or an interval.
func (p *parser) ksqlDuration() ast.Expr {
	if p.is("interval") {
		if x := p.interval(); x != nil {
			return x
		}
	}
	n, pos := p.tok(), p.pos()
	if n.Kind != lex.Number {
		p.unexpected()
	}
	if _, err := strconv.ParseFloat(n.Val, 64); err != nil {
		p.unexpected()
	}
	p.i++
	unit := p.oneOf("milliseconds", "millisecond", "seconds", "second", "minutes", "minute", "hours", "hour", "days", "day",
		"weeks", "week", "months", "month", "years", "year")
	if unit == "" {
		p.unexpected()
	}
	return &ast.Interval{Pos: pos, Text: n.Val, Unit: unit}
}
