// Package node puts a node together: log, store, continuous queries, the sources it watches, and the protocols it
// answers. The binary, the demo, the tests and programs that embed vexstream all open the same Node.
//
//	watched folder ──► bridge source ─╮                          ╭─► pgwire (psql, drivers)
//	Appender, Emit, Session ──────────┴─► committer ─► log ─► views ─► httpapi (ready, metrics)
//	                                          data/log      data/store (catalog, checkpoints)
//
// It decides nothing about SQL or storage; it only connects rooms, one file per seam.
//
// # Concurrency
//
// A Node may be used from any goroutine. Open starts goroutines: one per source, one for checkpoints, those of the
// servers; the first Emit starts one that writes. Close ends and awaits all of them.
//
// # Ownership
//
// A Node owns its data folder: no other process can open it meanwhile.
package node
