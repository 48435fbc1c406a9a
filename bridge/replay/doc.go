// Package replay writes events down and plays them again, on any system: one JSON object per line, its keys the
// columns of events, what is null left out. ts is µs since 1970; flags is an array of names; context_hash and the
// identifiers are hexadecimal; content and metadata are JSON.
//
// It plays as fast as the engine takes it, with the recorded times and identifiers, so the same file gives the same
// rows every time. It waits for the engine, unlike a source that stands before a kernel: nothing is dropped.
//
// A line whose context_hash does not fit its fields is put into quarantine by the bridge. A line that is no event is
// counted and becomes a Loss row that names it.
package replay
