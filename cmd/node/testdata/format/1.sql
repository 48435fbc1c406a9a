CREATE STREAM every (ts timestamptz, b boolean, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, n numeric(12,3), t text, v varchar(5), c char(4),
  y bytea, d date, tm time, ts0 timestamp, iv interval, u uuid, j json, jb jsonb, a int[], ta text[], WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
  WITH (retention = '36500 days', max_future_skew = '2 hours');
INSERT INTO every VALUES
  ('2026-01-01 00:00:01Z', true, 1, 2, 3, 1.5, 2.5, 123.456, 'text', 'abc', 'ab', '\x00ff', '2026-01-01', '12:34:56.789', '2026-01-01 01:02:03.000004', '1 mon 2 days 03:04:05',
   '00000000-0000-0000-0000-0000000000ff', '{"a": 1}', '{"b": [1, null]}', '{1,NULL,3}', '{"x y",z}'),
  ('2026-01-01 00:00:02Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('2026-01-01 00:00:03Z', false, -32768, -2147483648, -9223372036854775808, 'NaN', '-Infinity', 'NaN', '', '', '', '', 'infinity', '00:00', '-infinity', '-1 day', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null', 'null', '{}', '{}');
CREATE STREAM clicks (ts timestamptz, user_id text, ms bigint, WATERMARK FOR ts AS ts - INTERVAL '5 seconds');
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE NOT NULL, born date CHECK (born > '1900-01-01'));
CREATE TABLE visits (user_id bigint REFERENCES users ON DELETE CASCADE, page text DEFAULT 'home', n numeric, PRIMARY KEY (user_id, page));
CREATE TABLE plain (a int, b text);
CREATE SEQUENCE counter INCREMENT 3;
CREATE SCHEMA app;
CREATE ROLE reader LOGIN;
CREATE VIEW app.names AS SELECT name FROM users;
GRANT SELECT ON users TO reader;
COMMENT ON TABLE users IS 'who there is';
COMMENT ON STREAM events IS 'what happens';
CREATE MATERIALIZED VIEW open_windows AS SELECT window_start, user_id, count(*), sum(ms), avg(ms), min(user_id) AS least FROM TUMBLE(clicks, ts, INTERVAL '1 minute') GROUP BY 1, 2;
CREATE MATERIALIZED VIEW closed AS SELECT window_start, count(*) AS n FROM HOP(clicks, ts, INTERVAL '30 seconds', INTERVAL '1 minute') GROUP BY 1 EMIT ON WINDOW CLOSE;
CREATE MATERIALIZED VIEW grouped AS SELECT user_id, count(DISTINCT ms) AS d, max(ms), string_agg(ms::text, ',' ORDER BY ms) AS list, avg(ms::float8) AS f FROM clicks GROUP BY 1;
CREATE MATERIALIZED VIEW top AS SELECT user_id, ms FROM clicks ORDER BY ms DESC, user_id LIMIT 2;
CREATE MATERIALIZED VIEW joined AS SELECT u.name, v.page, v.n FROM users u LEFT JOIN visits v ON v.user_id = u.id;
CREATE MATERIALIZED VIEW distinct_users AS SELECT DISTINCT user_id FROM clicks;
CREATE MATERIALIZED VIEW over_a_view AS SELECT sum(n) AS n FROM closed;
INSERT INTO clicks VALUES ('2026-01-01 00:00:01Z', 'a', 10), ('2026-01-01 00:00:02Z', 'b', 20), ('2026-01-01 00:01:10Z', 'a', 30);
INSERT INTO users (name, born) VALUES ('ada', '1915-12-10'), ('grace', '1906-12-09'), ('kurt', NULL);
INSERT INTO visits VALUES (1, 'home', 1.50), (1, 'about', 2), (2, DEFAULT, NULL);
UPDATE visits SET n = n + 1 WHERE page = 'about';
DELETE FROM users WHERE name = 'grace';
SELECT nextval('counter');
INSERT INTO events (event_id, ts, event_type, content) VALUES ('00000000-0000-7000-8000-000000000001', '2026-01-01 00:00:00Z', 'UserAction', '{"action": "login", "file_path": "/a"}');
-- checkpoint
INSERT INTO clicks VALUES ('2026-01-01 00:02:10Z', 'b', 5), ('2026-01-01 00:00:05Z', 'late', 1);
INSERT INTO users (name) VALUES ('alan');
UPDATE users SET name = 'kurt g.' WHERE name = 'kurt';
INSERT INTO visits VALUES (4, 'home', 7);
INSERT INTO plain VALUES (1, 'one');
ALTER TABLE plain ADD COLUMN seen boolean DEFAULT true;
INSERT INTO plain VALUES (2, 'two', false);
SELECT nextval('counter');
