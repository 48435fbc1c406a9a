package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// recordLiteral reads the text of a record, (1,"a b",), whose fields t has.
func recordLiteral(t types.Type, text string) (Expr, error) {
	malformed := func(detail string) error {
		return sqlerr.New(sqlerr.InvalidTextRepresentation, "malformed record literal: \"%s\"", text).WithDetail("%s", detail)
	}
	s := strings.TrimSpace(text)
	if !strings.HasPrefix(s, "(") {
		return nil, malformed("Missing left parenthesis.")
	}
	s = s[1:]
	var items []Expr
	var names []string
	for i, f := range t.Fields() {
		if i > 0 {
			if !strings.HasPrefix(s, ",") {
				return nil, malformed("Too few columns.")
			}
			s = s[1:]
		}
		item, null, rest, ok := recordItem(s)
		if !ok {
			return nil, malformed("Unexpected end of input.")
		}
		x := Null(f.Type)
		if !null {
			lit, err := Lit(types.Unknown, item)
			if err == nil {
				x, err = Cast(lit, f.Type, Assignment)
			}
			if err != nil {
				return nil, err
			}
		}
		items, names, s = append(items, x), append(names, f.Name), rest
	}
	switch {
	case strings.HasPrefix(s, ","):
		return nil, malformed("Too many columns.")
	case s != ")":
		return nil, malformed("Junk after right parenthesis.")
	}
	row, err := RowAs(items, names, t.RowName())
	if err != nil {
		return nil, err
	}
	if Volatility(row) != Immutable {
		return row, nil
	}
	c := new(Ctx)
	col := row.Eval(c, &batch.Batch{N: 1}, nil)
	return Const(detach(&col)), nil
}

// recordItem reads up to a comma or the closing parenthesis. Quotes may stand anywhere in an item; nothing at all is null.
func recordItem(s string) (item string, null bool, rest string, ok bool) {
	var sb strings.Builder
	quoted, any := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			sb.WriteByte(s[i])
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			i++
			sb.WriteByte('"')
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ')'):
			return sb.String(), !any, s[i:], true
		default:
			sb.WriteByte(c)
		}
		any = true
	}
	return "", false, "", false
}
