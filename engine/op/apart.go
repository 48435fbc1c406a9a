package op

import (
	"cmp"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
)

// Apart is groups that a lane folds rows into, apart from those of an operator, to which they are added from time to time:
//
//	lane 0   a 3   b 1         what was added is zero again, and the
//	lane 1   b 2   c 5         groups stay for the rows that come next
//	         └──┬────┘
//	       a 3  b 3  c 5
//
// The sums of a lane are exact as those of the operator are, so nobody can tell how many lanes there were. Not even by the
// groups' numbers: those that are new get theirs in the order of their first rows.
type Apart struct {
	Groups *Groups
	to     *Groups  // where at points
	at     []uint32 // by group: its number there

	into, from []uint32 // scratch
}

// NewApart makes an Apart without groups, of the lane's Shape.
func NewApart(s *Shape) *Apart {
	p := &Apart{Groups: NewGroups(s)}
	p.Groups.places = []uint64{}
	return p
}

// Bytes is the memory held, without the shape's strings.
func (p *Apart) Bytes() int64 {
	return p.Groups.Bytes() + int64(4*cap(p.at)+8*cap(p.Groups.places))
}

// Divisible says whether groups of s may be folded apart: all that a group keeps can be added up, and no key has
// several spellings.
func (s *Shape) Divisible() bool { return s.Layout.Additive() && len(s.spellings.keys) == 0 }

// translation gives the codes that strings of a lane have among those of the operator.
type translation struct {
	from, to *group.Strings
	codes    []uint64 // plus 1, by code
}

// Translation is what a lane knows of an operator's strings.
type Translation struct{ translation }

func (t *Translation) between(from, to *Shape) {
	if t.from != from.Strings || t.to != to.Strings {
		t.translation = translation{from: from.Strings, to: to.Strings, codes: t.codes[:0]}
	}
	for n := from.Strings.Len(); len(t.codes) < n; {
		t.codes = append(t.codes, 0)
	}
}

// word translates a code plus 1; 0 is a null, or no text.
func (t *Translation) word(w uint64) uint64 {
	if w == 0 {
		return 0
	}
	c := &t.codes[w-1]
	if *c == 0 {
		*c = uint64(t.to.Code(t.from.At(uint32(w-1)))) + 1
	}
	return *c
}

// Reset forgets what was translated.
func (t *Translation) Reset() { t.translation = translation{} }

// novel is a group of a lane that the operator may not have.
type novel struct {
	place       uint64 // of its first row
	part, group uint32
}

// placeOf is the place of a row among all rows that come.
func placeOf(b *batch.Batch, r int) uint64 {
	place := uint64(b.SeqAt(r))
	if b.Epoch != nil {
		place |= b.Epoch.No << 32
	}
	return place
}

// Absorb adds what lanes have folded apart, each with its Translation, and gives how many groups were added to. What they
// have is zero then. The epoch has been set.
func (g *Groups) Absorb(parts []*Apart, by []*Translation) (added int) {
	if g.shape.Keys.Len() == 0 {
		g.single()
	}
	g.locate(parts, by)
	for i, p := range parts {
		added += g.add(p, by[i])
	}
	return added
}

// locate gives each group of the lanes a number in g.
func (g *Groups) locate(parts []*Apart, by []*Translation) {
	var all []novel
	for i, p := range parts {
		by[i].between(p.Groups.shape, g.shape)
		known := len(p.at)
		if p.to != g {
			p.to, p.at, known = g, p.at[:0], 0
		}
		for r := known; r < p.Groups.Pages.Len(); r++ {
			n := novel{part: uint32(i), group: uint32(r)}
			if k := r - (p.Groups.Pages.Len() - len(p.Groups.places)); k >= 0 {
				n.place = p.Groups.places[k]
			}
			all = append(all, n)
			p.at = append(p.at, 0)
		}
		p.Groups.places = p.Groups.places[:0]
	}
	slices.SortFunc(all, func(a, b novel) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.part, b.part), cmp.Compare(a.group, b.group))
	})
	var fresh []uint32
	var key []uint64
	for _, n := range all {
		p := parts[n.part]
		row := p.Groups.Pages.Row(n.group)
		key = g.shape.translated(key[:0], p.Groups.shape.key(row), by[n.part])
		at, ok := g.Find(key)
		if !ok {
			at = g.Add(key)
			fresh = append(fresh, at)
		}
		p.at[n.group] = at
	}
	for _, x := range g.indexes {
		x.each(g, fresh, x.insert)
	}
}

// translated appends the words of a lane's key as s has them.
func (s *Shape) translated(dst, key []uint64, by *Translation) []uint64 {
	for k, w := range key {
		if k < s.Keys.Len() && s.Keys.Coded(k) {
			w = by.word(w)
		}
		dst = append(dst, w)
	}
	return dst
}

// add adds the groups of a lane that have rows.
func (g *Groups) add(p *Apart, by *Translation) int {
	s, from := g.shape, p.Groups.Pages
	groups, rows := p.into[:0], p.from[:0]
	for r := range uint32(from.Len()) {
		if from.Row(r)[0] == 0 {
			continue
		}
		groups, rows = append(groups, p.at[r]), append(rows, r)
	}
	p.into, p.from = groups, rows
	s.addr = g.Pages.Touch(groups, s.addr)
	texts := s.Layout.TextWords()
	strings := s.Strings.Freeze()
	for i, r := range rows {
		row := from.Row(r)
		if len(texts) > 0 {
			for _, at := range texts {
				row[at] = by.word(row[at])
			}
			strings = s.Strings.Freeze()
		}
		s.Layout.AddRow(g.Pages, groups[i], row, from, r, strings)
		row[0] = 0
		clear(row[s.base:])
		for b := range s.Layout.Sets {
			if from.Box(r, b, s.Layout.Sets) != nil {
				from.SetBox(r, b, s.Layout.Sets, nil)
			}
		}
	}
	if g.Track {
		g.mark(groups)
	}
	return len(rows)
}
