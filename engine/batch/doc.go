// Package batch is the one currency of the engine: rows in Arrow's layout, from 1 to MaxRows of them, dense.
//
//	Batch  ┬ Epoch           which commit the rows belong to
//	       ├ Diff []int64     each row's weight; nil: all +1
//	       ├ Seq              each row's place in its epoch
//	       └ Cols []Column ── Valid  bitmap, nil: no nulls
//	                       ├─ Fixed  little-endian values, or Bits for booleans
//	                       ├─ Offsets + Data   strings and the like
//	                       └─ Codes + Dict     the same, dictionary-coded
//
// The buffers are Arrow's own (validity, values, offsets, bytes, indices), so that ToRecord and FromRecord copy
// nothing but headers; an arrow.Record is made only at the edges, because making one costs microseconds.
//
// There are no slices with an offset inside the engine: row 0 of a Column is bit 0 and byte 0 of its buffers, so no
// kernel carries an offset. Slice copies bitmaps to keep that true.
//
// # Ownership
//
// A Batch that is handed to a Sink is borrowed until Push returns: the giver may overwrite its buffers afterwards.
// Who wants to keep rows calls Clone. Nobody but the owner writes to a Batch, and nobody writes to a dictionary's
// existing entries. There are no reference counts; batches are garbage-collected memory, reused by their owners.
//
// Every buffer allocated here has Padding readable bytes past its end, so that kernels may load whole words there.
// Buffers that came from outside (Arrow IPC) may not: FromRecord copies those that lack it.
package batch
