package ast

type (
	// DeclareCursor is DECLARE name CURSOR FOR a query or SUBSCRIBE.
	DeclareCursor struct {
		Pos
		Name   string
		Hold   bool
		Scroll bool
		Binary bool
		Stmt   Stmt // *SelectStmt or *Subscribe
	}

	// Fetch is FETCH or MOVE: how many rows, from where, of which cursor.
	Fetch struct {
		Pos
		Cursor string
		Count  int64  // negative: backward
		All    bool   // ALL, FORWARD ALL; with Count -1 BACKWARD ALL
		Where  string // "", "first", "last", "absolute", "relative": then Count is the place
		Move   bool
		With   []Option // timeout
	}

	// CloseCursor is CLOSE name, or CLOSE ALL (an empty name).
	CloseCursor struct {
		Pos
		Name string
	}

	// Listen is LISTEN channel.
	Listen struct{ Channel string }

	// Unlisten is UNLISTEN channel, or * (an empty channel).
	Unlisten struct{ Channel string }

	// Notify is NOTIFY channel [, payload].
	Notify struct{ Channel, Payload string }

	// Empty is a statement that is accepted and does nothing: LOCK TABLE, VACUUM, ANALYZE, CHECKPOINT. What is its tag.
	Empty struct {
		Pos
		What string
	}
)

// Tag is DECLARE CURSOR.
func (*DeclareCursor) Tag() string { return "DECLARE CURSOR" }

// Tag is FETCH or MOVE.
func (s *Fetch) Tag() string {
	if s.Move {
		return "MOVE"
	}
	return "FETCH"
}

// Tag is CLOSE CURSOR.
func (*CloseCursor) Tag() string { return "CLOSE CURSOR" }

// Tag is LISTEN.
func (*Listen) Tag() string { return "LISTEN" }

// Tag is UNLISTEN.
func (*Unlisten) Tag() string { return "UNLISTEN" }

// Tag is NOTIFY.
func (*Notify) Tag() string { return "NOTIFY" }

// Tag is the statement's own name.
func (s *Empty) Tag() string { return s.What }
