package crash

// feature is something that a restart must not change. It is made, changed and changed again; each time the node may end.
type feature struct {
	name   string
	make   string
	change [2]string
	ask    []string // gives the same from a node that ended in between and from one that did not
}

// source is what the views read, made and changed first.
var source = feature{
	name: "streams",
	make: `CREATE STREAM s (ts timestamptz, k text, v bigint, x float8, WATERMARK FOR ts AS ts - INTERVAL '5 seconds');
		CREATE TABLE d (k text PRIMARY KEY, n bigint);
		INSERT INTO d VALUES ('a', 1), ('b', 2), ('c', 3);
		INSERT INTO s SELECT timestamptz '2026-01-01 00:00:00Z' + i * INTERVAL '1 second', chr(97 + i % 5), i * 7 % 31, i / 8.0 FROM generate_series(0, 99) i`,
	change: [2]string{
		`INSERT INTO s SELECT timestamptz '2026-01-01 00:01:38Z' + i * INTERVAL '1 second', chr(97 + i % 6), i * 5 % 29, i / 4.0 FROM generate_series(0, 60) i;
			UPDATE d SET n = n + 10 WHERE k = 'b'; INSERT INTO d VALUES ('e', 5)`,
		`INSERT INTO s SELECT timestamptz '2026-01-01 00:02:36Z' + i * INTERVAL '1 second', chr(97 + i % 7), i * 3 % 23, -i FROM generate_series(0, 60) i;
			INSERT INTO s VALUES ('2026-01-01 00:00:30Z', 'late', 1, 1);
			DELETE FROM d WHERE k = 'a'; UPDATE d SET n = -n WHERE k = 'c'`,
	},
	ask: []string{"SELECT *, _offset FROM s ORDER BY _offset", "SELECT * FROM d ORDER BY k", "SELECT name, columns FROM vex.streams WHERE name = 's'"},
}

