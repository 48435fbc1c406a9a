// Package outbox does outside what epochs have asked for: once an epoch is durable, its entries are handed to who sends
// them, at least once each, over crashes and for as long as a receiver is away.
//
//	durable epochs ──Put──► waiting, by target ──Take──► Deliverer ──Settle──► gone
//	                             ▲                                   ├───────► dead letters
//	                             └────── again later ────────────────┘
//
// An entry's ID says which trigger asked for it and where its row stands, so that it is the same in every attempt and after
// every replay: a receiver that keeps the IDs it has seen gets each entry once.
//
// What waits is in the store, with a mark of the last epoch that was taken in: who follows the log asks for Through after a
// start and puts what came behind it. Putting an epoch twice changes nothing.
//
// # Receivers that fail
//
// An entry that failed waits longer each time; a target whose attempts fail one after the other gets none for a while, and so
// neither holds up other targets. An entry becomes a dead letter when its target will never take it, when it is older than
// MaxAge, or when too much waits already (Limits): rows are taken in all the same. The newest dead letters are kept.
//
// # Concurrency
//
// A Box is a step function without a clock or a goroutine, and belongs to one goroutine. A Runner gives it both: Run is its
// goroutine, which waits for those that it starts, and everything else may be called from any.
package outbox
