package session_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
)

// told has what PostgreSQL has in the place of insert_into('seen', line => ...), block() and set(column => ...): functions that evaluate
// the same texts.
const told = `CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
	EXECUTE 'INSERT INTO seen SELECT ' || replace(replace(TG_ARGV[0], 'NEW.', '($1::' || TG_TABLE_NAME || ').'), 'OLD.', '($2::' || TG_TABLE_NAME || ').') USING NEW, OLD;
	IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
	RETURN NEW;
END $f$;
CREATE OR REPLACE FUNCTION blocks() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NULL; END $f$;
CREATE OR REPLACE FUNCTION sets() RETURNS trigger LANGUAGE plpgsql AS $f$ DECLARE v jsonb; BEGIN
	EXECUTE 'SELECT to_jsonb(x) FROM (SELECT ' || replace(TG_ARGV[1], 'NEW.', '($1::' || TG_TABLE_NAME || ').') || ') AS s(x)' INTO v USING NEW;
	RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], v));
END $f$;
`

var (
	insertsIntoSeen = regexp.MustCompile(`insert_into\('seen', line => (.*)\)(;?\n|;?$)`)
	setsColumn      = regexp.MustCompile(`EXECUTE FUNCTION set\((\w+) => (.*)\)(;?\n|;?$)`)
)

// TestTableTriggers has triggers of tables see what PostgreSQL's see.
func TestTableTriggers(t *testing.T) {
	besidePostgres(t, "testdata/table_triggers", true, func(n *node, conn *pgx.Conn, d *datadriven.TestData, got string) string {
		there := insertsIntoSeen.ReplaceAllStringFunc(d.Input, func(s string) string {
			m := insertsIntoSeen.FindStringSubmatch(s)
			return "told('" + strings.ReplaceAll(m[1], "'", "''") + "')" + m[2]
		})
		there = setsColumn.ReplaceAllStringFunc(there, func(s string) string {
			m := setsColumn.FindStringSubmatch(s)
			return "EXECUTE FUNCTION sets('" + m[1] + "', '" + strings.ReplaceAll(m[2], "'", "''") + "')" + m[3]
		})
		there = strings.ReplaceAll(there, "EXECUTE FUNCTION block()", "EXECUTE FUNCTION blocks()")
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
