import java.io.*;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.*;

/** pgjdbc against the node that the URL of the first argument names. */
public class Jdbc {
    static void is(Object want, Object have) {
        if (!Objects.deepEquals(want, have)) {
            throw new AssertionError("want " + want + ", have " + have);
        }
    }

    static List<String> column(ResultSet rs, String... names) throws SQLException {
        List<String> out = new ArrayList<>();
        while (rs.next()) {
            List<String> cells = new ArrayList<>();
            for (String n : names) {
                cells.add(rs.getString(n));
            }
            out.add(String.join("|", cells));
        }
        return out;
    }

    interface Body {
        void run() throws Exception;
    }

    static SQLException fails(String state, Body body) throws Exception {
        try {
            body.run();
        } catch (SQLException e) {
            is(state, e.getSQLState());
            return e;
        }
        throw new AssertionError("no error " + state);
    }

    public static void main(String[] args) throws Exception {
        try (Connection c = DriverManager.getConnection(args[0]); Statement s = c.createStatement()) {
            s.execute("CREATE TABLE jd (id bigint PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', price numeric(10,2), tags text[], at timestamptz)");
            s.execute("CREATE TABLE jc (id int PRIMARY KEY, jd bigint REFERENCES jd (id) ON DELETE CASCADE)");
            s.execute("CREATE VIEW jv AS SELECT id FROM jd");
            s.execute("COMMENT ON TABLE jd IS 'things'");
            types(c);
            batch(c);
            copy(c);
            errors(c);
            metadata(c);
            follow(args[0], c);
            notified(args[0], c);
        }
    }

    // Seven executions: from the fifth on the driver's statement has a name, and values are binary.
    static void types(Connection c) throws Exception {
        String sql = "SELECT ?::boolean, ?::smallint, ?::int, ?::bigint, ?::real, ?::float8, ?::numeric, ?::text, ?::bytea, ?::date, ?::time, "
            + "?::timestamp, ?::timestamptz, ?::uuid, ?::int[], ?::text[], ?::jsonb, ?::interval";
        OffsetDateTime at = OffsetDateTime.of(2026, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);
        UUID u = new UUID(1, 2);
        try (PreparedStatement p = c.prepareStatement(sql)) {
            for (int i = 0; i < 7; i++) {
                p.setBoolean(1, true);
                p.setShort(2, (short) -7);
                p.setInt(3, 1 << 30);
                p.setLong(4, -(1L << 60));
                p.setFloat(5, 1.5f);
                p.setDouble(6, 0.1);
                p.setBigDecimal(7, new BigDecimal("-12345678901234567890.0123"));
                p.setString(8, "grün 'x'");
                p.setBytes(9, new byte[] {0, -1});
                p.setObject(10, LocalDate.of(2026, 2, 28));
                p.setObject(11, LocalTime.of(1, 2, 3, 4000));
                p.setObject(12, LocalDateTime.of(1999, 12, 31, 23, 59, 59));
                p.setObject(13, at);
                p.setObject(14, u);
                p.setArray(15, c.createArrayOf("int4", new Object[] {1, null, 3}));
                p.setArray(16, c.createArrayOf("text", new Object[] {"a", "b\"c", null}));
                p.setObject(17, "{\"a\": 1}", Types.OTHER);
                p.setObject(18, "3 days 00:00:07", Types.OTHER);
                ResultSet r = p.executeQuery();
                r.next();
                is(true, r.getBoolean(1));
                is((short) -7, r.getShort(2));
                is(1 << 30, r.getInt(3));
                is(-(1L << 60), r.getLong(4));
                is(1.5f, r.getFloat(5));
                is(0.1, r.getDouble(6));
                is(new BigDecimal("-12345678901234567890.0123"), r.getBigDecimal(7));
                is("grün 'x'", r.getString(8));
                is(new byte[] {0, -1}, r.getBytes(9));
                is(LocalDate.of(2026, 2, 28), r.getObject(10, LocalDate.class));
                is(LocalTime.of(1, 2, 3, 4000), r.getObject(11, LocalTime.class));
                is(LocalDateTime.of(1999, 12, 31, 23, 59, 59), r.getObject(12, LocalDateTime.class));
                is(at, r.getObject(13, OffsetDateTime.class));
                is(u, r.getObject(14));
                is(new Integer[] {1, null, 3}, r.getArray(15).getArray());
                is(new String[] {"a", "b\"c", null}, r.getArray(16).getArray());
                is("{\"a\": 1}", r.getString(17));
                is(new org.postgresql.util.PGInterval(0, 0, 3, 0, 0, 7), r.getObject(18));
            }
            is(Types.BIT, p.getMetaData().getColumnType(1));
            is("numeric", p.getMetaData().getColumnTypeName(7));
            is(Types.BIGINT, p.getParameterMetaData().getParameterType(4));
        }
    }

