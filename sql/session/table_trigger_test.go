package session_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
)

// told is what PostgreSQL has in the place of insert_into('seen', line => ...): a function that evaluates the same text.
const told = `CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
	EXECUTE 'INSERT INTO seen SELECT ' || replace(replace(TG_ARGV[0], 'NEW.', '($1::' || TG_TABLE_NAME || ').'), 'OLD.', '($2::' || TG_TABLE_NAME || ').') USING NEW, OLD;
	RETURN NULL;
END $f$;
`

var insertsIntoSeen = regexp.MustCompile(`insert_into\('seen', line => (.*)\)(;?\n|;?$)`)

// TestTableTriggers has triggers of tables see what PostgreSQL's see.
func TestTableTriggers(t *testing.T) {
	besidePostgres(t, "testdata/table_triggers", true, func(n *node, conn *pgx.Conn, d *datadriven.TestData, got string) string {
		there := insertsIntoSeen.ReplaceAllStringFunc(d.Input, func(s string) string {
			m := insertsIntoSeen.FindStringSubmatch(s)
			return "told('" + strings.ReplaceAll(m[1], "'", "''") + "')" + m[2]
		})
		there = strings.ReplaceAll(there, "CREATE STREAM seen", "CREATE TABLE seen")
		if strings.Contains(there, "CREATE TABLE seen") {
			if _, err := conn.Exec(t.Context(), told); err != nil {
				t.Fatal(err)
			}
		}
		want := strings.Replace(n.there(t, conn, there), "CREATE TABLE", "CREATE STREAM", strings.Count(d.Input, "CREATE STREAM"))
		if comparable(got) != comparable(want) {
			return fmt.Sprintf("%s: %s\ngives\n%s\nand PostgreSQL\n%s", d.Pos, d.Input, got, want)
		}
		return ""
	})
}
