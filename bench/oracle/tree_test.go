package oracle

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/parse"
)

// viewsSQL makes pg_temp.views: the definitions that PostgreSQL keeps of views of some expressions.
const viewsSQL = `CREATE FUNCTION pg_temp.views(exprs text[]) RETURNS SETOF text AS $$
DECLARE
	e text; def text;
BEGIN
	FOREACH e IN ARRAY exprs LOOP
		BEGIN
			EXECUTE 'CREATE OR REPLACE TEMP VIEW tree_view AS SELECT (' || e || ')::text AS x FROM tree_table';
			def := pg_get_viewdef('tree_view'::regclass);
		EXCEPTION WHEN OTHERS THEN
			def := 'ERROR ' || SQLSTATE || ': ' || SQLERRM;
		END;
		RETURN NEXT def;
	END LOOP;
END $$ LANGUAGE plpgsql`

// TestTrees asks whether random expressions with few parentheses are the same tree to both: ours, printed with all
// parentheses, must make the view that the expression as it was makes.
func TestTrees(t *testing.T) {
	pg := newPostgres(t, "UTC")
	pg.must(t, "CREATE TEMP TABLE tree_table (a int, b int, c int, s text, t text, p boolean, q boolean)")
	pg.must(t, viewsSQL)
	t.Logf("seed %d", enginetest.Seed())
	count, same, refused := scale(4000), 0, 0
	for made := 0; same < count && !(t.Failed() && made > 1000); {
		var texts, printed []string
		for range batchSize {
			made++
			g := &trees{r: rand.New(rand.NewPCG(enginetest.Seed(), uint64(made)))}
			text := g.number(4)
			if made%2 == 0 {
				text = g.truth(4)
			}
			texts, printed = append(texts, text), append(printed, reprinted(text))
		}
		theirs, ours := views(t, pg, texts), views(t, pg, printed)
		for i := range texts {
			switch {
			case strings.HasPrefix(theirs[i], "ERROR"):
				refused++
				lenient := strings.Contains(texts[i], "distinct from") // IS TRUE after it is taken here
				if strings.HasPrefix(theirs[i], "ERROR 42601") != strings.HasPrefix(printed[i], "ERROR 42601") && !lenient {
					t.Errorf("%s\nours       %s\nPostgreSQL %s", texts[i], printed[i], theirs[i])
				}
			case theirs[i] != ours[i]:
				t.Errorf("%s\nours, parenthesised, %s\nis %s\nand in PostgreSQL %s", texts[i], printed[i], ours[i], theirs[i])
			default:
				same++
			}
		}
	}
	t.Logf("%d expressions are the same tree; PostgreSQL refuses %d", same, refused)
}

// reprinted is text with all parentheses, or the error that it gives.
func reprinted(text string) string {
	stmts, err := parse.Parse("SELECT " + text)
	if err != nil {
		return failure(err).String()
	}
	return parenthesised(stmts[0].Stmt.(*ast.SelectStmt).Query.Body.(*ast.Select).Items[0].X)
}

func views(t *testing.T, pg *postgres, exprs []string) (defs []string) {
	rows, err := pg.c.Query(context.Background(), "SELECT * FROM pg_temp.views($1)", pgtype.FlatArray[string](exprs))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var def string
		if err := rows.Scan(&def); err != nil {
			t.Fatal(err)
		}
		defs = append(defs, def)
	}
	if len(defs) != len(exprs) {
		t.Fatalf("%d views of %d: %v", len(defs), len(exprs), rows.Err())
	}
	return defs
}

// trees makes random operator expressions with few parentheses.
type trees struct{ r *rand.Rand }

func (g *trees) of(choices ...string) string { return choices[g.r.IntN(len(choices))] }

func (g *trees) number(d int) string {
	if d == 0 || g.r.IntN(5) == 0 {
		return g.of("a", "b", "c", "1", "23")
	}
	switch g.r.IntN(12) {
	case 0:
		return "(" + g.number(d-1) + ")"
	case 1:
		return g.of("~", "-", "+", "@") + " " + g.number(d-1)
	case 2:
		return g.number(d-1) + g.of("::int", " :: bigint", "::int::bigint")
	case 3:
		return "abs(" + g.number(d-1) + ")"
	case 4:
		return "case when " + g.truth(d-1) + " then " + g.number(d-1) + " else " + g.number(d-1) + " end"
	}
	return g.number(d-1) + " " + g.of("+", "-", "*", "/", "%", "&", "|", "#", "<<", ">>", "^") + " " + g.number(d-1)
}

