// Package flow is where goroutines come from: the boundary between two of them (Queue), the same work by several
// (Fork), several cores for an epoch's rows (Lanes, with the helpers of a Crew), and a set that ends together (Group). Operators themselves know nothing of goroutines.
//
//	committer ─ Push ─▶ [ copy │ copy │ copy ] ─▶ goroutine ─ Push ─▶ view
//	                    ◀──────── its errors, at the next call ────────
//
// A panic on a goroutine of this package ends what runs there with an error, never the process.
//
// It schedules nothing and prefers nobody; a Queue that is full makes its giver wait, and that is all the backpressure
// there is.
//
// # Concurrency
//
// A Queue or Fork is used by one goroutine, as stream.Sink says, and uses the Sinks behind it from its own. Who makes
// one must Close it; Close waits for the goroutines. Lanes are used by one goroutine, too, and leave nobody at work when Push
// returns; any goroutine may share its work with a Crew.
//
// # Ownership
//
// A batch is copied when it crosses to another goroutine, because its giver takes the buffers back when Push returns. Lanes copy
// nothing, because they return when nobody reads the batches any more.
package flow
