package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// recursiveView reads from behind the words RECURSIVE VIEW. The view name (cols) AS query is the view name AS WITH RECURSIVE
// name (cols) AS (query) SELECT cols FROM name.
func (p *parser) recursiveView(first int, replace bool) *ast.CreateView {
	from := p.i
	p.ifNotExists()
	p.name()
	if !p.isOp("(") {
		p.unexpected()
	}
	p.i = from
	v := p.createView(first, replace, false)
	for _, o := range v.With {
		if o.Name == "check_option" {
			p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "WITH CHECK OPTION not supported on recursive views").At(o.Position()))
		}
	}
	name, pos := v.Name.Parts[len(v.Name.Parts)-1], v.QueryPos
	body := &ast.Select{Pos: pos, From: []ast.From{&ast.Table{Pos: pos, Name: []string{name}}}}
	cols := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		cols[i] = lex.QuoteName(c)
		body.Items = append(body.Items, ast.SelectItem{X: &ast.Column{Pos: pos, Name: []string{c}}, Name: c})
	}
	v.Query = &ast.Query{
		Pos: pos, Recurse: true, Body: body,
		With: []ast.CTE{{Pos: pos, Word: pos, Name: name, Columns: v.Columns, Query: v.Query}},
	}
	list, quoted := strings.Join(cols, ", "), lex.QuoteName(name)
	before := "WITH RECURSIVE " + quoted + " (" + list + ") AS ("
	v.QueryText = before + v.QueryText + ") SELECT " + list + " FROM " + quoted
	v.QueryPos -= ast.Pos(utf8.RuneCountInString(before)) // so that what the query names stands in the text where it is found
	v.Columns = nil
	return v
}
