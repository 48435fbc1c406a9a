// Package invariant checks what must hold, in test builds only.
//
// With the build tag invariants, Check panics when its condition is false and Poison overwrites memory that a
// borrower should no longer read. Without the tag both are empty functions that inline away, so a check may stand
// in a hot loop.
//
// With the build tag planted, a process makes one of a few grave mistakes (Bug) when its environment asks for it.
//
// It is not for bad input: bytes from outside get an error, only a programmer's mistake gets a panic.
package invariant
