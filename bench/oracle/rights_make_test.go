package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// rightsMaker makes random statements about rights, and ones that need them. What is there when a statement runs, it does not
// know: a name that is gone must be missed in the same words.
type rightsMaker struct {
	r    *rand.Rand
	next int // a key that no row has
}

var (
	rightsRoles  = []string{"ra", "rb", "rc", "rd"}
	rightsTables = []string{"s1.t", "s1.u", "s2.t"}
	rightsViews  = []string{"s1.v", "s2.v"}
	rightsNew    = []string{"s1.n", "s2.n", "s1.m", "public.n"}
)

// rightsCatalog are the queries that show who has granted what to whom.
var rightsCatalog = []string{
	"SELECT n.nspname, c.relname, pg_get_userbyid(relowner), x::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN unnest(relacl) x ON true WHERE n.nspname IN ('s1', 's2', 'public') AND relkind IN ('r', 'v', 'S')",
	"SELECT nspname, pg_get_userbyid(nspowner), x::text FROM pg_namespace LEFT JOIN unnest(nspacl) x ON true WHERE nspname IN ('s1', 's2', 'public', 's3')",
	"SELECT n.nspname, c.relname, attname, x::text FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace, unnest(attacl) x WHERE n.nspname IN ('s1', 's2', 'public')",
	"SELECT x::text FROM pg_database, unnest(datacl) x WHERE datname = current_database()",
	"SELECT pg_get_userbyid(defaclrole), coalesce(nspname, '-'), defaclobjtype, x::text FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace LEFT JOIN unnest(defaclacl) x ON true",
	"SELECT pg_get_userbyid(roleid), pg_get_userbyid(member), admin_option FROM pg_auth_members WHERE pg_get_userbyid(member) LIKE 'r_'",
	"SELECT rolname, rolinherit, rolcreaterole, rolcreatedb, rolsuper FROM pg_roles WHERE rolname LIKE 'r_'",
	"SELECT grantor, grantee, table_schema, table_name, privilege_type, is_grantable FROM information_schema.role_table_grants WHERE table_schema IN ('s1', 's2')",
	"SELECT DISTINCT grantor, grantee, table_schema, table_name, column_name, privilege_type, is_grantable FROM information_schema.column_privileges WHERE table_schema IN ('s1', 's2')",
}

// steps makes n steps, and after every tenth and the last one those that look at the catalogs.
func (m *rightsMaker) steps(n int) (out []step) {
	for i := range n {
		role := m.pick(rightsRoles...)
		if m.r.IntN(6) == 0 {
			role = "rboss"
		}
		out = append(out, step{role, m.statement()})
		if i%10 == 9 || i == n-1 {
			for _, q := range rightsCatalog {
				out = append(out, step{"rboss", q})
			}
			out = append(out, step{m.pick(rightsRoles...), rightsCatalog[7]}, step{m.pick(rightsRoles...), rightsCatalog[8]})
		}
	}
	return out
}

func (m *rightsMaker) pick(from ...string) string { return from[m.r.IntN(len(from))] }

// maybe gives a text one time in n.
func (m *rightsMaker) maybe(n int, text string) string {
	if m.r.IntN(n) > 0 {
		return ""
	}
	return text
}

func (m *rightsMaker) statement() string {
	switch m.r.IntN(20) {
	case 0, 1, 2:
		return m.reading()
	case 3, 4, 5, 6:
		return m.writing()
	case 7:
		return m.counting()
	case 8, 9, 10, 11:
		return m.granting()
	case 12:
		return m.membership()
	case 13:
		return m.defaults()
	case 14:
		return m.owner()
	case 15, 16:
		return m.making()
	case 17:
		return m.role()
	}
	return m.asking()
}

func (m *rightsMaker) relation() string {
	switch m.r.IntN(8) {
	case 0:
		return m.pick(rightsNew...)
	case 1, 2:
		return m.pick(rightsViews...)
	}
	return m.pick(rightsTables...)
}

