package invariant

// Bug is a mistake that a build with the tag planted can make, so that the tests can show that they would find it.
type Bug string

// The bugs that there are.
const (
	UnsyncedCommit  Bug = "unsynced-commit"  // an epoch is not synced before it counts
	EarlyCheckpoint Bug = "early-checkpoint" // a checkpoint names the epoch after the one it holds
	EarlyAnswer     Bug = "early-answer"     // a writer is answered before its epoch is in the log
	LostProducers   Bug = "lost-producers"   // a restart does not know what producers have sent
)
