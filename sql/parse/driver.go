package parse

import (
	"sync"

	tidbparser "github.com/pingcap/tidb/pkg/parser"
	tidb "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"

	"github.com/vexfs/vexstream/sql/lex"
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

// tidbReader is TiDB's parser.
type tidbReader = tidbparser.Parser

var tidbPool = sync.Pool{New: func() any { return tidbparser.New() }}

// parseTiDB gives the one statement of text. The tree is good until p reads another sheet, or ends: TiDB's parser writes
// into nodes of the tree that it made before. A parser that panics is not used again.
func (p *parser) parseTiDB(text string) (tidb.StmtNode, error) {
	t := p.tidb
	if p.tidb = nil; t == nil {
		t = tidbPool.Get().(*tidbparser.Parser)
	}
	t.SetSQLMode(mysql.ModeANSIQuotes | mysql.ModeNoBackslashEscapes)
	stmts, _, err := t.ParseSQL(text)
	p.tidb = t
	if err != nil {
		return nil, err
	}
	return stmts[0], nil
}

// release gives TiDB's parser and the parser's own room to the next text. All trees have been translated.
func (p *parser) release() {
	if p.tidb != nil {
		tidbPool.Put(p.tidb)
		p.tidb = nil
	}
	p.room.take(p)
}

// room is the memory of a parser, its tokens and sheets, which every text needs and no tree keeps.
type room struct {
	parser parser
	toks   []lex.Token
	sheet  sheet
}

var roomPool = sync.Pool{New: func() any { return new(room) }}

// maxRoom is how many tokens a room that is kept has at most.
const maxRoom = 1 << 13

// take ends the parser that r has room for.
func (r *room) take(p *parser) {
	toks, s := p.toks, p.sheet
	*p = parser{}
	if cap(toks) > maxRoom || cap(s.carriers) > maxRoom {
		return
	}
	clear(toks)
	clear(s.carriers[:cap(s.carriers)])
	clear(s.ops[:cap(s.ops)])
	r.toks, r.sheet = toks[:0], s
	r.sheet.reset()
	roomPool.Put(r)
}
