package parse

import (
	"sync"

	tidbparser "github.com/pingcap/tidb/pkg/parser"
	tidb "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
)

// The text on a sheet holds no constants and no parameters: both are carriers. TiDB's parser wants to be told how to
// make them nevertheless, so these hooks say that it must not come to that.
func init() {
	tidb.NewValueExpr = func(any, string, string) tidb.ValueExpr { panic("parse: a constant on the sheet") }
	tidb.NewParamMarkerExpr = func(int) tidb.ParamMarkerExpr { panic("parse: a parameter on the sheet") }
	tidb.NewDecimal = func(string) (any, error) { panic("parse: a decimal on the sheet") }
	tidb.NewHexLiteral = func(string) (any, error) { panic("parse: a hex literal on the sheet") }
	tidb.NewBitLiteral = func(string) (any, error) { panic("parse: a bit literal on the sheet") }
}

var tidbPool = sync.Pool{New: func() any { return tidbparser.New() }}

// parseTiDB gives the one statement of text. The tree is good until the parser is used again: its nodes are its own,
// only the list that holds them is reused.
func parseTiDB(text string) (tidb.StmtNode, error) {
	p := tidbPool.Get().(*tidbparser.Parser)
	p.SetSQLMode(mysql.ModeANSIQuotes | mysql.ModeNoBackslashEscapes)
	stmts, _, err := p.ParseSQL(text)
	if err != nil {
		tidbPool.Put(p)
		return nil, err
	}
	stmt := stmts[0]
	tidbPool.Put(p)
	return stmt, nil
}