func (m *rightsMaker) reading() string {
	t, u := m.relation(), m.relation()
	switch m.r.IntN(11) {
	case 0:
		return "SELECT * FROM " + t
	case 9:
		return fmt.Sprintf("SELECT x.a FROM %s x, (SELECT a FROM %s) y FOR %s%s", t, u, m.pick("UPDATE", "SHARE"), m.maybe(2, " OF "+m.pick("x", "y")))
	case 10:
		return fmt.Sprintf("WITH w AS (SELECT a, c FROM %s) SELECT x.a FROM w, %s x FOR KEY SHARE", u, t)
	case 1:
		return fmt.Sprintf("SELECT %s FROM %s", m.pick("a", "b", "a, b", "count(*)", "1", "c, a", "count(c)"), t)
	case 2:
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s IS NOT NULL", m.pick("a", "b", "1"), t, m.pick("a", "b", "c"))
	case 3:
		return fmt.Sprintf("SELECT x.%s, y.%s FROM %s x JOIN %s y ON x.a = y.a", m.pick("a", "b"), m.pick("a", "c"), t, u)
	case 4:
		return fmt.Sprintf("SELECT x.a FROM %s x WHERE EXISTS (SELECT 1 FROM %s y WHERE y.%s = x.%s)", t, u, m.pick("a", "c"), m.pick("a", "c"))
	case 5:
		return fmt.Sprintf("WITH w AS (SELECT a, c FROM %s) SELECT a FROM w", t)
	case 6:
		return fmt.Sprintf("SELECT x FROM %s x", t)
	case 7:
		return fmt.Sprintf("SELECT a FROM %s ORDER BY %s%s", t, m.pick("a", "b", "c"), m.maybe(3, " FOR UPDATE"))
	}
	return fmt.Sprintf("SELECT a FROM %s UNION SELECT %s FROM %s", t, m.pick("a", "c"), u)
}

func (m *rightsMaker) writing() string {
	t, u := m.relation(), m.relation()
	if m.r.IntN(3) == 0 {
		t = m.pick("s1.t", "s2.t", "s1.n", "s2.n")
	}
	m.next++
	returning := m.maybe(4, " RETURNING "+m.pick("a", "b", "c", "*"))
	where := m.maybe(2, fmt.Sprintf(" WHERE %s = %d", m.pick("a", "c"), m.r.IntN(4)))
	switch m.r.IntN(10) {
	case 0, 1:
		conflict := m.maybe(3, " ON CONFLICT DO NOTHING")
		if conflict == "" {
			conflict = m.maybe(3, fmt.Sprintf(" ON CONFLICT (a) DO UPDATE SET c = %s", m.pick("1", "excluded.c", t[strings.Index(t, ".")+1:]+".c")))
		}
		return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%d, %s)%s%s", t, m.pick("a, c", "a, b"), 100+m.next, m.pick("NULL", "'7'"), conflict, returning)
	case 2:
		return fmt.Sprintf("INSERT INTO %s SELECT a + %d, b, c FROM %s", t, 1000*m.next, u)
	case 3, 4:
		return fmt.Sprintf("UPDATE %s SET %s%s%s", t, m.pick("c = 1", "b = 'k'", "c = a", "b = b || 'l'", "b = DEFAULT, c = 4"), where, returning)
	case 5:
		return fmt.Sprintf("UPDATE %s SET c = y.a FROM %s y WHERE y.a = %s.a", t, u, t[strings.Index(t, ".")+1:])
	case 6:
		return fmt.Sprintf("DELETE FROM %s%s%s", t, where, returning)
	case 7:
		return fmt.Sprintf("DELETE FROM %s USING %s y WHERE y.a = 77", t, u)
	case 8:
		return fmt.Sprintf("MERGE INTO %s x USING %s y ON x.a = y.a + 5 WHEN MATCHED THEN %s WHEN NOT MATCHED THEN %s", t, m.relation(),
			m.pick("DELETE", "UPDATE SET c = 5", "UPDATE SET c = y.c", "DO NOTHING"), m.pick("DO NOTHING", fmt.Sprintf("INSERT (a, c) VALUES (y.a + %d, 3)", 100000*m.next)))
	}
	return "TRUNCATE " + t
}

func (m *rightsMaker) counting() string {
	q := m.pick("s1.q", "s2.q")
	switch m.r.IntN(4) {
	case 0:
		return "SELECT last_value > 0 FROM " + q
	case 1:
		return fmt.Sprintf("SELECT setval('%s', 5)", q)
	case 2:
		return fmt.Sprintf("SELECT has_sequence_privilege('%s', '%s')", q, m.pick("USAGE", "SELECT", "UPDATE, USAGE"))
	}
	return fmt.Sprintf("SELECT nextval('%s') > 0", q)
}

func (m *rightsMaker) grantee() string {
	if m.r.IntN(5) == 0 {
		return "PUBLIC"
	}
	return m.pick(rightsRoles...)
}

