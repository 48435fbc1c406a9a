package parse

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// typeName reads a type: its name of one or more words, its numbers in parentheses, its brackets.
func (p *parser) typeName() ast.TypeName {
	t := ast.TypeName{Pos: p.pos()}
	if p.is("setof") {
		p.missing("SETOF")
	}
	first := p.tok()
	if first.Kind == lex.Ident && lex.CategoryOf(first.Val) == lex.Reserved || !first.IsName() {
		p.unexpected()
	}
	p.i++
	t.Name = []string{first.Val}
	if first.Kind == lex.Ident && !p.isOp(".") {
		p.typeWords(&t)
	}
	for p.acceptOp(".") {
		t.Name = append(t.Name, p.label())
	}
	if p.isOp("%") && p.at(1).Is("type") {
		p.lacking("Write the type.", "%%TYPE")
	}
	if t.Mods == nil && p.isOp("(") {
		t.Mods = p.typeMods()
	}
	if t.Name[0] == "timestamp" || t.Name[0] == "time" {
		p.zone(&t)
	}
	p.typeBrackets(&t)
	return t
}

// typeWords reads the further words of a type that PostgreSQL spells with several.
func (p *parser) typeWords(t *ast.TypeName) {
	switch t.Name[0] {
	case "double":
		if p.accept("precision") {
			t.Name[0] = "double precision"
		}
	case "national":
		if p.oneOf("character", "char") == "" {
			p.unexpected()
		}
		fallthrough
	case "character", "char", "nchar":
		t.Name[0] = "character"
		if p.accept("varying") {
			t.Name[0] = "character varying"
		}
	case "bit":
		if p.accept("varying") {
			t.Name[0] = "bit varying"
		}
	case "interval":
		t.Fields, t.Mods = p.intervalFields()
	}
}

// zone reads WITH TIME ZONE and WITHOUT TIME ZONE; the latter is the default and leaves no trace.
func (p *parser) zone(t *ast.TypeName) {
	if len(t.Name) > 1 {
		return
	}
	if p.accept("with", "time", "zone") {
		t.Name[0] += " with time zone"
		return
	}
	p.accept("without", "time", "zone")
}

// typeMods reads (n, m).
func (p *parser) typeMods() []int {
	p.expectOp("(")
	mods := []int{}
	for {
		sign := ""
		if p.acceptOp("-") {
			sign = "-"
		}
		if p.tok().Kind != lex.Number {
			p.unexpected()
		}
		n, err := strconv.Atoi(sign + p.tok().Val)
		if err != nil {
			p.unexpected()
		}
		p.i++
		mods = append(mods, n)
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	return mods
}

// typeBrackets reads [] and [n], any number of them, or ARRAY.
func (p *parser) typeBrackets(t *ast.TypeName) {
	if p.accept("array") {
		t.Array = 1
		if p.isOp("[") {
			p.oneBracket()
		}
		return
	}
	for p.isOp("[") {
		p.oneBracket()
		t.Array++
	}
}

func (p *parser) oneBracket() {
	p.expectOp("[")
	if p.tok().Kind == lex.Number {
		p.i++
	}
	p.expectOp("]")
}

// smallerFields are those that an interval's fields from one on can go to.
var smallerFields = map[string][]string{
	"year": {"month"}, "day": {"hour", "minute", "second"}, "hour": {"minute", "second"}, "minute": {"second"},
}

// intervalFields reads YEAR, DAY TO SECOND(3) and the like: the fields joined by spaces, and the precision.
func (p *parser) intervalFields() (string, []int) {
	first := p.oneOf("year", "month", "day", "hour", "minute", "second")
	if first == "" {
		return "", nil
	}
	if first != "second" && p.is("to") {
		p.i++
		last := p.oneOf(smallerFields[first]...)
		if last == "" {
			p.unexpected()
		}
		first += " to " + last
	}
	if p.toks[p.i-1].Is("second") && p.isOp("(") {
		return first, p.typeMods()
	}
	return first, nil
}

// interval reads INTERVAL '5 minutes' or INTERVAL '1' MINUTE; nil if it is something else. The plural units of Flink and
// ksqlDB are read as well.
func (p *parser) interval() ast.Expr {
	if p.at(1).Kind != lex.Str {
		return nil
	}
	x := &ast.Interval{Pos: p.pos(), Text: p.at(1).Val}
	p.i += 2
	if u := p.oneOf("years", "months", "weeks", "week", "days", "hours", "minutes", "seconds", "milliseconds"); u != "" {
		x.Unit = u
		return x
	}
	var mods []int
	if x.Unit, mods = p.intervalFields(); mods != nil {
		x.Unit += "(" + strconv.Itoa(mods[0]) + ")"
	}
	return x
}

// longestType is how many tokens a type's name may go on for: CHARACTER VARYING (n), TIMESTAMP (n) WITHOUT TIME ZONE.
const longestType = 12

// typedLiteral tells whether a type's name and a string follow: date '2026-01-01', numeric(10,2) '1.5'.
func (p *parser) typedLiteral() bool {
	j := p.i + 1
	for p.toks[j].IsOp(".") && p.toks[j+1].IsName() {
		j += 2
	}
	if p.toks[j].Kind == lex.Str {
		first := p.toks[p.i]
		return first.Kind == lex.QIdent || lex.CategoryOf(first.Val) != lex.Reserved
	}
	if p.toks[p.i].Kind != lex.Ident || j != p.i+1 || !longType(p.toks[p.i].Val) {
		return false
	}
	for last := min(j+longestType, len(p.toks)-1); j < last; j++ {
		switch t := &p.toks[j]; {
		case t.Kind == lex.Str:
			return true
		case t.Kind == lex.Number, t.IsOp("("), t.IsOp(")"), t.IsOp(","):
		case t.Is("precision"), t.Is("varying"), t.Is("with"), t.Is("without"), t.Is("time"), t.Is("zone"),
			t.Is("character"), t.Is("char"):
		default:
			return false
		}
	}
	return false
}

// longType tells whether a type's name may be longer than a word.
func longType(w string) bool {
	switch w {
	case "double", "character", "char", "varchar", "nchar", "national", "bit", "bpchar", "interval",
		"timestamp", "timestamptz", "time", "timetz", "numeric", "decimal", "dec", "float":
		return true
	}
	return false
}

// typed writes a typed literal, which is a cast.
func (p *parser) typed() term {
	pos := p.pos()
	to := p.typeName()
	at := p.pos()
	if to.Array > 0 {
		p.fail(sqlerr.New(sqlerr.SyntaxError, "syntax error at or near \"[\"").At(int(at)))
	}
	return p.atom(&ast.Cast{Pos: pos, X: p.literal(ast.LitString, p.str(), at), To: to})
}
