package session_test

import (
	"strings"
	"testing"
)

// TestScriptOfRights makes a catalog again from its script and compares what the two say of rights.
func TestScriptOfRights(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE ROLE mia; CREATE ROLE "Odd one"; CREATE SCHEMA dumped; CREATE TABLE dumped.t (a int, b int); CREATE TABLE t (a int)`)
	n.must(`GRANT USAGE ON SCHEMA dumped TO mia; GRANT UPDATE (b), SELECT ON dumped.t TO "Odd one" WITH GRANT OPTION`)
	n.must(`REVOKE TEMP ON DATABASE vexstream FROM PUBLIC; GRANT CREATE, TEMP ON DATABASE vexstream TO mia WITH GRANT OPTION; REVOKE USAGE ON SCHEMA public FROM PUBLIC`)
	n.must(`CREATE ROLE owns; ALTER DEFAULT PRIVILEGES FOR ROLE owns IN SCHEMA dumped, public GRANT SELECT ON TABLES TO mia WITH GRANT OPTION`)
	n.must(`ALTER DEFAULT PRIVILEGES FOR ROLE owns REVOKE DELETE ON TABLES FROM owns; ALTER DEFAULT PRIVILEGES FOR ROLE owns GRANT USAGE ON SCHEMAS TO PUBLIC`)
	again := newNode(t)
	for _, d := range n.e.Definitions() {
		if d.Section != "data" {
			again.must(d.Text)
		}
	}
	for _, q := range []string{
		"SELECT x::text FROM pg_database, unnest(datacl) x", "SELECT nspname, x::text FROM pg_namespace, unnest(nspacl) x",
		"SELECT nspname, defaclobjtype, x::text FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace, unnest(defaclacl) x",
		"SELECT relname, x::text FROM pg_class, unnest(relacl) x", "SELECT attname, x::text FROM pg_attribute, unnest(attacl) x",
	} {
		want, got := comparable(n.must(q)), comparable(again.must(q))
		if !strings.Contains(want, "=") || got != want {
			t.Errorf("%s gives\n%s\nand after the script\n%s", q, want, got)
		}
	}
}
