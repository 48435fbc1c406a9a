package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// fromList writes the entries of FROM and counts them.
func (p *parser) fromList() int {
	for n := 1; ; n++ {
		p.checkRelations(n)
		p.fromEntry()
		if !p.acceptOp(",") {
			return n
		}
		p.write(",")
	}
}

func (p *parser) checkRelations(n int) {
	if n > MaxRelations {
		p.fail(sqlerr.New(sqlerr.StatementTooComplex, "FROM has more than %d entries", MaxRelations).At(int(p.pos())))
	}
}

// fromEntry writes a relation and the joins behind it, and counts these.
func (p *parser) fromEntry() (joins int) {
	p.enter()
	at := p.sheet.here()
	p.relation()
	for ; p.joinAhead(); joins++ {
		p.checkRelations(joins + 2)
		p.join(at)
	}
	p.leave()
	return joins
}

// joinAhead tells whether a join's words are next.
func (p *parser) joinAhead() bool {
	t := p.tok()
	switch {
	case t.Is("join"), t.Is("inner"), t.Is("left"), t.Is("right"), t.Is("full"), t.Is("cross"), t.Is("natural"):
		return true
	case t.Is("asof"):
		return p.at(1).Is("join") || p.at(1).Is("left") || p.at(1).Is("inner")
	}
	return false
}

// join writes one join to what stands there since at: always as JOIN (right) ON carrier, whatever its kind. The carrier knows the kind; its operand,
// if it has one, is the condition.
func (p *parser) join(at here) {
	j := &ast.Join{Pos: p.pos(), Kind: "inner"}
	j.Natural = p.accept("natural")
	asof := p.accept("asof")
	switch w := p.oneOf("inner", "left", "right", "full", "cross"); w {
	case "":
	case "inner", "cross":
		j.Kind = w
	default:
		j.Kind = w
		p.accept("outer")
	}
	asof = p.accept("asof") || asof
	p.asofKind(j, asof)
	p.expect("join")
	p.write(" JOIN (")
	right := p.sheet.here()
	p.relation()
	if p.within() {
		p.lacking("Bound the times in the condition: ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '1 hour' AND a.ts + INTERVAL '1 hour'.", "WITHIN of a join")
	}
	if asof {
		p.matchCondition()
	}
	if j.Kind != "cross" && !j.Natural {
		p.enter()
		for p.joinAhead() {
			p.join(right)
		}
		p.leave()
	}
	p.write(") ON ")
	t := p.carry(carrier{node: j})
	switch {
	case j.Kind == "cross", j.Natural:
	case p.accept("on"):
		p.operand(&t, lowest)
	case p.accept("using"):
		j.Using = p.columnList()
		if p.accept("as") {
			j.UsingAs = p.columnID()
		}
	default:
		p.unexpected()
	}
	p.closeTerm(t)
	p.settleJoin(at, t)
}

// within tells whether ksqlDB's WITHIN 1 HOUR or WITHIN (1 HOUR, 2 HOURS) is next.
func (p *parser) within() bool {
	return p.is("within") && (p.at(1).IsOp("(") || p.at(1).Kind == lex.Number)
}

// matchCondition reads Snowflake's MATCH_CONDITION (a) ON b as ON (a) AND b, where all of b has to hold anyway.
func (p *parser) matchCondition() {
	if !p.matchAhead() {
		return
	}
	behind := &p.toks[p.match(p.i+1)+1]
	p.toks[p.i].Val = "on"
	switch {
	case behind.Is("on"):
		behind.Val = "and"
	case behind.Is("using"):
		p.lacking("Write ON a.k = b.k AND a.ts >= b.ts.", "MATCH_CONDITION with USING")
	}
}

func (p *parser) matchAhead() bool { return p.is("match_condition") && p.at(1).IsOp("(") }

func (p *parser) asofKind(j *ast.Join, asof bool) {
	if !asof {
		return
	}
	switch j.Kind {
	case "inner":
		j.Kind = "asof"
	case "left":
		j.Kind = "asof left"
	default:
		p.missing("ASOF with a %s JOIN", upper(j.Kind))
	}
}

// relation writes one entry: a name, a query, a function, or joins in parentheses.
func (p *parser) relation() {
	lateral := p.accept("lateral")
	switch {
	case p.isOp("(") && p.isSubquery(p.i):
		p.derived(lateral)
	case p.isOp("(") && !lateral:
		p.joins()
	case p.words("rows", "from") && p.at(2).IsOp("("):
		p.rowsFrom(lateral)
	case p.is("table") && p.at(1).IsOp("("):
		p.flinkFunction(lateral)
	case p.functionAhead():
		p.function(lateral)
	case lateral:
		p.unexpected()
	default:
		p.table()
	}
}

