// Package segment is the epoch.Log on files: append-only segments, one write and one fdatasync per epoch.
//
// It does not look into blocks (engine/codec makes them, and packs them anew for Merge), decides no order (engine/epoch does), and has no index of
// keys (storage/badgerstore).
//
//	0000000000000001.seg                                   0000000000000002.seg
//	┌────────┬───────┬───────┬───────────────────────────┐ ┌────────┬───────────────────┬ ─ ─ ─ ─ ─ ─ ┐
//	│ header │ stage │ stage │ epoch 1: begin … commit   │ │ header │ epoch 2           │ zeros
//	└────────┴───────┴───────┴───────────────────────────┘ └────────┴───────────────────┴ ─ ─ ─ ─ ─ ─ ┘
//	                                                                 begin │ blocks │ commit  preallocated
//
// A record is a head of 72 bytes, with its own place and a CRC32C, and a body with a CRC32C of its own. The begin
// record has everything of an epoch but the rows, and says where each block lies, so that a scan reads only the
// blocks it wants. An epoch without a whole commit does not exist.
//
// Every head tells how much of its segment was durable when it was written. So after a crash a damaged place in the
// last segment is a torn write, and is cut off, unless a later record knows that the place had once been synced: then
// it is damage, and Open refuses with XX001. A clean Close leaves such a record behind, so that after it no bit can
// flip unseen. After a crash, damage to the very last epoch cannot be told from a torn write.
//
// Merge packs old segments tighter, one at a time and beside everything else. A merged segment has no records of epochs, but
// tables of their begins and a directory of their blocks; docs/storage-format.md has the bytes. It keeps its number, its
// name and the names of all places in it, so that nobody need know: a scan that opens a file looks what it has become.
//
// # Concurrency
//
// Append and Stage wait for each other; Read runs beside them on files of its own, and goes on over a Truncate: what a scan
// may still come to is removed when the scan ends. A failed fdatasync ends the log: nobody knows what the page cache still holds.
//
// # Ownership
//
// Append and Stage keep nothing of what they are given. Read lends its entries until visit returns.
package segment
