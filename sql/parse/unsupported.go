package parse

import (
	"strings"

	"github.com/vexfs/vexstream/sql/ast"
)

// knownWords begin statements that PostgreSQL or SQL's streaming dialects know and that are not read here.
var knownWords = wordSet(`cancel do import kill load refresh reindex resolve security use`)

// knownKinds are what CREATE, ALTER and DROP may name beyond what is read here.
var knownKinds = []string{
	"table", "foreign table", "foreign data wrapper", "trigger", "event trigger", "constraint trigger", "workflow", "sink",
	"target", "secret", "alert", "metric", "index", "schema", "function", "procedure", "routine", "aggregate", "operator",
	"operator class", "operator family", "type", "domain", "role", "user", "user mapping", "group", "sequence", "extension",
	"database", "connection", "subscription", "publication", "rule", "policy", "cast", "language", "procedural language",
	"collation", "conversion", "server", "tablespace", "statistics", "text search configuration", "text search dictionary",
	"text search parser", "text search template", "access method", "transform", "system", "default privileges", "owned",
	"large object", "cluster", "stream", "source", "view", "materialized view",
}

// kindPrefixes may stand between CREATE and the kind.
var kindPrefixes = wordSet("or replace temp temporary unlogged unique global local trusted recursive")

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// unsupported reads over a statement that is known by its first word, and refuses any other word.
func (p *parser) unsupported() ast.Stmt {
	s := &ast.Unsupported{Pos: p.pos(), What: upper(p.tok().Val)}
	if !knownWords[p.tok().Val] {
		p.unexpected()
	}
	if p.words("refresh", "materialized", "view") {
		s.What = "REFRESH MATERIALIZED VIEW"
	}
	p.skipStatement()
	return s
}

// unsupportedKind reads over CREATE, ALTER or DROP of a kind that is known, and refuses any other word.
func (p *parser) unsupportedKind(verb string) ast.Stmt {
	s := &ast.Unsupported{Pos: p.posOf(&p.toks[p.from])}
	words := []string{verb}
	for kindPrefixes[p.tok().Val] && p.tok().IsName() {
		if p.is("temp") || p.is("temporary") || p.is("unlogged") || p.is("recursive") {
			words = append(words, p.tok().Val)
		}
		p.i++
	}
	kind := p.kind()
	if kind == "" {
		p.unexpected()
	}
	s.What = upper(append(words, kind)...)
	if verb == "create" && (kind == "function" || kind == "procedure") {
		p.skipBody()
	}
	p.skipStatement()
	return s
}

// kind takes the longest of the known kinds that is next, and gives it, or "".
func (p *parser) kind() string {
	best := ""
	for _, k := range knownKinds {
		if len(k) > len(best) && p.words(strings.Fields(k)...) {
			best = k
		}
	}
	p.i += len(strings.Fields(best))
	return best
}

// skipBody moves past BEGIN ATOMIC ... END, in which semicolons end nothing.
func (p *parser) skipBody() {
	for !p.done() && !p.words("begin", "atomic") {
		p.i++
	}
	if p.done() {
		return
	}
	depth := 0
	for ; p.i < len(p.toks)-1; p.i++ {
		switch {
		case p.is("case"), p.words("begin", "atomic"):
			depth++
		case p.is("end"):
			if depth--; depth == 0 {
				p.i++
				return
			}
		}
	}
}