// kept are views, a kind of operator each. Their rows are compared as they are.
var kept = map[string]string{
	"filter":          "SELECT k, v FROM s WHERE v % 3 = 0",
	"project":         "SELECT upper(k) AS k, v * 2 AS w, x FROM s",
	"group":           "SELECT k, count(*), sum(v), avg(v), min(v), max(v), count(DISTINCT v) AS d, sum(x) AS x FROM s GROUP BY k",
	"ordered sets":    "SELECT k, percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS m, string_agg(v::text, ',' ORDER BY v, x) AS l FROM s GROUP BY k",
	"grouping sets":   "SELECT k, v % 2 AS p, count(*) FROM s GROUP BY GROUPING SETS ((k), (v % 2), ())",
	"having":          "SELECT k FROM s GROUP BY k HAVING count(*) > 30",
	"distinct":        "SELECT DISTINCT v FROM s",
	"distinct on":     "SELECT DISTINCT ON (k) k, v, ts FROM s ORDER BY k, ts DESC, v",
	"top":             "SELECT k, v, ts FROM s ORDER BY v DESC, ts LIMIT 5",
	"ties":            "SELECT k, v FROM s ORDER BY v DESC FETCH FIRST 3 ROWS WITH TIES",
	"inner join":      "SELECT s.k, s.v, d.n FROM s JOIN d ON d.k = s.k",
	"left join":       "SELECT s.k, d.n, count(*) FROM s LEFT JOIN d ON d.k = s.k GROUP BY s.k, d.n",
	"full join":       "SELECT g.k, d.k AS dk, g.c, d.n FROM (SELECT k, count(*) AS c FROM s GROUP BY k) g FULL JOIN d ON d.k = g.k",
	"semi join":       "SELECT k, v FROM s WHERE k IN (SELECT k FROM d)",
	"anti join":       "SELECT k, v FROM s WHERE NOT EXISTS (SELECT 1 FROM d WHERE d.k = s.k)",
	"scalar subquery": "SELECT k, (SELECT max(n) FROM d) AS m, count(*) FROM s GROUP BY k",
	"union all":       "SELECT k FROM s UNION ALL SELECT k FROM d",
	"union":           "SELECT k FROM s UNION SELECT k FROM d",
	"intersect":       "SELECT k FROM s INTERSECT SELECT k FROM d",
	"except":          "SELECT k FROM s EXCEPT SELECT k FROM d",
	"unnest":          "SELECT k, u FROM s, unnest(ARRAY[v, v + 1]) u WHERE v < 5",
	"tumble":          "SELECT window_start, k, count(*), sum(v) FROM TUMBLE(s, ts, INTERVAL '20 seconds') GROUP BY window_start, k",
	"hop":             "SELECT window_start, count(*), max(v) FROM HOP(s, ts, INTERVAL '5 seconds', INTERVAL '20 seconds') GROUP BY window_start",
	"cumulate":        "SELECT window_start, window_end, count(*) FROM CUMULATE(s, ts, INTERVAL '10 seconds', INTERVAL '1 minute') GROUP BY window_start, window_end",
	"session":         "SELECT window_start, window_end, count(*) FROM SESSION(s PARTITION BY k, ts, INTERVAL '7 seconds') GROUP BY k, window_start, window_end",
	"closing":         "SELECT window_start, count(*), sum(v) FROM TUMBLE(s, ts, INTERVAL '20 seconds') GROUP BY window_start EMIT ON WINDOW CLOSE",
	"over":            "SELECT k, ts, v, sum(v) OVER (PARTITION BY k ORDER BY ts, v ROWS 3 PRECEDING) AS w, row_number() OVER (PARTITION BY k ORDER BY ts, v) AS r FROM s",
	"rank":            "SELECT k, v FROM (SELECT k, v, rank() OVER (PARTITION BY k ORDER BY v DESC) AS r FROM s) t WHERE r <= 2",
	"interval join":   "SELECT a.v AS av, b.v AS bv, a.ts FROM s a JOIN s b ON a.k = b.k AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '6 seconds'",
	"table":           "SELECT n % 2 AS odd, count(*), sum(n) FROM d GROUP BY n % 2",
	"row lists":       "SELECT k, array_agg(v ORDER BY ts, v) AS vs FROM s GROUP BY k",
	"bounded state":   "WITH (state_ttl = '1 day') SELECT k, count(*) FROM s GROUP BY k",
	"retained":        "WITH (retention = '1 hour') SELECT window_start, count(*) FROM TUMBLE(s, ts, INTERVAL '20 seconds') GROUP BY window_start",
	"local days":      "SELECT window_start, window_end, count(*) FROM TUMBLE(s, ts, INTERVAL '1 day', 'Europe/Berlin') GROUP BY window_start, window_end",
	"closing session": "SELECT k, window_start, window_end, count(*) FROM SESSION(s PARTITION BY k, ts, INTERVAL '7 seconds') GROUP BY k, window_start, window_end EMIT ON WINDOW CLOSE",
	"closing over":    "SELECT k, ts, v, lag(v) OVER (PARTITION BY k ORDER BY ts, v) AS before FROM s EMIT ON WINDOW CLOSE",
	"closing join":    "SELECT a.k, a.ts, a.v AS av, b.v AS bv FROM s a LEFT JOIN s b ON a.k = b.k AND b.ts BETWEEN a.ts + INTERVAL '1 second' AND a.ts + INTERVAL '4 seconds' EMIT ON WINDOW CLOSE",
	"closing absence": "SELECT a.k, a.ts FROM s a WHERE NOT EXISTS (SELECT 1 FROM s b WHERE b.k = a.k AND b.ts > a.ts AND b.ts <= a.ts + INTERVAL '5 seconds') EMIT ON WINDOW CLOSE",
	"lookup":          "SELECT s.k, s.v, d.n FROM s JOIN d FOR SYSTEM_TIME AS OF proctime() ON d.k = s.k",
	"nearest":         "SELECT a.k, a.ts, b.v FROM s a ASOF LEFT JOIN s b ON a.k = b.k AND a.ts >= b.ts + INTERVAL '1 second'",
	"every":           "SELECT k, count(*) FROM s GROUP BY k EMIT CHANGES EVERY INTERVAL '1 second'",
	"asynchronous":    "WITH (async = true) SELECT k, sum(v) FROM s GROUP BY k",
	"from now on":     "WITH (backfill = false) SELECT k, sum(v) FROM s GROUP BY k",
	"approximate":     "SELECT approx_count_distinct(k) AS ks, count(DISTINCT k) AS exactly FROM s",
	"over a view":     "SELECT count(*) AS groups, sum(count) AS rows FROM kept_group",
}

