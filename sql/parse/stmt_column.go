package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// columnSaid is what the constraints of a column have said of it so far.
type columnSaid struct{ null, notNull, preset, identity, generated bool }

// disagree is the error for a column whose constraints exclude each other.
func (p *parser) disagree(pos ast.Pos, what string, c *ast.ColumnDef) {
	p.fail(sqlerr.New(sqlerr.SyntaxError, "%s for column %q of table %q", what, c.Name, p.made).At(int(pos)))
}

// once refuses what was said already.
func (p *parser) once(said *bool, pos ast.Pos, what string, c *ast.ColumnDef) {
	if *said {
		p.disagree(pos, what, c)
	}
	*said = true
}

// generatedOnce reads from behind GENERATED.
func (p *parser) generatedOnce(c *ast.ColumnDef, said *columnSaid, pos ast.Pos) {
	had := *c
	had.Identity, had.GeneratedSQL = "", ""
	now := had
	if p.generated(&now); now.Identity != "" {
		p.once(&said.identity, pos, "multiple identity specifications", c)
		c.Identity, c.NotNull, c.Sequence = now.Identity, true, now.Sequence
		said.notNull = true
		return
	}
	p.once(&said.generated, pos, "multiple generation clauses specified", c)
	c.Generated, c.GeneratedSQL = now.Generated, now.GeneratedSQL
}

// agree refuses a constraint that excludes one before it.
func (p *parser) agree(c *ast.ColumnDef, said *columnSaid, pos ast.Pos) {
	switch {
	case said.null && said.notNull:
		p.disagree(pos, "conflicting NULL/NOT NULL declarations", c)
	case said.preset && said.identity:
		p.disagree(pos, "both default and identity specified", c)
	case said.preset && said.generated:
		p.disagree(pos, "both default and generation expression specified", c)
	case said.identity && said.generated:
		p.disagree(pos, "both identity and generation expression specified", c)
	}
}
