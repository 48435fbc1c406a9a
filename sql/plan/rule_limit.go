package plan

import "github.com/vexfs/vexstream/engine/expr"

// pushLimit moves a limit below a projection, so that nothing is computed for rows that do not come, and gives it to each
// input of a union, too.
func pushLimit(n Node) Node {
	l, ok := n.(*Limit)
	if !ok {
		return n
	}
	switch in := l.Input.(type) {
	case *Project:
		return in.With([]Node{pushLimit(l.With([]Node{in.Input}))})
	case *Union:
		if l.Count == nil || l.Offset != nil {
			return n
		}
		u := &Union{Inputs: make([]Node, len(in.Inputs))}
		for i, side := range in.Inputs {
			if s, is := side.(*Limit); is && s.Offset == nil && expr.Equal(s.Count, l.Count) {
				return n
			}
			u.Inputs[i] = pushLimit(&Limit{Input: side, Count: l.Count})
		}
		return &Limit{Input: u, Count: l.Count}
	}
	return n
}
