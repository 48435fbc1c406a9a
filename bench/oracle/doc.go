// Package oracle compares what the SQL front gives with what PostgreSQL 15 gives, for random expressions and queries. It
// holds tests only.
//
//	VEXSTREAM_TEST_POSTGRES=/run/postgresql go test ./bench/oracle
//	VEXSTREAM_TEST_SEED=17 ...                 repeats a run; each prints its seed
//	VEXSTREAM_TEST_SCALE=full ... -timeout 5h  100,000 expressions and queries instead of 2,000
//
// An expression runs over the rows of a table of every type, extremes and nulls among them; a query over three small
// tables. A difference is made small before it is printed. Differences that are meant stand in
// docs/postgresql-differences.md, and the generators keep away from just those.
//
// TestViews makes random materialized views over a stream and a table, writes to these, restarts and checkpoints in the
// middle, and compares each view after every step with its query in PostgreSQL over the same rows.
//
// TestRights runs random statements as random roles, which grant, revoke, give away and use objects: what is allowed, and what
// is said of what is not, must be as in PostgreSQL, and so must what the catalogs show of grants.
//
// The tests of TLP and NoREC need no PostgreSQL: they compare queries with other queries that must give the same.
package oracle