// features are what there is besides streams and views.
var features = []feature{
	{
		"columns of tables", "CREATE TABLE t1 (id bigint PRIMARY KEY, a int DEFAULT 7, b text)",
		[2]string{
			"INSERT INTO t1 (id) VALUES (1), (2); ALTER TABLE t1 ADD COLUMN c boolean DEFAULT true",
			"INSERT INTO t1 VALUES (3, 1, 'x', false); ALTER TABLE t1 DROP COLUMN b; ALTER TABLE t1 RENAME COLUMN a TO z; UPDATE t1 SET z = z + 1",
		},
		[]string{"SELECT * FROM t1 ORDER BY id", "SHOW CREATE t1"},
	},
	{
		"types", `CREATE TABLE t2 (i2 smallint, i4 int, f4 real, f8 float8, n numeric(9, 2), t text, c char(3), y bytea, d date, tm time, z timestamptz, iv interval,
			u uuid, j jsonb, a int[])`,
		[2]string{
			`INSERT INTO t2 VALUES (1, 2, 1.5, 'NaN', 3.14, 'text', 'a', '\x00ff', '2026-01-01', '12:00', 'infinity', '1 mon 2 days 03:00', '00000000-0000-0000-0000-0000000000ff', '{"a": 1.0}', '{1,NULL}')`,
			"INSERT INTO t2 DEFAULT VALUES; INSERT INTO t2 (f4, n, z) VALUES ('-0', 'NaN', '-infinity')",
		},
		[]string{"SELECT * FROM t2 ORDER BY i2, n"},
	},
	{
		"keys and constraints", `CREATE TABLE t3 (id int PRIMARY KEY, u text UNIQUE, c int CHECK (c > 0)); CREATE TABLE t4 (id int REFERENCES t3 ON DELETE CASCADE, x int NOT NULL)`,
		[2]string{
			"INSERT INTO t3 VALUES (1, 'a', 1), (2, 'b', 2); INSERT INTO t4 VALUES (1, 1), (2, 2)",
			"DELETE FROM t3 WHERE id = 1; INSERT INTO t3 VALUES (1, 'z', 5) ON CONFLICT DO NOTHING; INSERT INTO t3 VALUES (2, 'q', 9) ON CONFLICT (id) DO UPDATE SET c = 77",
		},
		[]string{
			"SELECT * FROM t3 ORDER BY id", "SELECT * FROM t4 ORDER BY id", "SELECT conname, contype FROM pg_constraint WHERE conrelid IN ('t3'::regclass, 't4'::regclass) ORDER BY 1",
			"!INSERT INTO t3 VALUES (9, 'z', 1)", "!INSERT INTO t3 VALUES (9, 'y', 0)", "!INSERT INTO t4 VALUES (99, 1)", "!INSERT INTO t4 VALUES (2, NULL)",
		},
	},
	{
		"sequences", "CREATE SEQUENCE q INCREMENT 3 MAXVALUE 10000; CREATE TABLE t5 (id bigint GENERATED ALWAYS AS IDENTITY, s serial, x int)",
		[2]string{"SELECT setval('q', 100); INSERT INTO t5 (x) VALUES (1), (2)", "ALTER SEQUENCE q INCREMENT 5; SELECT setval('q', 200); INSERT INTO t5 (x) VALUES (3)"},
		[]string{"SELECT count(DISTINCT id), count(DISTINCT s), max(x) FROM t5", "SELECT nextval('q') >= 205", "SELECT increment_by FROM pg_sequences WHERE sequencename = 'q'"},
	},
	{
		"schemas and views", "CREATE SCHEMA app; CREATE VIEW app.w AS SELECT k, n FROM d WHERE n > 0",
		[2]string{
			"CREATE TABLE app.t (i int); INSERT INTO app.t VALUES (1); ALTER VIEW app.w RENAME TO v",
			"CREATE SCHEMA gone; DROP SCHEMA gone; CREATE OR REPLACE VIEW app.v AS SELECT k, n FROM d WHERE n > 1",
		},
		[]string{"SELECT * FROM app.v ORDER BY k", "SELECT * FROM app.t", "SELECT nspname FROM pg_namespace WHERE nspname IN ('app', 'gone')"},
	},
	{
		"changed views", "CREATE MATERIALIZED VIEW m AS SELECT k, count(*) AS c FROM s GROUP BY k",
		[2]string{"ALTER MATERIALIZED VIEW m PAUSE", "ALTER MATERIALIZED VIEW m RESUME; CREATE OR REPLACE MATERIALIZED VIEW m AS SELECT k, sum(v) AS c FROM s GROUP BY k"},
		[]string{"SELECT * FROM m ORDER BY k", "SHOW CREATE m"},
	},
	{"paused views", "CREATE MATERIALIZED VIEW p AS SELECT count(*) FROM s", [2]string{"ALTER MATERIALIZED VIEW p PAUSE", "SELECT 1"}, []string{"!SELECT * FROM p"}},
	{
		"recursive views", "CREATE RECURSIVE VIEW steps (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM steps WHERE n < 5",
		[2]string{"CREATE VIEW over_steps AS SELECT sum(n) AS n FROM steps", "ALTER VIEW steps RENAME TO stairs"},
		[]string{"SELECT n FROM stairs ORDER BY n", "SELECT * FROM over_steps"},
	},
	{
		"options of views", "CREATE MATERIALIZED VIEW opt WITH (memory_limit = '64 MB') AS SELECT k, count(*) FROM s GROUP BY k",
		[2]string{"ALTER MATERIALIZED VIEW opt SET (state_ttl = '2 days')", "ALTER MATERIALIZED VIEW opt RESET (memory_limit)"},
		[]string{"SELECT * FROM opt ORDER BY k", "SHOW CREATE opt"},
	},
	{
		"late rows", "CREATE STREAM too_late (ts timestamptz, k text, v bigint, x float8); CREATE MATERIALIZED VIEW lr WITH (late_rows = 'too_late') AS SELECT window_start, count(*) FROM TUMBLE(s, ts, INTERVAL '20 seconds') GROUP BY window_start EMIT ON WINDOW CLOSE",
		[2]string{"SELECT 1", "SELECT 1"},
		[]string{"SELECT * FROM lr ORDER BY 1", "SELECT k, v FROM too_late"},
	},
	{
		"dropped things", "CREATE TABLE gone (i int); CREATE STREAM gone_too (i int); CREATE MATERIALIZED VIEW gone_view AS SELECT count(*) FROM gone_too",
		[2]string{"DROP MATERIALIZED VIEW gone_view; DROP TABLE gone", "CREATE TABLE gone (j text); INSERT INTO gone VALUES ('new'); DROP STREAM gone_too"},
		[]string{"SELECT * FROM gone", "!SELECT * FROM gone_too", "!SELECT * FROM gone_view"},
	},
	{
		"producers and dedup_key", "CREATE STREAM dk (ts timestamptz, id bigint, WATERMARK FOR ts AS ts - INTERVAL '5 seconds') WITH (dedup_key = 'id', dedup_window = '1 hour')",
		[2]string{"INSERT INTO dk VALUES ('2026-01-01 00:00:00Z', 1), ('2026-01-01 00:00:01Z', 2), ('2026-01-01 00:00:02Z', 1)", "INSERT INTO dk VALUES ('2026-01-01 00:00:03Z', 2), ('2026-01-01 00:00:04Z', 3)"},
		[]string{"SELECT id FROM dk ORDER BY id", "SELECT stream, dropped, keys FROM vex.duplicates"},
	},
	{
		"options of streams", "CREATE STREAM o (ts timestamptz, v int, WATERMARK FOR ts AS ts - INTERVAL '1 second') WITH (retention = '36500 days')",
		[2]string{"ALTER STREAM o SET (max_future_skew = '2 hours'); INSERT INTO o VALUES ('2026-01-01 00:00:00Z', 1)", "ALTER STREAM o RENAME TO o2; CALL vex.advance_watermark('o2', '2026-01-02 00:00:00Z')"},
		[]string{"SHOW CREATE o2", "SELECT * FROM o2", "SELECT max(watermark) FROM vex.watermarks WHERE stream LIKE '%o2'"},
	},
	{
		"triggers", `CREATE STREAM raw (k text, v bigint); CREATE STREAM big (k text, v bigint);
		CREATE TRIGGER low BEFORE INSERT ON raw FOR EACH ROW WHEN (v < 0) EXECUTE FUNCTION block();
		CREATE TRIGGER copy AFTER INSERT ON raw FOR EACH ROW WHEN (v > 10) EXECUTE FUNCTION route('big')`,
		[2]string{
			"INSERT INTO raw VALUES ('a', -1), ('a', 1), ('a', 11); CREATE TRIGGER more BEFORE INSERT ON raw FOR EACH ROW EXECUTE FUNCTION set(v => v * 2)",
			"INSERT INTO raw VALUES ('b', -1), ('b', 6); DROP TRIGGER low ON raw; INSERT INTO raw VALUES ('c', -5)",
		},
		[]string{"SELECT * FROM raw ORDER BY k, v", "SELECT * FROM big ORDER BY k, v", "SELECT name, timing, priority, enabled, condition, actions FROM vex.triggers ORDER BY 1"},
	},
	{
		"triggers of tables and views", `CREATE TABLE tt (id int PRIMARY KEY, v int); CREATE STREAM told (line text);
		CREATE MATERIALIZED VIEW tv AS SELECT v % 2 AS p, count(*) AS c FROM tt GROUP BY v % 2;
		CREATE TRIGGER moved AFTER INSERT OR UPDATE OR DELETE ON tt FOR EACH ROW EXECUTE FUNCTION insert_into('told', line => format('t %s/%s', OLD.v, NEW.v));
		CREATE TRIGGER high AFTER INSERT OR UPDATE ON tt FOR EACH ROW WHEN (v > 10) UNTIL (v < 5) EXECUTE FUNCTION insert_into('told', line => format('high %s at %s', id, v));
		CREATE TRIGGER counted AFTER INSERT OR UPDATE ON tv FOR EACH ROW WHEN (c > 1) UNTIL (c < 1) EXECUTE FUNCTION log('debug', format('v %s: %s', p, c))`,
		[2]string{
			"INSERT INTO tt VALUES (1, 11), (2, 1); UPDATE tt SET v = 8 WHERE id = 1",
			"UPDATE tt SET v = v + 4; DELETE FROM tt WHERE id = 2; INSERT INTO tt VALUES (2, 20), (3, 30); BEGIN; UPDATE tt SET v = 0; ROLLBACK",
		},
		[]string{"SELECT line FROM told ORDER BY 1", "SELECT * FROM tv ORDER BY 1", "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname IN ('moved', 'high', 'counted') ORDER BY tgname"},
	},
	{
		"options of triggers", `CREATE STREAM often (k text, v bigint); CREATE STREAM seldom (k text, v bigint);
		CREATE TRIGGER first AFTER INSERT ON often FOR EACH ROW WHEN (v > 0) UNTIL (v < 0) EXECUTE FUNCTION insert_into('seldom', k => k, v => v) WITH (group_by = 'k');
		CREATE TRIGGER off BEFORE INSERT ON often FOR EACH ROW EXECUTE FUNCTION block(); ALTER TABLE often DISABLE TRIGGER off`,
		[2]string{
			"INSERT INTO often VALUES ('a', 1), ('a', 2), ('b', 3)",
			"INSERT INTO often VALUES ('a', 4), ('c', 5); ALTER TRIGGER first ON often RENAME TO once; ALTER TRIGGER once ON often SET (priority = 5)",
		},
		[]string{"SELECT * FROM often ORDER BY v", "SELECT * FROM seldom ORDER BY v", "SELECT name, enabled, actions FROM vex.triggers WHERE relation LIKE '%often' ORDER BY 1"},
	},
	{
		"alerts", `CREATE STREAM heat (host text, celsius bigint);
		CREATE TRIGGER hot AFTER INSERT ON heat FOR EACH ROW WHEN (celsius > 80) UNTIL (celsius < 60)
			EXECUTE FUNCTION alert('critical', format('%s is at %s', host, celsius)) WITH (group_by = 'host')`,
		[2]string{"INSERT INTO heat VALUES ('a', 90), ('b', 81), ('c', 20)", "INSERT INTO heat VALUES ('a', 70), ('b', 50), ('c', 99)"},
		[]string{"SELECT trigger, severity, message, labels, state FROM vex.alerts ORDER BY labels::text, state"},
	},
	{
		"targets and secrets", `CREATE SECRET hook AS 'https://hooks.example.com/abc'; CREATE TARGET ops TYPE webhook WITH (url = SECRET hook)`,
		[2]string{"CREATE SECRET unset; ALTER TARGET ops SET (timeout = '3 s')", "ALTER SECRET hook AS 'https://hooks.example.com/def'; CREATE TARGET two TYPE webhook WITH (url = 'https://example.com/x'); DROP TARGET two"},
		[]string{"SELECT name, set FROM vex.secrets ORDER BY name", "SELECT name, type FROM vex.targets ORDER BY name", "SELECT statement FROM vex.definitions WHERE name LIKE '%ops'"},
	},
	{
		"roles and rights", "CREATE ROLE reader LOGIN; CREATE ROLE readers; GRANT SELECT ON d TO reader",
		[2]string{"GRANT readers TO reader; GRANT INSERT, UPDATE ON d TO readers; ALTER ROLE reader CONNECTION LIMIT 3", "REVOKE UPDATE ON d FROM readers; CREATE ROLE nobody; DROP ROLE nobody; ALTER TABLE d OWNER TO readers"},
		[]string{
			"SELECT rolname, rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname IN ('reader', 'readers', 'nobody') ORDER BY 1",
			"SELECT has_table_privilege('reader', 'd', 'SELECT'), has_table_privilege('reader', 's', 'SELECT'), pg_has_role('reader', 'readers', 'MEMBER'), relacl, relowner::regrole FROM pg_class WHERE relname = 'd'",
		},
	},
	{
		"rights of columns, schemas and what is to come", "CREATE ROLE clerk; CREATE SCHEMA office; GRANT SELECT (k) ON d TO clerk; GRANT USAGE ON SCHEMA office TO clerk",
		[2]string{
			"ALTER DEFAULT PRIVILEGES IN SCHEMA office GRANT SELECT ON TABLES TO clerk; CREATE TABLE office.one (i int); GRANT CREATE ON DATABASE vexstream TO clerk",
			"CREATE TABLE office.two (i int); REVOKE USAGE ON SCHEMA office FROM clerk; GRANT UPDATE (n) ON d TO clerk WITH GRANT OPTION; CREATE VIEW office.mine WITH (security_invoker) AS SELECT k FROM d",
		},
		[]string{
			"SELECT has_column_privilege('clerk', 'd', 'k', 'SELECT'), has_column_privilege('clerk', 'd', 'n', 'UPDATE WITH GRANT OPTION'), has_column_privilege('clerk', 'd', 'n', 'SELECT')",
			"SELECT has_table_privilege('clerk', 'office.one', 'SELECT'), has_table_privilege('clerk', 'office.two', 'SELECT'), has_schema_privilege('clerk', 'office', 'USAGE'), has_database_privilege('clerk', 'vexstream', 'CREATE')",
			"SELECT defaclobjtype, defaclacl FROM pg_default_acl", "SELECT reloptions FROM pg_class WHERE relname = 'mine'",
		},
	},
	{
		"settings", "ALTER ROLE ALL SET statement_timeout = '7min'",
		[2]string{"ALTER DATABASE vexstream SET datestyle = 'SQL, DMY'", "ALTER ROLE ALL SET statement_timeout = '9min'; ALTER DATABASE vexstream RESET datestyle"},
		[]string{"SHOW statement_timeout", "SHOW datestyle", "SELECT setconfig FROM pg_db_role_setting"},
	},
	{
		"comments", "COMMENT ON TABLE d IS 'one'; COMMENT ON COLUMN d.n IS 'a number'",
		[2]string{"COMMENT ON TABLE d IS 'two'", "COMMENT ON COLUMN d.n IS NULL; COMMENT ON STREAM s IS 'rows'"},
		[]string{"SELECT obj_description('d'::regclass), obj_description('s'::regclass), col_description('d'::regclass, 2)"},
	},
	{
		"transactions", "CREATE TABLE tx (i int)",
		[2]string{"BEGIN; INSERT INTO tx VALUES (1); SAVEPOINT a; INSERT INTO tx VALUES (2); ROLLBACK TO a; INSERT INTO tx VALUES (3); COMMIT", "BEGIN; DELETE FROM tx; ROLLBACK; BEGIN; UPDATE tx SET i = i + 10; COMMIT"},
		[]string{"SELECT * FROM tx ORDER BY i"},
	},
	{
		"events", "INSERT INTO events (event_id, ts, event_type, content) VALUES ('00000000-0000-7000-8000-000000000001', '2026-01-01 00:00:00Z', 'UserAction', '{\"action\": \"login\"}')",
		[2]string{"SELECT 1", "INSERT INTO events (event_id, ts, event_type) VALUES ('00000000-0000-7000-8000-000000000002', '2026-01-01 00:00:01Z', 'UserAction')"},
		[]string{"SELECT event_id, ts, event_type, operation, content FROM events WHERE event_type = 'UserAction' ORDER BY event_id"},
	},
	{"definitions", "SELECT 1", [2]string{"SELECT 1", "SELECT 1"}, []string{"SELECT section, kind, name, statement FROM vex.definitions ORDER BY kind, name, statement"}},
}
