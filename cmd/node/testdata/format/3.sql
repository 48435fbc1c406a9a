-- What sessions with EMIT ON WINDOW CLOSE and approximate counts kept in checkpoints of format 3.
CREATE STREAM s (ts timestamptz, k text, v int, WATERMARK FOR ts AS ts - INTERVAL '1 second');
CREATE MATERIALIZED VIEW ended AS SELECT window_start, window_end, k, count(*) AS n, sum(v) AS v FROM SESSION(s, ts, INTERVAL '5 seconds') GROUP BY window_start, window_end, k EMIT ON WINDOW CLOSE;
CREATE MATERIALIZED VIEW current_too AS SELECT window_start, k, count(*) AS n FROM SESSION(s, ts, INTERVAL '5 seconds') GROUP BY window_start, window_end, k;
CREATE MATERIALIZED VIEW about AS SELECT k, approx_count_distinct(v) AS n FROM s GROUP BY k;
CREATE MATERIALIZED VIEW about_windows AS SELECT window_start, approx_count_distinct(v) AS n FROM HOP(s, ts, INTERVAL '30 seconds', INTERVAL '1 minute') GROUP BY window_start;
INSERT INTO s SELECT '2026-01-01Z'::timestamptz + INTERVAL '1 second' * g, 'k' || g % 3, g FROM generate_series(1, 60) g WHERE g % 20 < 11;
-- checkpoint
INSERT INTO s VALUES ('2026-01-01 00:01:03Z', 'k0', 100), ('2026-01-01 00:01:30Z', 'k1', 1);