    static void batch(Connection c) throws Exception {
        c.setAutoCommit(false);
        try (PreparedStatement p = c.prepareStatement("INSERT INTO jd (id, name) VALUES (?, ?)")) {
            for (int i = 0; i < 1000; i++) {
                p.setLong(1, i);
                p.setString(2, "n" + i);
                p.addBatch();
            }
            is(1000, p.executeBatch().length);
        }
        c.commit();
        try (PreparedStatement p = c.prepareStatement("INSERT INTO jd (id) VALUES (2000)", new String[] {"id", "name"})) {
            p.executeUpdate();
            is(List.of("2000|x"), column(p.getGeneratedKeys(), "id", "name"));
        }
        Savepoint sp = c.setSavepoint();
        fails("23505", () -> c.createStatement().execute("INSERT INTO jd (id) VALUES (1)"));
        c.rollback(sp);
        c.commit();
        try (Statement s = c.createStatement()) { // a portal with a row limit
            s.setFetchSize(100);
            ResultSet r = s.executeQuery("SELECT * FROM jd");
            int n = 0;
            while (r.next()) {
                n++;
            }
            is(1001, n);
        }
        c.commit();
        c.setAutoCommit(true);
    }

    static void copy(Connection c) throws Exception {
        CopyManager m = c.unwrap(PGConnection.class).getCopyAPI();
        is(2L, m.copyIn("COPY jd (id, name) FROM STDIN WITH (FORMAT csv)", new StringReader("3000,a\n3001,\"b,c\"\n")));
        StringWriter w = new StringWriter();
        m.copyOut("COPY (SELECT id, name FROM jd WHERE id >= 3000 ORDER BY id) TO STDOUT WITH (FORMAT csv)", w);
        is("3000,a\n3001,\"b,c\"\n", w.toString());
    }

    static void errors(Connection c) throws Exception {
        fails("22012", () -> c.createStatement().executeQuery("SELECT 1/0"));
        fails("42P01", () -> c.createStatement().executeQuery("SELECT * FROM nothing"));
        fails("42601", () -> c.createStatement().executeQuery("SELEC 1"));
        SQLException e = fails("23502", () -> c.createStatement().execute("INSERT INTO jd (id, name) VALUES (-1, NULL)"));
        is("name", ((org.postgresql.util.PSQLException) e).getServerErrorMessage().getColumn());
    }

