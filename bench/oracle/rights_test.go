package oracle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vexfs/vexstream/engine/enginetest"
)

// rightsDatabase is a database of PostgreSQL's for this test: grants on a database would be seen by others of its users.
const rightsDatabase = "vexstream_rights"

// rightsSetup makes the same roles and objects in both. The database belongs to the same role in both, so that grants on it read the same.
var rightsSetup = []string{
	"CREATE ROLE rboss SUPERUSER", "CREATE ROLE ra", "CREATE ROLE rb", "CREATE ROLE rc", "CREATE ROLE rd",
	"SET SESSION AUTHORIZATION rboss",
	"CREATE SCHEMA s1", "CREATE SCHEMA s2 AUTHORIZATION ra",
	"CREATE TABLE s1.t (a int PRIMARY KEY, b text, c int)", "CREATE TABLE s1.u (a int PRIMARY KEY, b text, c int)",
	"CREATE TABLE s2.t (a int PRIMARY KEY, b text, c int)",
	"INSERT INTO s1.t VALUES (1, 'x', 10), (2, 'y', 20)", "INSERT INTO s1.u VALUES (2, 'z', 30)", "INSERT INTO s2.t VALUES (1, 'w', 10)",
	"CREATE VIEW s1.v AS SELECT a, b, c FROM s1.t", "CREATE VIEW s2.v AS SELECT t.a, t.b, u.c FROM s2.t JOIN s1.t AS u ON u.a = t.a",
	"CREATE SEQUENCE s1.q", "CREATE SEQUENCE s2.q",
	"ALTER TABLE s2.t OWNER TO rb", "ALTER VIEW s2.v OWNER TO rc", "GRANT USAGE ON SCHEMA s1 TO ra, rb, rc", "GRANT USAGE ON SCHEMA s2 TO rb, rc",
	"GRANT SELECT, INSERT, UPDATE ON s1.t TO rb WITH GRANT OPTION", "GRANT rc TO ra", "GRANT rd TO rb WITH ADMIN OPTION", "ALTER ROLE rd CREATEROLE",
}

// step is a statement that a role runs.
type step struct{ role, text string }

func (s step) String() string { return fmt.Sprintf("SET SESSION AUTHORIZATION %s; %s", s.role, s.text) }

// TestRights runs random statements as random roles, which grant and revoke, give away what they own, and use it: each must
// be allowed or refused, with the same code and message, as in PostgreSQL, and what the catalogs say of grants must be the same.
func TestRights(t *testing.T) {
	pg := rightsPostgres(t)
	r := rand.New(rand.NewPCG(enginetest.Seed(), 7))
	rounds, allowed, refused, shrunk := max(1, scale(1000)/100), 0, 0, 0
	for round := range rounds {
		steps := (&rightsMaker{r: r}).steps(100)
		d := pg.beside(t, steps)
		allowed, refused = allowed+d.allowed, refused+d.refused
		if d.what == "" {
			continue
		}
		steps = steps[:d.at+1]
		for i := len(steps) - 2; i >= 0 && shrunk < 9; i-- {
			fewer := slices.Delete(slices.Clone(steps), i, i+1)
			if f := pg.beside(t, fewer); f.what != "" && f.at == len(fewer)-1 {
				steps, d = fewer, f
			}
		}
		var w strings.Builder
		for _, s := range steps[max(0, len(steps)-40):] {
			fmt.Fprintln(&w, s)
		}
		shrunk++
		t.Errorf("round %d:\n%s%s", round, w.String(), d.what)
	}
	t.Logf("%d statements that both allow, %d that both refuse", allowed, refused)
	if allowed < 10*rounds || refused < 10*rounds {
		t.Error("too few statements are allowed, or refused, to say much")
	}
}

// rightsPostgres is a session with PostgreSQL, as its superuser.
type rightsPostgresSession struct{ c *pgx.Conn }

func rightsPostgres(t *testing.T) *rightsPostgresSession {
	t.Helper()
	main := newPostgres(t, "UTC")
	_, err := main.c.Exec(context.Background(), "CREATE DATABASE "+rightsDatabase)
	var e *pgconn.PgError
	if err != nil && (!errors.As(err, &e) || e.Code != "42P04") {
		t.Fatal(err)
	}
	c, err := pgx.Connect(context.Background(), "host="+os.Getenv("VEXSTREAM_TEST_POSTGRES")+" user=postgres dbname="+rightsDatabase)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return &rightsPostgresSession{c}
}

