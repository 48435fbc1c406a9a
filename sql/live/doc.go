// Package live keeps continuous queries running: the pipelines of materialized views, what they send on, and what
// survives a restart of them.
//
//	committer ──feed──► Group ┬ view a ──► tap ──► subscribers
//	                          │   │
//	                          │   └─► view b ──► tap
//	                          └ visible: the epoch that all of them stand at
//
// Views that read each other form a group. A group takes one epoch at a time: every member folds it, then the epoch
// becomes visible, all at once. Whoever reads pins the visible epoch; whoever subscribes gets a snapshot at it and then
// each later one. A group that is behind reads the log at its own pace; that is also how a new view is filled and how a
// restart catches up.
//
// # Concurrency
//
// One goroutine per group folds. Its lock, Group.mu, is held while an epoch is folded, and by whoever pins, subscribes,
// adds or removes a member: so all of these happen between two epochs.
package live
