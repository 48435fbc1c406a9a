package plan

import (
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// span is what the condition of a join says of two times, one on each side: in a pair early is at most late and Plus more.
// Columns are the joined ones.
type span struct {
	early, late int
	plus        types.Micros
}

// spans reads them out of keys and condition.
func (j *Join) spans() (out []span) {
	width := Width(j.Left)
	for _, k := range j.Keys {
		l, ok := expr.IsCol(k.Left)
		r, is := expr.IsCol(k.Right)
		if ok && is && isTime(k.Left) {
			out = append(out, span{early: l, late: r + width}, span{early: r + width, late: l})
		}
	}
	if j.On == nil {
		return out
	}
	for _, t := range expr.Terms(j.On) {
		op, a, b, ok := expr.Comparison(t)
		if !ok || !isTime(a) {
			continue
		}
		ca, pa, ok := expr.Moved(a)
		cb, pb, is := expr.Moved(b)
		if !ok || !is || (ca < width) == (cb < width) {
			continue
		}
		if op == "<" || op == "<=" || op == "=" { // what a day takes is not known to the hour: pa, pb are from least to most
			out = append(out, span{early: ca, late: cb, plus: pb.Most - pa.Least})
		}
		if op == ">" || op == ">=" || op == "=" {
			out = append(out, span{early: cb, late: ca, plus: pa.Most - pb.Least})
		}
	}
	return out
}

func isTime(x expr.Expr) bool { return x.Type() == types.Timestamptz || x.Type() == types.Timestamp }

// JoinEnd says when rows of one side of a join go: when the watermarks that bound column Partner of the other side have
// passed column Column, moved by Plus. Rows of the other side are late then whose Partner is before the watermarks.
type JoinEnd struct {
	Column, Partner int // of their own sides
	Plus            types.Micros
	Until           Times
}

// Ends says when rows of each side go, left and right; nil: they stay. Only a join that judges lateness lets
// rows go, and that is an inner one or gives rows once.
func (j *Join) Ends() (ends [2]*JoinEnd) {
	if !j.Judge || j.AsOf || j.Kind != InnerJoin && !j.Once || !j.Left.AppendOnly() || !j.Right.AppendOnly() {
		return ends
	}
	width := Width(j.Left)
	times := append(append([]Times(nil), j.Left.Times()...), j.Right.Times()...)
	for _, s := range j.spans() {
		side, own, other := 0, s.late, s.early-width
		if s.late >= width {
			side, own, other = 1, s.late-width, s.early
		}
		if ends[side] == nil && len(times[s.early]) > 0 {
			ends[side] = &JoinEnd{Column: own, Partner: other, Plus: s.plus, Until: times[s.early]}
		}
	}
	return ends
}

// OuterOnce says whether j is of a kind that tells what has no match, or that there is one, and could do so once for each row.
func (j *Join) OuterOnce() bool {
	switch j.Kind {
	case LeftJoin, FullJoin, SemiJoin, AntiJoin:
		return !j.AsOf && !j.Single && !j.Value
	}
	return false
}

// Times are those of an inner join whose condition compares them: a pair comes with the later one of its rows, so a time is
// bounded by its own side and, through what the condition says, by the other one. A join as of a time passes left rows on as
// they come.
func (j *Join) Times() []Times {
	out := make([]Times, Width(j))
	if j.AsOf {
		copy(out, j.Left.Times())
		return out
	}
	if j.Kind != InnerJoin {
		return out
	}
	times := append(append([]Times(nil), j.Left.Times()...), j.Right.Times()...)
	for _, s := range j.spans() {
		if at := s.late; out[at] == nil && len(times[at]) > 0 && len(times[s.early]) > 0 {
			out[at] = append(append(Times(nil), times[at]...), times[s.early].later(max(s.plus, 0))...)
		}
	}
	return out
}

// JudgeJoins makes the joins of a plan that can let rows go do so, and leave out what comes later than a watermark by
// lateness.
func JudgeJoins(n Node, lateness types.Micros) Node {
	return up(n, func(n Node) Node {
		j, ok := n.(*Join)
		if !ok {
			return n
		}
		d := *j
		d.Judge, d.Lateness = true, lateness
		if e := d.Ends(); e[0] == nil && e[1] == nil {
			return n
		}
		return &d
	})
}
