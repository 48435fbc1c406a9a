package parse

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// createTable reads from behind the word TABLE.
func (p *parser) createTable(first int) *ast.CreateTable {
	s := &ast.CreateTable{IfNotExists: p.ifNotExists(), Name: p.name()}
	p.made = s.Name.Parts[len(s.Name.Parts)-1]
	listed := false
	switch {
	case p.is("of"), p.is("partition"):
		p.missing("CREATE TABLE ... %s", upper(p.tok().Val))
	case p.isOp("(") && p.namesOnly():
		s.Names = p.columnList()
	case p.isOp("("):
		listed = true
		p.tableElements(s)
	}
	if p.is("inherits") || p.is("partition") {
		p.lacking("Make one table for all rows, and views for parts of it.", "%s of a table", upper(p.tok().Val))
	}
	p.kept("using", "heap", "of a table")
	if p.accept("with") {
		s.With = p.options()
	} else {
		p.accept("without", "oids")
	}
	if p.accept("on", "commit") {
		switch {
		case p.accept("preserve", "rows"):
			s.OnCommit = "preserve rows"
		case p.accept("delete", "rows"):
			s.OnCommit = "delete rows"
		default:
			p.expect("drop")
			s.OnCommit = "drop"
		}
	}
	p.kept("tablespace", "pg_default", "of a table")
	if !listed && !p.is("as") {
		p.unexpected()
	}
	if !listed && p.accept("as") {
		if p.is("execute") {
			p.missing("CREATE TABLE ... AS EXECUTE")
		}
		if !p.startsQuery() {
			p.unexpected()
		}
		s.Query = p.wholeQuery()
		if e := s.Query.Emit; e != nil {
			p.fail(sqlerr.NotSupported("EMIT in CREATE TABLE ... AS").At(int(e.Pos)).WithHint("CREATE MATERIALIZED VIEW keeps a query current; a table has what it gives once."))
		}
		if p.accept("with", "no", "data") {
			s.NoData = true
		} else {
			p.accept("with", "data")
		}
	}
	s.Text = p.textBetween(first, p.i)
	return s
}

// kept reads a word and the name that it takes here; any other is refused.
func (p *parser) kept(word, name, of string) {
	if !p.accept(word) {
		return
	}
	if !p.accept(name) {
		p.i--
		p.missing("%s %s", upper(word), of)
	}
}

// namesOnly tells whether the brackets here hold names alone: those of CREATE TABLE ... AS.
func (p *parser) namesOnly() bool {
	end := p.match(p.i)
	for j := p.i + 1; j < end; j += 2 {
		if !p.toks[j].IsName() || j+1 != end && !p.toks[j+1].IsOp(",") {
			return false
		}
	}
	next := &p.toks[min(end+1, len(p.toks)-1)]
	return end > p.i+1 && slices.ContainsFunc(behindNames, next.Is)
}

// behindNames are the words that may follow the names of a table's columns that are without types: a query gives these.
var behindNames = []string{"as", "on", "with", "without", "using", "tablespace"}

func (p *parser) tableElements(s *ast.CreateTable) {
	p.expectOp("(")
	for !p.isOp(")") {
		switch {
		case p.words("watermark", "for"):
			p.missing("WATERMARK of a table")
		case p.accept("like"):
			s.Like = append(s.Like, p.likeTable())
		case p.is("constraint"), p.is("primary"), p.is("unique"), p.is("check"), p.is("foreign"), p.is("exclude"):
			s.Constraints = append(s.Constraints, p.tableConstraint(false))
		default:
			s.Columns = append(s.Columns, p.tableColumn())
		}
		if !p.acceptOp(",") {
			break
		}
		if p.isOp(")") {
			p.unexpected()
		}
	}
	p.expectOp(")")
	p.checkColumns(len(s.Columns))
}

// likeWords are what LIKE can include.
var likeWords = []string{"comments", "compression", "constraints", "defaults", "generated", "identity", "indexes", "statistics", "storage"}

// likeTable reads from behind LIKE: a name, and INCLUDING and EXCLUDING in the order in which they count.
func (p *parser) likeTable() ast.LikeTable {
	l := ast.LikeTable{Name: p.name()}
	for p.is("including") || p.is("excluding") {
		including := p.is("including")
		p.i++
		words := likeWords
		if !p.accept("all") {
			word := p.oneOf(likeWords...)
			if word == "" {
				p.unexpected()
			}
			words = []string{word}
		}
		l.Including = slices.DeleteFunc(l.Including, func(w string) bool { return slices.Contains(words, w) })
		if including {
			l.Including = append(l.Including, words...)
		}
	}
	return l
}