    static void metadata(Connection c) throws Exception {
        DatabaseMetaData m = c.getMetaData();
        is("PostgreSQL", m.getDatabaseProductName());
        is(15, m.getDatabaseMajorVersion());
        is(List.of("jc|TABLE", "jd|TABLE", "jv|VIEW"), column(m.getTables(null, "public", "j_", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE").stream().sorted().toList());
        is(List.of("things"), column(m.getTables(null, "public", "jd", null), "REMARKS"));
        is(List.of("id|int8|NO|null", "name|varchar|NO|'x'::character varying", "price|numeric|YES|null", "tags|_text|YES|null", "at|timestamptz|YES|null"),
            column(m.getColumns(null, "public", "jd", null), "COLUMN_NAME", "TYPE_NAME", "IS_NULLABLE", "COLUMN_DEF"));
        is(List.of("id|1|jd_pkey"), column(m.getPrimaryKeys(null, "public", "jd"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"));
        is(List.of("jd|id|jc|jd|0"), column(m.getImportedKeys(null, "public", "jc"), "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME", "DELETE_RULE"));
        is(List.of("jc"), column(m.getExportedKeys(null, "public", "jd"), "FKTABLE_NAME"));
        is(List.of("jd_pkey|id|f"), column(m.getIndexInfo(null, "public", "jd", false, false), "INDEX_NAME", "COLUMN_NAME", "NON_UNIQUE"));
        is(List.of("id"), column(m.getBestRowIdentifier(null, "public", "jd", DatabaseMetaData.bestRowSession, false), "COLUMN_NAME"));
        is(true, column(m.getSchemas(), "TABLE_SCHEM").containsAll(List.of("public", "pg_catalog", "information_schema")));
        is(true, column(m.getTypeInfo(), "TYPE_NAME").containsAll(List.of("int4", "text", "timestamptz", "jsonb", "_text")));
        is(true, column(m.getFunctions(null, "pg_catalog", "date_trunc"), "FUNCTION_NAME").size() >= 3);
        is(true, column(m.getFunctionColumns(null, "pg_catalog", "abs", null), "COLUMN_NAME").size() >= 6);
        is(true, column(m.getTablePrivileges(null, "public", "jd"), "PRIVILEGE").contains("SELECT"));
        is(true, column(m.getColumnPrivileges(null, "public", "jd", "id"), "PRIVILEGE").contains("SELECT"));
        is(true, column(m.getTableTypes(), "TABLE_TYPE").contains("MATERIALIZED VIEW"));
        is(true, m.getSQLKeywords().contains("analyze"));
        m.getCatalogs().close();
        m.getProcedures(null, null, null).close();
        m.getProcedureColumns(null, null, null, null).close();
        m.getUDTs(null, null, null, null).close();
        m.getClientInfoProperties().close();
        m.getVersionColumns(null, "public", "jd").close();
        m.getCrossReference(null, "public", "jd", null, "public", "jc").close();
        m.getMaxConnections();
        m.getMaxColumnNameLength();
        m.getDefaultTransactionIsolation();
    }

    // A subscription through a portal with a row limit; a cancel from another thread ends it.
    static void follow(String url, Connection c) throws Exception {
        try (Connection f = DriverManager.getConnection(url); Statement s = f.createStatement()) {
            f.setAutoCommit(false);
            s.setFetchSize(1);
            ResultSet r = s.executeQuery("SUBSCRIBE (SELECT count(*) AS n FROM jd)");
            r.next();
            is(1003L, r.getLong("n"));
            c.createStatement().execute("INSERT INTO jd (id) VALUES (4000)");
            r.next();
            r.next();
            is(true, r.getLong("n") >= 1003);
            // A cancel that comes before the fetch is of nothing: so there are several.
            java.util.concurrent.atomic.AtomicBoolean ended = new java.util.concurrent.atomic.AtomicBoolean();
            Thread t = new Thread(() -> {
                try {
                    while (!ended.get()) {
                        f.unwrap(org.postgresql.jdbc.PgConnection.class).cancelQuery();
                        Thread.sleep(100);
                    }
                } catch (Exception e) {
                    throw new RuntimeException(e);
                }
            });
            t.start();
            fails("57014", r::next);
            ended.set(true);
            t.join();
            f.rollback();
            s.execute("DECLARE c CURSOR FOR SUBSCRIBE (SELECT count(*) AS n FROM jd)");
            is(List.of("1004"), column(s.executeQuery("FETCH 100 c WITH (timeout = '1s')"), "n"));
            f.rollback();
        }
    }

    static void notified(String url, Connection c) throws Exception {
        try (Connection f = DriverManager.getConnection(url)) {
            f.createStatement().execute("LISTEN ch");
            c.createStatement().execute("NOTIFY ch, 'hello'");
            PGNotification[] got = f.unwrap(PGConnection.class).getNotifications(30000);
            is(1, got.length);
            is("hello", got[0].getParameter());
        }
    }
}
