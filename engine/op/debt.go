package op

import "github.com/vexfs/vexstream/engine/stream"

// Divided is an operator whose rows may be folded in lanes: operators of its kind, which are given rows but no Advance. What
// they have folded is added to the operator's own groups when somebody asks what these are: a reader, a checkpoint, a window
// that closes, a listener. Until then nobody adds anything.
type Divided interface {
	stream.Sink
	// Begin has lanes go on from where the operator stands, before rows are pushed into them.
	Begin(lanes []Divided)
	// Owe says that the lanes have folded so many rows since Begin. It fails if a Collect has that nobody was told of.
	Owe(rows int) error
	// Owes says whether there is anything to collect.
	Owes() bool
	// Collect adds what the lanes have folded.
	Collect() error
	// Pays says whether it was much less to add than to fold, the last time.
	Pays() bool
	// Forget has a lane, of which all has been collected, give its memory back.
	Forget() error
	// Bytes is the memory of the state.
	Bytes() int64
}

// Worthwhile is how many rows must come to a group of a lane for adding groups up to pay.
const Worthwhile = 4

// Debt is what an operator has not collected yet from its lanes.
type Debt struct {
	Lanes []Divided
	rows  int
	loss  bool  // it was not worth it
	err   error // of a Collect that had nobody to tell
}

// Owe says that the lanes have folded so many rows more.
func (d *Debt) Owe(rows int) error {
	d.rows += rows
	return d.err
}

// Owes says whether there is anything to collect.
func (d *Debt) Owes() bool { return d.rows > 0 }

// Pays says whether the last Collect was much less work than the rows.
func (d *Debt) Pays() bool { return !d.loss }

// Settle collects by absorb, which gives how many groups the lanes had, if there is anything.
func (d *Debt) Settle(absorb func() (groups int, err error)) error {
	if d.err != nil || d.rows == 0 {
		return d.err
	}
	groups, err := absorb()
	d.loss, d.rows = Worthwhile*groups > d.rows, 0
	return err
}

// Later keeps an error of Settle for the next one.
func (d *Debt) Later(err error) {
	if d.err == nil {
		d.err = err
	}
}
