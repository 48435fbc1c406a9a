package action

// farApart is from how many IDs a trigger on that ranks are kept in a map.
const farApart = 64

// ranks says at which place of a list each trigger is that an index may have.
type ranks struct {
	first uint32
	near  []uint32          // 1 and the rank, by the ID less first; 0: there is none
	far   map[uint32]uint32 // instead, where the IDs are far apart
}

func newRanks(all []*Trigger) ranks {
	var r ranks
	most, n := uint32(0), 0
	for _, t := range all {
		if !t.lookedUp() {
			continue
		}
		if n == 0 {
			r.first = t.ID
		}
		r.first, most = min(r.first, t.ID), max(most, t.ID)
		n++
	}
	switch {
	case n == 0:
		return r
	case int(most-r.first) < farApart*n:
		r.near = make([]uint32, most-r.first+1)
	default:
		r.far = make(map[uint32]uint32, n)
	}
	for i, t := range all {
		switch {
		case !t.lookedUp():
		case r.far != nil:
			r.far[t.ID] = uint32(i)
		default:
			r.near[t.ID-r.first] = uint32(i) + 1
		}
	}
	return r
}

// of gives the rank of the trigger of an ID.
func (r *ranks) of(id uint32) (rank uint32, known bool) {
	if r.far != nil {
		rank, known = r.far[id]
		return rank, known
	}
	if at := int64(id) - int64(r.first); at >= 0 && at < int64(len(r.near)) && r.near[at] > 0 {
		return r.near[at] - 1, true
	}
	return 0, false
}
