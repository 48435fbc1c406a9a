package plan

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// Session gives each row with the bounds of its session as three more columns: rows with equal keys, each less than Gap
// after the one before. A row whose time is null lies in none. Which session a row lies in depends on other rows, so no
// filter may move below.
type Session struct {
	Input    Node
	Time     int // column of the input: timestamptz or timestamp
	Keys     []expr.Expr
	Gap      types.Micros
	Lateness types.Micros // how long after its end a session takes rows
	Judge    bool         // drop and report rows that come too late
	OnClose  bool         // give the rows of a session once, when it is over
}

// Schema is the input's and the window's columns.
func (s *Session) Schema() batch.Schema {
	out := slices.Clone(s.Input.Schema())
	for _, name := range WindowNames {
		out = append(out, batch.Field{Name: name, Type: out[s.Time].Type, NotNull: true})
	}
	return out
}

// Children is the input.
func (s *Session) Children() []Node { return []Node{s.Input} }

// Times bounds the end of a session that is given when it is over. Else a session goes back as far as its rows follow each
// other.
func (s *Session) Times() []Times {
	in := s.Input.Times()
	if !s.OnClose {
		return append(slices.Clone(in), make([]Times, windowColumns)...)
	}
	end := in[s.Time].later(s.Lateness)
	return append(make([]Times, len(in)), nil, end, end)
}

// AppendOnly is true when sessions are given once. Else a later row moves the end of the rows before it.
func (s *Session) AppendOnly() bool { return s.OnClose && s.Input.AppendOnly() }

// With is the same over another input.
func (s *Session) With(c []Node) Node {
	d := *s
	d.Input = c[0]
	return &d
}

// Describe shows the gap and the keys.
func (s *Session) Describe() Description {
	d := Description{Name: "Window"}
	d.add("Frame", "session, gap "+duration(s.Gap))
	d.add("Time", s.Input.Schema()[s.Time].Name)
	if len(s.Keys) > 0 {
		keys := make([]string, len(s.Keys))
		for i, k := range s.Keys {
			keys[i] = k.String()
		}
		d.add("Partition", strings.Join(keys, ", "))
	}
	if s.OnClose {
		d.add("Emit", "on window close")
	}
	if s.Lateness != 0 {
		d.add("Lateness", duration(s.Lateness))
	}
	return d
}

func pruneSession(n *Session, need []bool) (Node, []int) {
	width := len(need) - windowColumns
	read := with(need[:width], []int{n.Time})
	mark(read, n.Keys...)
	in, to := prune(n.Input, read)
	d := *n
	d.Input, d.Time, d.Keys = in, to[n.Time], remapAll(n.Keys, at(to))
	out := slices.Clone(to)
	for i := range windowColumns {
		out = append(out, Width(in)+i)
	}
	return &d, out
}