func (g *trees) text(d int) string {
	if d == 0 || g.r.IntN(3) == 0 {
		return g.of("s", "t", "'x'", "'%y'")
	}
	return g.text(d-1) + " || " + g.of(g.text(d-1), g.number(1)+"::text")
}

func (g *trees) truth(d int) string {
	if d == 0 || g.r.IntN(6) == 0 {
		switch g.r.IntN(9) {
		case 0:
			return g.number(1) + g.of(" between ", " not between ", " between symmetric ") + g.number(1) + " and " + g.number(1)
		case 1:
			return g.number(1) + " is " + g.of("", "not ") + "distinct from " + g.number(1)
		case 2:
			return g.number(1) + g.of(" is null", " is not null", " isnull", " notnull")
		case 3:
			return g.number(1) + g.of(" in (", " not in (") + g.number(1) + ", " + g.number(1) + ")"
		case 4:
			return g.text(1) + g.of(" like ", " not like ", " ilike ", " ~ ", " !~* ", " similar to ") + g.text(1)
		case 5:
			return g.of("p", "q", "true")
		case 6:
			return g.text(1) + " " + g.of("=", "<", ">=", "<>") + " " + g.text(1)
		}
		return g.number(2) + " " + g.of("=", "<>", "!=", "<", ">", "<=", ">=") + " " + g.number(2)
	}
	switch g.r.IntN(6) {
	case 0:
		return "not " + g.truth(d-1)
	case 1:
		return "(" + g.truth(d-1) + ")"
	case 2:
		return g.truth(d-1) + " is " + g.of("", "not ") + g.of("true", "false", "unknown")
	case 3:
		return g.truth(d-1) + " = " + g.of("p", "q")
	}
	return g.truth(d-1) + " " + g.of("and", "or") + " " + g.truth(d-1)
}

// parenthesised writes x with all parentheses.
func parenthesised(x ast.Expr) string {
	p := parenthesised
	not := func(negate bool) string {
		if negate {
			return "NOT "
		}
		return ""
	}
	list := func(xs []ast.Expr) string {
		out := make([]string, len(xs))
		for i := range xs {
			out[i] = p(xs[i])
		}
		return strings.Join(out, ", ")
	}
	switch x := x.(type) {
	case *ast.Literal:
		if x.Kind == ast.LitString {
			return quote(x.Text)
		}
		return x.Text
	case *ast.Column:
		return strings.Join(x.Name, ".")
	case *ast.Binary:
		return "(" + p(x.Left) + " " + x.Op + " " + p(x.Right) + ")"
	case *ast.Unary:
		return "(" + x.Op + " " + p(x.X) + ")"
	case *ast.Logic:
		op := " OR "
		if x.And {
			op = " AND "
		}
		out := p(x.Terms[0])
		for _, t := range x.Terms[1:] {
			out = "(" + out + op + p(t) + ")"
		}
		return out
	case *ast.Not:
		return "(NOT " + p(x.X) + ")"
	case *ast.Is:
		return "(" + p(x.X) + " IS " + not(x.Negate) + x.What + ")"
	case *ast.Distinct:
		return "(" + p(x.Left) + " IS " + not(x.Negate) + "DISTINCT FROM " + p(x.Right) + ")"
	case *ast.Like:
		return "(" + p(x.X) + " " + not(x.Negate) + map[string]string{"like": "LIKE", "ilike": "ILIKE", "similar": "SIMILAR TO"}[x.Op] + " " + p(x.Pattern) + ")"
	case *ast.Between:
		symmetric := ""
		if x.Symmetric {
			symmetric = "SYMMETRIC "
		}
		return "(" + p(x.X) + " " + not(x.Negate) + "BETWEEN " + symmetric + p(x.Low) + " AND " + p(x.High) + ")"
	case *ast.In:
		return "(" + p(x.X) + " " + not(x.Negate) + "IN (" + list(x.List) + "))"
	case *ast.Cast:
		return "(" + p(x.X) + ")::" + strings.Join(x.To.Name, ".")
	case *ast.Call:
		return x.Name[0] + "(" + list(x.Args) + ")"
	case *ast.Case:
		out := "CASE"
		for _, w := range x.Whens {
			out += " WHEN " + p(w.Cond) + " THEN " + p(w.Then)
		}
		return out + " ELSE " + p(x.Else) + " END"
	}
	return fmt.Sprintf("%T", x)
}
