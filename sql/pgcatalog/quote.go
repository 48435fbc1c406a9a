package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/sql/lex"
)

// QuoteIdent writes a name so that it reads as itself: with quotes where it needs them.
func QuoteIdent(name string) string {
	plain := name != "" && (name[0] < '0' || name[0] > '9') && lex.CategoryOf(name) <= lex.Unreserved
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	if plain {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