// object gives what a GRANT is about: privileges and what they are on.
func (m *rightsMaker) object() string {
	all := m.maybe(6, "ALL")
	or := func(s string) string {
		if all != "" {
			return all
		}
		return s
	}
	switch m.r.IntN(9) {
	case 0, 1, 2:
		return fmt.Sprintf("%s ON %s", or(m.pick("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "SELECT, INSERT", "TRIGGER, REFERENCES")), m.relation())
	case 3, 4:
		return fmt.Sprintf("%s (%s) ON %s", or(m.pick("SELECT", "INSERT", "UPDATE", "REFERENCES")), m.pick("a", "b", "c", "a, b"), m.relation())
	case 5:
		return fmt.Sprintf("%s ON SEQUENCE %s", or(m.pick("USAGE", "SELECT", "UPDATE")), m.pick("s1.q", "s2.q"))
	case 6:
		return fmt.Sprintf("%s ON SCHEMA %s", or(m.pick("USAGE", "CREATE", "USAGE, CREATE")), m.pick("s1", "s2", "public", "s3"))
	case 7:
		return fmt.Sprintf("%s ON DATABASE %s", or(m.pick("CREATE", "TEMP", "CONNECT")), rightsDatabase)
	}
	return fmt.Sprintf("%s ON ALL %s IN SCHEMA %s", or(m.pick("SELECT", "UPDATE")), m.pick("TABLES", "SEQUENCES"), m.pick("s1", "s2"))
}

func (m *rightsMaker) granting() string {
	by := m.maybe(12, " GRANTED BY "+m.pick("CURRENT_USER", "ra", "rboss"))
	if m.r.IntN(3) == 0 {
		return fmt.Sprintf("REVOKE %s%s FROM %s%s%s", m.maybe(4, "GRANT OPTION FOR "), m.object(), m.grantee(), by, m.maybe(3, " CASCADE"))
	}
	return fmt.Sprintf("GRANT %s TO %s%s%s", m.object(), m.grantee(), m.maybe(3, " WITH GRANT OPTION"), by)
}

func (m *rightsMaker) membership() string {
	of, to := m.pick(append(rightsRoles, "pg_read_all_data", "pg_write_all_data", "pg_monitor", "rboss")...), m.pick(rightsRoles...)
	if m.r.IntN(3) == 0 {
		return fmt.Sprintf("REVOKE %s%s FROM %s", m.maybe(3, "ADMIN OPTION FOR "), of, to)
	}
	return fmt.Sprintf("GRANT %s TO %s%s", of, to, m.maybe(3, " WITH ADMIN OPTION"))
}

func (m *rightsMaker) defaults() string {
	who := m.maybe(2, "FOR ROLE "+m.pick(rightsRoles...)+" ")
	in := m.maybe(2, "IN SCHEMA "+m.pick("s1", "s2")+" ")
	what := m.pick("SELECT ON TABLES", "INSERT, UPDATE ON TABLES", "USAGE ON SEQUENCES", "ALL ON TABLES")
	if in == "" {
		what = m.pick(what, "USAGE ON SCHEMAS")
	}
	if m.r.IntN(3) == 0 {
		return fmt.Sprintf("ALTER DEFAULT PRIVILEGES %s%sREVOKE %s FROM %s", who, in, what, m.grantee())
	}
	return fmt.Sprintf("ALTER DEFAULT PRIVILEGES %s%sGRANT %s TO %s%s", who, in, what, m.grantee(), m.maybe(3, " WITH GRANT OPTION"))
}

func (m *rightsMaker) owner() string {
	to := m.pick(append(rightsRoles, "CURRENT_USER")...)
	switch m.r.IntN(8) {
	case 0:
		return fmt.Sprintf("ALTER SCHEMA %s OWNER TO %s", m.pick("s1", "s2", "s3"), to)
	case 1:
		return fmt.Sprintf("ALTER SEQUENCE %s OWNER TO %s", m.pick("s1.q", "s2.q"), to)
	case 2, 3:
		return fmt.Sprintf("ALTER VIEW %s OWNER TO %s", m.pick(rightsViews...), to)
	case 4:
		return fmt.Sprintf("%s OWNED BY %s", m.pick("DROP", "REASSIGN"), m.pick(rightsRoles...))
	}
	return fmt.Sprintf("ALTER TABLE %s OWNER TO %s", m.pick("s1.t", "s1.u", "s2.t", "s1.n"), to)
}

func (m *rightsMaker) making() string {
	n := m.pick(rightsNew...)
	switch m.r.IntN(12) {
	case 0, 1:
		return fmt.Sprintf("CREATE TABLE %s (a int PRIMARY KEY, b text, c int)", n)
	case 2:
		return fmt.Sprintf("CREATE VIEW %s AS SELECT a, b, c FROM %s", n, m.relation())
	case 3:
		return fmt.Sprintf("CREATE TABLE %s AS SELECT a, b, c FROM %s", n, m.relation())
	case 4:
		return "DROP TABLE " + m.pick("s1.n", "s2.n", "s1.t")
	case 5:
		return "DROP VIEW " + m.pick(rightsViews...)
	case 6:
		return fmt.Sprintf("COMMENT ON %s IS 'x'", m.pick("TABLE s1.t", "COLUMN s2.t.a", "COLUMN s1.t.z", "CONSTRAINT t_pkey ON s1.t", "SCHEMA s1", "SEQUENCE s2.q", "VIEW s1.v", "ROLE ra", "TABLE s1.n"))
	case 7:
		return m.pick("CREATE SCHEMA s3", "DROP SCHEMA s3", "CREATE SCHEMA s3 AUTHORIZATION rb", "ALTER SCHEMA s3 RENAME TO s4")
	case 8:
		return fmt.Sprintf("ALTER TABLE %s %s", m.pick(rightsTables...), m.pick("ALTER COLUMN b SET DEFAULT 'd'", "ALTER COLUMN b DROP DEFAULT", "SET SCHEMA s2", "SET SCHEMA s1", "RENAME TO t"))
	case 9:
		return fmt.Sprintf("EXPLAIN (COSTS OFF) UPDATE %s SET c = a", m.relation())
	case 10:
		return fmt.Sprintf("LOCK TABLE %s IN %s MODE", m.pick(rightsTables...), m.pick("ACCESS SHARE", "ROW EXCLUSIVE", "EXCLUSIVE"))
	}
	return "CREATE OR REPLACE VIEW " + m.pick(rightsViews...) + m.maybe(3, " WITH (security_invoker)") + " AS SELECT a, b, c FROM " + m.pick(rightsTables...) + m.maybe(3, " WHERE c > 0 OR c IS NULL")
}

func (m *rightsMaker) role() string {
	r := m.pick(append(rightsRoles, "rboss", "re")...)
	switch m.r.IntN(8) {
	case 0:
		return "CREATE ROLE re" + m.pick("", " CREATEROLE", " SUPERUSER", " IN ROLE ra", " ROLE rb")
	case 1:
		return "DROP ROLE re"
	case 2:
		return "SET ROLE " + r
	}
	return fmt.Sprintf("ALTER ROLE %s %s", r, m.pick("INHERIT", "NOINHERIT", "CREATEROLE", "NOCREATEROLE", "CREATEDB", "NOINHERIT"))
}

// asking makes a question about what a role may do.
func (m *rightsMaker) asking() string {
	who := m.maybe(2, "'"+m.pick(rightsRoles...)+"', ")
	option := m.maybe(3, " WITH GRANT OPTION")
	switch m.r.IntN(6) {
	case 0:
		return fmt.Sprintf("SELECT has_schema_privilege(%s'%s', '%s%s')", who, m.pick("s1", "s2", "public"), m.pick("USAGE", "CREATE"), option)
	case 1:
		return fmt.Sprintf("SELECT has_column_privilege(%s'%s', '%s', '%s%s')", who, m.relation(), m.pick("a", "b", "c"), m.pick("SELECT", "INSERT", "UPDATE", "REFERENCES"), option)
	case 2:
		return fmt.Sprintf("SELECT has_any_column_privilege(%s'%s', '%s%s')", who, m.relation(), m.pick("SELECT", "INSERT", "UPDATE"), option)
	case 3:
		return fmt.Sprintf("SELECT pg_has_role(%s'%s', '%s')", who, m.pick(rightsRoles...), m.pick("USAGE", "MEMBER", "USAGE WITH ADMIN OPTION"))
	case 4:
		return fmt.Sprintf("SELECT has_database_privilege(%s'%s', '%s%s')", who, rightsDatabase, m.pick("CREATE", "TEMP", "CONNECT"), option)
	}
	return fmt.Sprintf("SELECT has_table_privilege(%s'%s', '%s%s')", who, m.relation(), m.pick("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER, REFERENCES"), option)
}