// tableConstraint reads a constraint that stands beside the columns.
func (p *parser) tableConstraint(altered bool) ast.Constraint {
	c := ast.Constraint{Pos: p.pos()}
	if p.accept("constraint") {
		c.Name = p.columnID()
	}
	switch {
	case p.accept("primary", "key"):
		c.Kind, c.Columns = "primary key", p.insertColumns()
	case p.accept("unique"):
		p.nullsDistinct()
		c.Kind, c.Columns = "unique", p.insertColumns()
	case p.is("check"):
		p.check(&c)
	case p.accept("foreign", "key"):
		c.Kind, c.Columns = "foreign key", p.insertColumns()
		p.references(&c)
	case p.is("exclude"):
		p.lacking("UNIQUE and CHECK are there.", "EXCLUDE")
	default:
		p.unexpected()
	}
	if p.words("not", "valid") {
		switch {
		case c.Kind != "check" && c.Kind != "foreign key":
			p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "%s constraints cannot be marked NOT VALID", upper(c.Kind)).At(int(p.pos())))
		case !altered:
			p.missing("NOT VALID in CREATE TABLE")
		}
		p.i += 2
		c.NotValid = true
	}
	p.constraintTail(&c, false)
	return c
}

// serials are PostgreSQL's names for an integer that counts by itself.
var serials = map[string]string{
	"serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint", "smallserial": "smallint", "serial2": "smallint",
}

// tableColumn reads a column's name, type and constraints.
func (p *parser) tableColumn() ast.ColumnDef {
	c := ast.ColumnDef{Pos: p.pos(), Name: p.columnID()}
	if t := serials[p.tok().Val]; t != "" && p.tok().IsName() {
		c.Type = ast.TypeName{Pos: p.pos(), Name: []string{t}}
		c.NotNull, c.Identity = true, "serial"
		p.i++
	} else {
		c.Type = p.typeName()
	}
	said := columnSaid{notNull: c.Identity != "", preset: c.Identity != ""}
	for p.columnConstraint(&c, &said) {
	}
	return c
}

// columnConstraint reads one constraint behind a column's type, if there is one.
func (p *parser) columnConstraint(c *ast.ColumnDef, said *columnSaid) bool {
	k := ast.Constraint{Pos: p.pos()}
	if p.accept("constraint") {
		k.Name = p.columnID()
	}
	own := ast.Name{Pos: c.Pos, Parts: []string{c.Name}}
	switch {
	case p.accept("not", "null"):
		c.NotNull, said.notNull = true, true
	case p.accept("null"):
		said.null = true
	case p.accept("default"):
		p.once(&said.preset, k.Pos, "multiple default values specified", c)
		first := p.i
		c.Default = p.wholeExpr()
		c.DefaultSQL = p.textBetween(first, p.i)
	case p.accept("primary", "key"):
		k.Kind, k.Columns = "primary key", []ast.Name{own}
		c.NotNull = true
	case p.accept("unique"):
		p.nullsDistinct()
		k.Kind, k.Columns = "unique", []ast.Name{own}
	case p.is("check"):
		p.check(&k)
	case p.accept("generated"):
		p.generatedOnce(c, said, k.Pos)
	case p.is("collate"):
		p.i++
		if n := p.label(); n != "C" && n != "POSIX" && n != "default" && n != "ucs_basic" {
			p.i--
			p.missing("collation %q", n)
		}
	case p.is("references"):
		k.Kind, k.Columns = "foreign key", []ast.Name{own}
		p.references(&k)
	default:
		if k.Name != "" {
			p.unexpected()
		}
		return false
	}
	p.agree(c, said, k.Pos)
	if k.Kind != "" {
		p.constraintTail(&k, true)
		c.Constraints = append(c.Constraints, k)
	}
	return true
}

// generated reads from behind GENERATED.
func (p *parser) generated(c *ast.ColumnDef) {
	word, at := "always", p.pos()
	if !p.accept("always") {
		p.expect("by", "default")
		word = "by default"
	}
	p.expect("as")
	if p.accept("identity") {
		c.Identity, c.NotNull = word, true
		if p.acceptOp("(") {
			if c.Sequence = p.sequenceOptions(); c.Sequence == nil {
				p.unexpected()
			}
			p.expectOp(")")
		}
		return
	}
	if !p.isOp("(") {
		p.unexpected()
	}
	if word != "always" {
		p.fail(sqlerr.New(sqlerr.SyntaxError, "for a generated column, GENERATED ALWAYS must be specified").At(int(at)))
	}
	p.expectOp("(")
	first := p.i
	c.Generated = p.wholeExpr()
	c.GeneratedSQL = p.textBetween(first, p.i)
	p.expectOp(")")
	p.expect("stored")
}

// alterTable reads from behind the words ALTER TABLE.
func (p *parser) alterTable(pos ast.Pos) ast.Stmt {
	s := &ast.AlterTable{Pos: pos, IfExists: p.accept("if", "exists")}
	p.accept("only")
	s.Name = p.name()
	p.made = s.Name.Parts[len(s.Name.Parts)-1]
	p.acceptOp("*")
	if t := p.switchTrigger(s); t != nil {
		return t
	}
	for {
		s.Actions = append(s.Actions, p.tableAction())
		if !p.acceptOp(",") {
			return s
		}
	}
}

func (p *parser) columnName() ast.Name {
	n := ast.Name{Pos: p.pos()}
	n.Parts = []string{p.columnID()}
	return n
}

