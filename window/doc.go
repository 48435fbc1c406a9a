// Package window is event time: which windows a row lies in, when a window is over, and which rows came too late.
//
//	          size 10, slide 4, offset 0: panes of gcd(10, 4) = 2
//	time   0   2   4   6   8   10  12  14  16  18
//	       ├───┴───┴───┴───┴───┤                      [0, 10)
//	               ├───┴───┴───┴───┴───┤              [4, 14)
//	                       ├───┴───┴───┴───┴───┤      [8, 18)
//	                         ▲ watermark 9: [−8, 2) and [−4, 6) are over, [0, 10) is open
//
// A row is folded once, into its pane, whatever the overlap; a window is a merge of panes. Windows are half-open.
//
// It reads no clock and does no input or output: the time of day is an argument, and what is late is told to whoever
// was given. Time that belongs to no calendar only: a window of months is refused long before it gets here.
//
// # Concurrency
//
// A Frame is a value. A Tracker and the operators are used by one goroutine at a time.
package window
