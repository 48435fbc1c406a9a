package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// shownTexts is how many of the texts that are looked for are shown.
const shownTexts = 5

// explainTrigger says how the condition of a trigger is looked up among those of its relation.
func (s *Session) explainTrigger(ctx context.Context, x *ast.Explain, out Output) error {
	if x.Analyze || x.Format != "text" {
		return sqlerr.NotSupported("EXPLAIN (ANALYZE, FORMAT) TRIGGER").At(x.Position()).
			WithHint("Write EXPLAIN TRIGGER; vex.triggers shows what triggers do and what they take.")
	}
	snap := s.catalog()
	r, err := snap.Resolve(x.On.Position(), x.On.Parts...)
	if err != nil {
		return err
	}
	t := snap.Trigger(r.ID, last(*x.Trigger))
	if t == nil {
		return sqlerr.New(sqlerr.UndefinedObject, "trigger %q for table %q does not exist", last(*x.Trigger), r.Name).At(x.Trigger.Position())
	}
	lines := append([]string{"Trigger " + pgcatalog.QuoteIdent(t.Name) + " on " + r.QualifiedName()}, s.e.gate.explain(r, t)...)
	return sendLines(ctx, out, append(lines, s.e.explainDenial(r, t)...))
}

// explain says how a trigger stands.
func (g *gate) explain(r *catalog.Relation, t *catalog.Trigger) []string {
	l := g.list(r.ID)
	if l == nil {
		return []string{"  Runs: from COMMIT on"}
	}
	i := slices.IndexFunc(l.all, func(b *boundTrigger) bool { return b.t == t })
	switch {
	case i < 0:
		return []string{"  Runs: from COMMIT on"}
	case l.all[i].why != nil:
		return []string{"  Runs: no, " + l.all[i].why.Message}
	case l.all[i].run == nil:
		return []string{"  Runs: no, it is disabled"}
	case t.When == "":
		return []string{"  Acts on: every row"}
	}
	ways := l.Ways(t.ID)
	switch {
	case l.Few(t.ID):
		return []string{"  Evaluated: for every row, as so few triggers are"}
	case ways == nil:
		return []string{"  Evaluated: for every row, as its value may be another each time"}
	case len(ways) == 0:
		return []string{"  Acts on: no row"}
	}
	var lines []string
	for k, w := range ways {
		indent := "  "
		if len(ways) > 1 {
			lines, indent = append(lines, fmt.Sprintf("  Alternative %d of %d", k+1, len(ways))), "    "
		}
		lines = append(lines, wayLines(r, &w, indent)...)
	}
	return lines
}

// wayLines describes the way to one conjunction.
func wayLines(r *catalog.Relation, w *rule.Way, indent string) []string {
	name := func(p *rule.Pred) string {
		if p.Of != nil {
			return p.Of.String()
		}
		if n := len(r.Visible()); p.Col >= n {
			return "OLD." + pgcatalog.QuoteIdent(r.Visible()[p.Col-n].Name)
		}
		return pgcatalog.QuoteIdent(r.Visible()[p.Col].Name)
	}
	found := indent + "Looked up: nothing, it is evaluated for every row"
	if w.By != nil {
		found = indent + "Looked up: " + name(w.By) + " in " + w.How
	}
	var texts []string
	for i, text := range w.Texts {
		if i == shownTexts {
			texts = append(texts, fmt.Sprintf("and %d more", len(w.Texts)-i))
			break
		}
		texts = append(texts, pgcatalog.QuoteLiteral(text))
	}
	if texts != nil {
		found += ": " + strings.Join(texts, ", ")
	}
	lines := []string{found}
	var checked []string
	for i := range w.Checks {
		if n := name(&w.Checks[i]); !slices.Contains(checked, n) {
			checked = append(checked, n)
		}
	}
	if checked != nil {
		lines = append(lines, indent+"Then checked: "+strings.Join(checked, ", "))
	}
	if w.Rest != nil {
		lines = append(lines, indent+"Then evaluated: "+w.Rest.String())
	}
	return lines
}
