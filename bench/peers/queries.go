package main

// query is one question in four dialects; PostgreSQL, which approximates nothing, is asked for what is exact. Each answers rows of which the column n is a count.
type query struct {
	name             string
	about            bool // n is an approximation, and each has its own
	ours             string
	duck, click, pgs string
}

// queries are those of FILEOPS. Peers are asked in the spelling that is fastest in them: a second as a whole number.
func queries() []query {
	return []query{
		{
			name: "tumble",
			ours: `SELECT window_start, event_type, user_id, count(*) AS n, sum(size_bytes), avg(size_bytes), max(size_bytes)
				FROM TUMBLE(fileops, ts, INTERVAL '1 second') WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3`,
			duck: `SELECT epoch_us(ts) // 1000000 AS w, event_type, user_id, count(*) AS n, sum(size_bytes), avg(size_bytes), max(size_bytes)
				FROM fileops WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3`,
			click: `SELECT toStartOfSecond(ts) AS w, event_type, user_id, count(*) AS n, sum(size_bytes), avg(size_bytes), max(size_bytes)
				FROM fileops WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3`,
			pgs: `SELECT date_trunc('second', ts) AS w, event_type, user_id, count(*) AS n, sum(size_bytes), avg(size_bytes), max(size_bytes)
				FROM fileops WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3`,
		},
		{
			name:  "count",
			ours:  `SELECT window_start, event_type, count(*) AS n FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1, 2`,
			duck:  `SELECT epoch_us(ts) // 1000000 AS w, event_type, count(*) AS n FROM fileops GROUP BY 1, 2`,
			click: `SELECT toStartOfSecond(ts) AS w, event_type, count(*) AS n FROM fileops GROUP BY 1, 2`,
			pgs:   `SELECT date_trunc('second', ts) AS w, event_type, count(*) AS n FROM fileops GROUP BY 1, 2`,
		},
		{
			name: "hop",
			ours: `SELECT window_start, event_type, user_id, count(*) AS n, sum(size_bytes), avg(size_bytes), max(size_bytes)
				FROM HOP(fileops, ts, INTERVAL '1 second', INTERVAL '5 seconds') WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3`,
			duck: `WITH pane AS (SELECT epoch_us(ts) // 1000000 AS p, event_type, user_id, count(*) AS c, sum(size_bytes) AS s, max(size_bytes) AS m
				FROM fileops WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3)
				SELECT p - i AS w, event_type, user_id, sum(c)::bigint AS n, sum(s), sum(s) / sum(c), max(m) FROM pane, range(5) t(i) GROUP BY 1, 2, 3`,
			click: `WITH pane AS (SELECT toUnixTimestamp(ts) AS p, event_type, user_id, count(*) AS c, sum(size_bytes) AS s, max(size_bytes) AS m
				FROM fileops WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3)
				SELECT p - i AS w, event_type, user_id, sum(c) AS n, sum(s), sum(s) / sum(c), max(m) FROM pane ARRAY JOIN range(5) AS i GROUP BY 1, 2, 3`,
			pgs: `WITH pane AS (SELECT date_trunc('second', ts) AS p, event_type, user_id, count(*) AS c, sum(size_bytes) AS s, max(size_bytes) AS m
				FROM fileops WHERE file_path LIKE '/data/%' GROUP BY 1, 2, 3)
				SELECT p - i * INTERVAL '1 second' AS w, event_type, user_id, sum(c)::bigint AS n, sum(s), sum(s) / sum(c), max(m)
				FROM pane, generate_series(0, 4) i GROUP BY 1, 2, 3`,
		},
		{
			name: "session",
			ours: `SELECT user_id, window_start, window_end, count(*) AS n FROM SESSION(fileops PARTITION BY user_id, ts, INTERVAL '30 seconds') GROUP BY 1, 2, 3`,
			duck: `WITH marked AS (SELECT user_id, ts, CASE WHEN ts - lag(ts) OVER w < INTERVAL 30 SECOND THEN 0 ELSE 1 END AS first FROM fileops WINDOW w AS (PARTITION BY user_id ORDER BY ts)),
				numbered AS (SELECT user_id, ts, sum(first) OVER (PARTITION BY user_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS s FROM marked)
				SELECT user_id, s, min(ts), max(ts), count(*) AS n FROM numbered GROUP BY 1, 2`,
			click: `WITH marked AS (SELECT user_id, ts, if(row_number() OVER w > 1 AND ts - lagInFrame(ts) OVER w < 30, 0, 1) AS first FROM fileops
				WINDOW w AS (PARTITION BY user_id ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)),
				numbered AS (SELECT user_id, ts, sum(first) OVER (PARTITION BY user_id ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM marked)
				SELECT user_id, s, min(ts), max(ts), count(*) AS n FROM numbered GROUP BY 1, 2`,
			pgs: `WITH marked AS (SELECT user_id, ts, CASE WHEN ts - lag(ts) OVER w < INTERVAL '30 seconds' THEN 0 ELSE 1 END AS first FROM fileops WINDOW w AS (PARTITION BY user_id ORDER BY ts)),
				numbered AS (SELECT user_id, ts, sum(first) OVER (PARTITION BY user_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS s FROM marked)
				SELECT user_id, s, min(ts), max(ts), count(*) AS n FROM numbered GROUP BY 1, 2`,
		},
		{
			name:  "distinct",
			ours:  `SELECT window_start, count(DISTINCT file_path) AS n FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1`,
			duck:  `SELECT epoch_us(ts) // 1000000 AS w, count(DISTINCT file_path) AS n FROM fileops GROUP BY 1`,
			click: `SELECT toStartOfSecond(ts) AS w, uniqExact(file_path) AS n FROM fileops GROUP BY 1`,
			pgs:   `SELECT date_trunc('second', ts) AS w, count(DISTINCT file_path) AS n FROM fileops GROUP BY 1`,
		},
		{
			name:  "approx",
			about: true,
			ours:  `SELECT window_start, approx_count_distinct(file_path) AS n FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1`,
			duck:  `SELECT epoch_us(ts) // 1000000 AS w, approx_count_distinct(file_path) AS n FROM fileops GROUP BY 1`,
			click: `SELECT toStartOfSecond(ts) AS w, uniq(file_path) AS n FROM fileops GROUP BY 1`,
			pgs:   `SELECT date_trunc('second', ts) AS w, count(DISTINCT file_path) AS n FROM fileops GROUP BY 1`,
		},
	}
}
