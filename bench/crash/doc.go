// Package crash kills nodes and betrays their disks, and then looks whether anything that was acknowledged is lost,
// anything counts twice, or a view differs from its query. It holds tests only.
//
//	go test ./bench/crash                             a few cycles of each
//	VEXSTREAM_TEST_SCALE=ci go test -v ./bench/crash  what CI runs; full: the long form; a number: so many cycles
//	VEXSTREAM_TEST_SEED=17 ...                        repeats the clients' choices; each run prints its seed
//
//	clients ──► node (a process of its own) ──✕ killed, cut off from its disk, out of space, ...
//	   │                  │ started again on the same folder
//	   ▼                  ▼
//	ledgers ─────────► compared: rows by client, table rows, transactions whole or not at all, views against their queries
//
// A client numbers what it writes and notes what was answered. After a crash the statement that was under way may be
// there, whole, or not: both are right, and the ledger goes on from what it finds.
package crash
