package badgerstore

// Prefix is the first byte of every key of one user of the database. A byte that was ever given out is never given
// to another user.
type Prefix byte

// The users of the database.
const (
	Catalog    Prefix = 'c'
	Checkpoint Prefix = 'p' // pages of operators' state
	Table      Prefix = 't' // rows of tables
	Unique     Prefix = 'u' // unique indexes
	Segments   Prefix = 's' // index of merged segments
	Workflow   Prefix = 'w' // journal of workflows
	Outbox     Prefix = 'o'
	Node       Prefix = 'n' // what the node knows of itself
)