// run runs a text of statements, and gives the rows of the last one, sorted.
func (p *rightsPostgresSession) run(t *testing.T, text string) *answer {
	t.Helper()
	results, err := p.c.PgConn().Exec(context.Background(), text).ReadAll()
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return &answer{code: e.Code, message: e.Message}
	}
	if err != nil {
		t.Fatal(err)
	}
	a := &answer{}
	for _, line := range results[len(results)-1].Rows {
		cells := make([]string, len(line))
		for i, v := range line {
			cells[i] = null
			if v != nil {
				cells[i] = string(v)
			}
		}
		a.rows = append(a.rows, cells)
	}
	return a
}

func (p *rightsPostgresSession) must(t *testing.T, text string) {
	t.Helper()
	if a := p.run(t, text); a.failed() {
		t.Fatalf("PostgreSQL: %s\n%s", text, a)
	}
}

// rightsRun is what the first step that is not the same gave; what is "" if all were.
type rightsRun struct {
	what             string
	at               int
	allowed, refused int
}

// beside runs steps in both, from the set-up on. All that PostgreSQL does is rolled back: its roles are everybody's.
func (p *rightsPostgresSession) beside(t *testing.T, steps []step) (d rightsRun) {
	t.Helper()
	us, e := openOurs(t, rightsDatabase, "UTC")
	defer e.Close()
	p.must(t, "BEGIN; CREATE ROLE vexstream; ALTER DATABASE "+rightsDatabase+" OWNER TO vexstream")
	defer p.must(t, "ROLLBACK; RESET SESSION AUTHORIZATION")
	for _, text := range rightsSetup {
		us.must(t, text)
		p.must(t, text)
	}
	for i, s := range steps {
		if there := us.ask("SET SESSION AUTHORIZATION " + s.role); there.failed() {
			continue // dropped; the catalogs are compared
		}
		p.must(t, "SET SESSION AUTHORIZATION "+s.role+"; SAVEPOINT one")
		if strings.HasPrefix(s.text, "LOCK") {
			us.must(t, "BEGIN") // where PostgreSQL is all the time
		}
		got, want := us.ask(s.text), p.run(t, s.text)
		us.must(t, "ROLLBACK")
		if strictView(s.text, got) || want.failed() {
			p.must(t, "ROLLBACK TO one")
			d.refused++
		} else {
			d.allowed++
		}
		if strings.HasPrefix(s.text, "EXPLAIN") {
			got.rows, want.rows = nil, nil
		}
		if !strictView(s.text, got) && !sameAnswer(s.text, got, want) {
			d.what, d.at = fmt.Sprintf("gives\n%s\nand PostgreSQL\n%s", got, want), i
			return d
		}
	}
	return d
}

// sameAnswer compares what both gave. Which of the relations of a schema is the first to be refused, and so why, is nobody's promise.
func sameAnswer(text string, a, b *answer) bool {
	if a.failed() || b.failed() {
		if strings.Contains(text, " IN SCHEMA ") {
			return refusedGrant(a) && refusedGrant(b) || a.code == b.code && a.message == b.message
		}
		return a.code == b.code && a.message == b.message
	}
	byText := func(x, y []string) int { return slices.Compare(x, y) }
	slices.SortFunc(a.rows, byText)
	slices.SortFunc(b.rows, byText)
	return slices.EqualFunc(a.rows, b.rows, slices.Equal)
}

// refusedGrant says whether a GRANT or REVOKE was refused for what its user may do with one of the relations.
func refusedGrant(a *answer) bool { return a.code == "42501" || a.code == "0LP01" || a.code == "2BP01" }

// strictView says whether a view was refused because of what it would read: rights on that are asked for when it is made, and
// not only when it is read.
func strictView(text string, got *answer) bool {
	return strings.HasPrefix(text, "CREATE") && strings.Contains(text, " VIEW ") && got.code == "42501" && !strings.Contains(got.message, "schema") &&
		strings.HasPrefix(got.message, "permission denied for ")
}
