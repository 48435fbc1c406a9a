package pgcatalog

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/lex"
)

// defaultText is a column's default. A literal reads as PostgreSQL writes it, with the type that it has there: tools
// compare such texts, and take the quotes and the type off to show what is within. Anything else is as its author typed it.
func defaultText(c *catalog.Column) string {
	toks, err := lex.Scan(c.Default, nil)
	if err != nil || len(toks) < 2 {
		return c.Default
	}
	switch toks = toks[:len(toks)-1]; { // the last says where the text ends
	case len(toks) == 1 && toks[0].Is("null"):
		return "" // PostgreSQL keeps no default that says nothing
	case len(toks) == 1 && toks[0].Kind == lex.Str:
		return QuoteLiteral(canonical(c, toks[0].Val)) + "::" + formatType(c.Type.OID, -1)
	case len(toks) == 2 && toks[0].IsOp("-") && toks[1].Kind == lex.Number:
		return "'-" + toks[1].Val + "'::" + numberType(toks[1].Val)
	}
	return c.Default
}

// canonical is a value of a column's type as the type writes it; its length is cut when a row is written, not before.
func canonical(c *catalog.Column, text string) string {
	t := c.Type
	t.Mod = 0
	b := batch.NewBuilder(t, 1)
	if err := value.ParseText(b, []byte(text), nil); err != nil {
		return text
	}
	col := b.Finish()
	return string(value.AppendText(nil, &col, 0, nil))
}

// numberType is the type that PostgreSQL reads a number of digits as.
func numberType(digits string) string {
	if _, err := strconv.ParseInt("-"+digits, 10, 32); err == nil {
		return "integer"
	}
	if _, err := strconv.ParseInt("-"+digits, 10, 64); err == nil {
		return "bigint"
	}
	return "numeric"
}

// QuoteLiteral writes a text so that it reads as itself, whatever standard_conforming_strings is.
func QuoteLiteral(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}
