package plan

// Width is the number of columns that n gives. It spares making a schema to count it.
func Width(n Node) int {
	n = under(n)
	switch n := n.(type) {
	case *Scan:
		return len(n.Columns)
	case *Values:
		return len(n.Columns)
	case *Project:
		return len(n.Exprs)
	case *Aggregate:
		return len(n.Keys) + len(n.Aggs)
	case *Hop:
		return len(n.Keys) + len(n.Aggs)
	case *Window:
		return Width(n.Input) + windowColumns
	case *Over:
		return Width(n.Input) + len(n.Calls)
	case *Union:
		return Width(n.Inputs[0])
	case *Join:
		switch n.Kind {
		case SemiJoin, AntiJoin:
			return Width(n.Left)
		case MarkJoin:
			return Width(n.Left) + 1
		}
		return Width(n.Left) + Width(n.Right)
	}
	return len(n.Schema())
}

// under gives the node below those that give the columns of their input as they are.
func under(n Node) Node {
	for {
		switch x := n.(type) {
		case *Filter:
			n = x.Input
		case *Order:
			n = x.Input
		case *Limit:
			n = x.Input
		case *TopN:
			n = x.Input
		case *Distinct:
			n = x.Input
		case *Shared:
			n = x.Of.Plan
		default:
			return n
		}
	}
}