// tableActions begin what PostgreSQL does to tables and is not read here.
var tableActions = wordSet(`attach cluster detach disable enable force inherit no not of options replica reset set`)

func (p *parser) tableAction() ast.TableAction {
	a := ast.TableAction{Pos: p.pos()}
	switch {
	case p.accept("rename", "to"):
		a.Kind, a.To = "rename", p.columnID()
	case p.accept("rename", "constraint"):
		a.Kind, a.Column = "rename constraint", p.columnName()
		p.expect("to")
		a.To = p.columnID()
	case p.accept("rename"):
		p.accept("column")
		a.Kind, a.Column = "rename column", p.columnName()
		p.expect("to")
		a.To = p.columnID()
	case p.accept("validate", "constraint"):
		a.Kind, a.Column = "validate", p.columnName()
	case p.accept("owner", "to"):
		a.Kind, a.To = "owner", p.label()
	case p.accept("set", "schema"):
		a.Kind, a.To = "set schema", p.columnID()
	case p.accept("add"):
		p.addAction(&a)
	case p.accept("drop"):
		a.Kind = "drop column"
		if p.accept("constraint") {
			a.Kind = "drop constraint"
		} else {
			p.accept("column")
		}
		a.IfExists = p.accept("if", "exists")
		a.Column = p.columnName()
		a.Cascade = p.accept("cascade")
		p.accept("restrict")
	case p.accept("alter", "constraint"):
		a.Kind, a.Column = "alter constraint", p.columnName()
		p.deferral(&a.Constraint)
	case p.accept("alter"):
		p.accept("column")
		a.Column = p.columnName()
		p.alterColumn(&a)
	default:
		if !tableActions[p.tok().Val] {
			p.unexpected()
		}
		p.missing("ALTER TABLE ... %s", upper(p.tok().Val))
	}
	return a
}

func (p *parser) addAction(a *ast.TableAction) {
	switch {
	case p.is("constraint"), p.is("primary"), p.is("unique"), p.is("check"), p.is("foreign"), p.is("exclude"):
		a.Kind, a.Constraint = "add constraint", p.tableConstraint(true)
	default:
		p.accept("column")
		a.Kind, a.IfExists = "add column", p.accept("if", "not", "exists")
		a.Def = p.tableColumn()
	}
}

func (p *parser) alterColumn(a *ast.TableAction) {
	switch {
	case p.accept("set", "default"):
		first := p.i
		a.Kind, a.X = "set default", p.wholeExpr()
		a.SQL = p.textBetween(first, p.i)
	case p.accept("drop", "default"):
		a.Kind = "drop default"
	case p.accept("set", "not", "null"):
		a.Kind = "set not null"
	case p.accept("drop", "not", "null"):
		a.Kind = "drop not null"
	case p.accept("type"), p.accept("set", "data", "type"):
		a.Kind, a.Def.Type = "type", p.typeName()
		if p.is("collate") {
			p.missing("COLLATE in ALTER COLUMN ... TYPE")
		}
		if p.accept("using") {
			a.X = p.wholeExpr()
		}
	case p.accept("drop", "identity"):
		a.Kind, a.IfExists = "drop identity", p.accept("if", "exists")
	case p.words("add", "generated"):
		p.i += 2
		a.Kind = "add identity"
		if p.generated(&a.Def); a.Def.Identity == "" {
			p.unexpected()
		}
	case p.words("set", "generated"), p.is("restart"), p.is("set") && sequenceWords[p.at(1).Val]:
		p.setIdentity(a)
	default:
		p.missing("ALTER TABLE ... ALTER COLUMN ... %s", upper(p.tok().Val, p.at(1).Val))
	}
}

// sequenceWords begin the options of a sequence that SET may stand before.
var sequenceWords = wordSet("increment minvalue maxvalue no start restart cache cycle")

// setIdentity reads SET GENERATED ..., SET option and RESTART, as many as there are.
func (p *parser) setIdentity(a *ast.TableAction) {
	a.Kind = "set identity"
	for {
		switch {
		case p.accept("set", "generated"):
			if a.Def.Identity = "always"; !p.accept("always") {
				p.expect("by", "default")
				a.Def.Identity = "by default"
			}
		case p.is("restart"), p.is("set") && sequenceWords[p.at(1).Val]:
			p.accept("set")
			o := ast.SequenceOption{Pos: p.pos()}
			p.sequenceOption(&o)
			a.Def.Sequence = append(a.Def.Sequence, o)
		default:
			return
		}
	}
}

// intoTable reads INTO [TABLE] name of a SELECT; only that of the whole statement may make a table.
func (p *parser) intoTable(own bool) {
	if !own {
		p.missing("SELECT INTO here")
	}
	p.i++
	_ = p.accept("global") && (p.is("temp") || p.is("temporary")) || p.accept("local")
	temp := p.accept("temporary") || p.accept("temp")
	if !temp {
		p.accept("unlogged")
	}
	p.accept("table")
	p.into = &ast.CreateTable{Name: p.name(), Temp: temp}
}