// joins writes joins in parentheses. With an alias they are a query of all their columns, as nothing else of them is seen
// then.
func (p *parser) joins() {
	pos, nested := p.pos(), p.at(1).IsOp("(")
	at := p.sheet.here()
	h := &selectHead{pos: pos, sel: &ast.Select{Pos: pos}, as: make([]ast.SelectItem, 1), froms: 1}
	named := p.namedBehind(p.match(p.i) + 1)
	p.i++
	p.write("(")
	inner := p.sheet.here()
	if named {
		p.write("SELECT ")
		p.carry(carrier{node: h})
		p.write(",")
		p.atom(&ast.Star{Pos: pos})
		p.write(" FROM ")
	}
	if p.fromEntry() == 0 && !nested {
		p.unexpected()
	}
	p.expectOp(")")
	if !named {
		p.write(")")
		p.settleEntry(at)
		return
	}
	p.settleSelect(inner, h)
	p.write(")")
	d := &ast.Derived{Pos: pos}
	if !p.settleDerived(at, d) {
		p.write(" AS ")
		p.carry(carrier{node: d})
	}
	d.Alias = p.alias()
}

// namedBehind tells whether an alias stands at token i.
func (p *parser) namedBehind(i int) bool {
	was := p.i
	defer func() { p.i = was }()
	p.i = min(i, len(p.toks)-1)
	return p.is("as") || p.aliasAhead()
}

// derived writes (query) AS alias.
func (p *parser) derived(lateral bool) {
	d := &ast.Derived{Pos: p.pos(), Lateral: lateral}
	at := p.sheet.here()
	p.writeSubquery()
	if !p.settleDerived(at, d) {
		p.write(" AS ")
		p.carry(carrier{node: d})
	}
	d.Alias = p.alias()
	p.noMatchRecognize()
}

// table writes a relation's name. With FOR SYSTEM_TIME AS OF it becomes a SELECT of the time.
func (p *parser) table() {
	p.accept("only")
	n := p.name()
	p.acceptOp("*")
	t := &ast.Table{Pos: n.Pos, Name: n.Parts}
	asOf := p.accept("for", "system_time", "as", "of")
	if asOf {
		p.write("(SELECT ")
		p.expr(levelAdd)
		p.write(") AS ")
	}
	p.carry(carrier{node: t})
	p.noMatchRecognize()
	t.Alias = p.alias()
	if p.is("tablesample") {
		p.lacking("WHERE random() < 0.01 takes a share of the rows.", "TABLESAMPLE")
	}
	p.noMatchRecognize()
}

// noMatchRecognize refuses MATCH_RECOGNIZE by name.
func (p *parser) noMatchRecognize() {
	if p.is("match_recognize") && p.at(1).IsOp("(") {
		p.missing("MATCH_RECOGNIZE")
	}
}

// aliasAhead tells whether a bare alias is next. The streaming clauses are no keywords of PostgreSQL's; where their own
// next word follows, they are clauses.
func (p *parser) aliasAhead() bool {
	t := p.tok()
	if t.Kind == lex.QIdent {
		return true
	}
	if t.Kind != lex.Ident {
		return false
	}
	if c := lex.CategoryOf(t.Val); c == lex.TypeFunc || c == lex.Reserved {
		return false
	}
	switch t.Val {
	case "emit":
		return !p.emitAhead()
	case "asof":
		return !p.joinAhead()
	case "qualify":
		n := p.at(1)
		return n.Kind == lex.End || n.IsOp(";") || n.IsOp(",") || n.IsOp(")") || n.Is("where") || n.Is("group")
	case "match_recognize", "match_condition":
		return !p.at(1).IsOp("(")
	case "within":
		return !p.within()
	}
	return true
}

// alias reads [AS] name [(a, b)].
func (p *parser) alias() ast.Alias { return p.aliasOf(nil) }

// aliasOf reads an alias; that of a function f may be, or end with, a column definition list.
func (p *parser) aliasOf(f *ast.Func) ast.Alias {
	var a ast.Alias
	if !p.accept("as") && !p.aliasAhead() {
		return a
	}
	if f != nil && p.isOp("(") {
		f.Fields = p.fieldDefs()
		return a
	}
	if p.is("window") {
		a.Name = p.label()
	} else {
		a.Name = p.columnID()
	}
	if p.isOp("(") {
		if n := p.at(2); f != nil && !n.IsOp(",") && !n.IsOp(")") {
			f.Fields = p.fieldDefs()
			return a
		}
		a.Columns = p.columnList()
	}
	return a
}

// fieldDefs reads (a int, b text).
func (p *parser) fieldDefs() []ast.FieldDef {
	p.expectOp("(")
	var out []ast.FieldDef
	for {
		d := ast.FieldDef{Pos: p.pos()}
		d.Name = p.columnID()
		d.Type = p.typeName()
		out = append(out, d)
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	return out
}
