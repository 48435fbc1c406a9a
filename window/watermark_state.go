package window

import (
	"encoding/binary"
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// Standing is where one relation's watermark stands and why, for vex.watermarks.
type Standing struct {
	Relation uint32
	At       types.Micros // the watermark, MinTime: nothing is known yet
	Idle     bool         // no lane is active
	Held     bool         // a lane holds it: HeldBy and HeldSince mean something
	HeldBy   uint32
	// HeldSince is when that lane became the slowest, Moved when the watermark last moved; both by the clock that Marks
	// was given.
	HeldSince, Moved types.Micros
	Lanes            []LaneStanding // ascending by lane
}

// LaneStanding is where one lane stands.
type LaneStanding struct {
	Lane uint32
	At   types.Micros // newest event time that counted, without the delay
	Seen types.Micros // when rows last came
	Idle bool
}

// Explain says where every relation stood at the last Marks, ascending by relation.
func (t *Tracker) Explain() []Standing {
	out := make([]Standing, 0, len(t.relations))
	for _, r := range t.relations {
		if !r.known {
			continue
		}
		s := Standing{Relation: r.id, At: r.mark, Idle: r.idle, Held: r.holds, HeldBy: r.held, HeldSince: r.since, Moved: r.moved}
		for _, l := range r.lanes {
			s.Lanes = append(s.Lanes, LaneStanding{Lane: l.id, At: l.at, Seen: l.seen, Idle: l.idle})
		}
		out = append(out, s)
	}
	return out
}

// trackerVersion is the first byte of what Save writes.
const trackerVersion = 1

// Save appends where everything stands to dst. Policies are the catalog's, and are not saved; nor is what Observe took
// in since the last Marks.
func (t *Tracker) Save(dst []byte) []byte {
	dst = append(dst, trackerVersion)
	dst = binary.AppendUvarint(dst, uint64(len(t.relations)))
	for _, r := range t.relations {
		dst = binary.AppendUvarint(dst, uint64(r.id))
		dst = appendTimes(dst, r.mark, r.since, r.moved)
		dst = append(dst, flags(r.idle, r.holds))
		dst = binary.AppendUvarint(dst, uint64(r.held))
		dst = binary.AppendUvarint(dst, uint64(len(r.lanes)))
		for _, l := range r.lanes {
			dst = binary.AppendUvarint(dst, uint64(l.id))
			dst = appendTimes(dst, l.at, l.seen)
			dst = append(dst, flags(l.idle, false))
		}
	}
	return dst
}

// Load puts back what Save wrote, in place of everything but the policies. Relations that data does not know begin
// anew. Damaged data is XX001, and changes nothing.
func (t *Tracker) Load(data []byte) error {
	in := state.Decoder{Data: data}
	time := func() types.Micros { return types.Micros(in.Int()) }
	if v := in.Byte(); v != trackerVersion {
		return sqlerr.New(sqlerr.DataCorrupted, "watermarks are of version %d, this is version %d", v, trackerVersion)
	}
	n := in.Uint()
	var relations []*tracked
	for ; n > 0 && !in.Bad; n-- {
		r := &tracked{id: uint32(in.Uint()), mark: time(), since: time(), moved: time()}
		f := in.Byte()
		r.idle, r.holds = f&1 != 0, f&2 != 0
		r.held = uint32(in.Uint())
		for k := in.Uint(); k > 0 && !in.Bad; k-- {
			r.lanes = append(r.lanes, lane{id: uint32(in.Uint()), at: time(), seen: time(), idle: in.Byte()&1 != 0, next: types.MinTime})
		}
		in.Bad = in.Bad || len(relations) > 0 && relations[len(relations)-1].id >= r.id || !slices.IsSortedFunc(r.lanes, func(a, b lane) int { return int(int64(a.id) - int64(b.id)) })
		relations = append(relations, r)
	}
	if in.Bad || len(in.Data) > 0 {
		return sqlerr.New(sqlerr.DataCorrupted, "watermarks of %d bytes are damaged", len(data))
	}
	old := t.relations
	t.relations = relations
	for _, r := range old {
		if r.known {
			t.Register(r.id, r.policy)
		}
	}
	return nil
}

func appendTimes(dst []byte, ts ...types.Micros) []byte {
	for _, t := range ts {
		dst = binary.AppendVarint(dst, int64(t))
	}
	return dst
}

func flags(a, b bool) (f byte) {
	if a {
		f = 1
	}
	if b {
		f |= 2
	}
	return f
}
