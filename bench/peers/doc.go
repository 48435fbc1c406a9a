// Command peers measures the FILEOPS queries in vexstream and in what else a user would pick, in one run: the same rows, in turn
// (A B C A B C), one core each, by the processor time that each takes. It prints, for each query, how many times as fast vexstream is, with the least and the greatest
// ratio of the rounds; below 1 the peer wins. It is a module of its own, as the peers need cgo and other ecosystems:
//
//	cd bench/peers && go run . -rows 5000000 -rounds 5
//	cd bench/peers && VEXSTREAM_TEST_POSTGRES=FOLDER go run . -rows 2000000 -rounds 3 -peers duckdb,clickhouse,postgres
//
// What is compared differs in kind, and that is the point: the peers hold the rows in a table and compute a query once, over
// all of them; vexstream keeps the query's result current, over batches of 8,192 rows and epochs of 64 Ki rows, and has it at
// every epoch. All begin with their rows in memory, and end with the result computed; nothing is sent to a client. Before any time counts, all
// must give the same number of rows and the same sum of counts; of approximations, one that differs by 15 % at most. All is asked twice: with
// event_type and user_id coded, as what each has for that, and as strings (-keys).
//
//   - DuckDB: a native table in memory, filled by COPY, threads = 1; "keys" are columns of type ENUM, as its guide to performance has it.
//   - ClickHouse, in a process of its own (chdb from npm, found under VEXSTREAM_PEERS, npm install chdb@3.4.0): a table of engine Memory, which is its
//     fastest (a MergeTree, which is for what stays, decompresses first, and answers tumble in three times the time), max_threads = 1; "keys" are LowCardinality(String); the result goes to the format Null.
//   - PostgreSQL 15 at VEXSTREAM_TEST_POSTGRES: a temporary table after ANALYZE, temp_buffers and work_mem 512 MB, no parallel workers,
//     jit as it comes; it has no type for keys beside enum, so both are text.
//
// Flink has its own kind of program (flink/src/main/java/Nexmark.java; pom.xml says what it is made of), which puts some of Nexmark's queries to its local
// mini-cluster, over files that bench/nexmark writes:
//
//	go run ./bench/nexmark -events 1000000 -write /tmp/nexmark
//	cd bench/peers/flink && mvn -q dependency:build-classpath -Dmdep.outputFile=/tmp/flink.cp && mkdir -p /tmp/flink &&
//	  javac -cp "$(cat /tmp/flink.cp)" -d /tmp/flink src/main/java/Nexmark.java &&
//	  java --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.time=ALL-UNNAMED \
//	    -Xmx3g -cp "/tmp/flink:$(cat /tmp/flink.cp)" Nexmark /tmp/nexmark 1000000 read q0 q1 q2 q5 q7 q8
//
// Its times have reading the CSV in them; so a comparison adds to those of bench/nexmark what its -write says that reading into columns takes.
package main
