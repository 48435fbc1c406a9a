package session

import (
	"slices"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
)

// maxRecent is how many texts a session remembers, of at most maxRecentText bytes each.
const (
	maxRecent     = 16
	maxRecentText = 1 << 10
)

// recent is the last texts of one statement that a session parsed, and what they were bound to. Drivers that prepare
// nothing by name send the same few texts again and again, and a short one takes longer to parse and bind than to run. What
// a text was bound to is kept from the second time on.
type recent struct {
	texts [maxRecent]known
	next  int // the place that the next text takes
}

// known is a text and what came of it. A tree is not changed by binding, nor a plan by running.
type known struct {
	text     string
	again    bool // it came a second time, so that keeping what it is bound to is worth it
	stmts    []parse.Statement
	prepared *Prepared // nil: not bound yet, or not to be kept
	declared []types.Type
	session  string // session_user
}

// parsed gives the statements of a text that was met before.
func (r *recent) parsed(text string) ([]parse.Statement, bool) {
	for i := range r.texts {
		if k := &r.texts[i]; k.text == text && k.stmts != nil {
			k.again = true
			return k.stmts, true
		}
	}
	return nil, false
}

// keep remembers a text in place of the oldest. What has to tell the client something is parsed each time.
func (r *recent) keep(text string, stmts []parse.Statement) {
	if len(text) > maxRecentText || len(stmts) != 1 || stmts[0].Cut != nil {
		return
	}
	r.texts[r.next] = known{text: text, stmts: stmts}
	r.next = (r.next + 1) % maxRecent
}

func (r *recent) of(st *parse.Statement) *known {
	for i := range r.texts {
		if k := &r.texts[i]; k.stmts != nil && &k.stmts[0] == st {
			return k
		}
	}
	return nil
}

// bound gives what a statement was bound to, if binding it again would give the same.
func (k *known) bound(s *Session, snap *catalog.Snapshot, declared []types.Type) *Prepared {
	if k == nil || k.prepared == nil || k.prepared.catalog != snap || k.prepared.user != s.User ||
		k.session != s.settings.values["session_authorization"] || !slices.Equal(k.declared, declared) {
		return nil
	}
	p := *k.prepared // a Prepared is its holder's: it is bound anew in place when the catalog changes
	return &p
}

// hold remembers what a statement was bound to. A plan that goes by how many rows relations have is made each time.
func (k *known) hold(s *Session, p *Prepared, declared []types.Type) {
	if k == nil || !k.again || p.sized {
		return
	}
	switch p.stmt.Stmt.(type) {
	case *ast.SelectStmt, *ast.Insert, *ast.Update, *ast.Delete:
		own := *p
		k.prepared, k.declared, k.session = &own, slices.Clone(declared), s.settings.values["session_authorization"]
	}
}
