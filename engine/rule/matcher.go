package rule

import (
	"slices"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// Matcher matches batches. It remembers, within limits, what it found of the values of dictionaries. One goroutine uses a
// Matcher at a time.
type Matcher struct {
	// Ctx is what rests are evaluated with: whoever uses now() or parameters sets them before a call of Match.
	Ctx expr.Ctx

	views []*view
	cols  []batch.Column
	run   restRun
	out   Matches
	heads []head
}

// NewMatcher makes a Matcher that knows nothing.
func NewMatcher() *Matcher { return new(Matcher) }

// Matches are the rules of rows, side by side: Rules[i], the ID of a rule, holds for row Rows[i]. They are in the order of
// rows, and for each row the rule with the highest priority comes first, then by name.
type Matches struct {
	Rows     []uint32
	Rules    []uint32
	Failures []Failure // by row and rule; no match of the same row and rule
}

// Failure is a rule that could not be decided for a row.
type Failure struct {
	Row  int
	Rule uint32
	Err  error
}

// Match gives the matches of the rows of b from row from on, up to row next: b.N, or less where there are more than MaxMatches.
// They are borrowed until the next call. The batch has the columns that the rules were compiled for.
func (m *Matcher) Match(x *Index, b *batch.Batch, from int) (out *Matches, next int) {
	m.follow(x)
	m.run.ctx = &m.Ctx
	if len(m.views) > 0 {
		m.cols = x.derived.beside(m.cols, &m.Ctx, b)
	}
	for _, v := range m.views {
		v.hits = v.hits[:0]
		v.begin(b, m.cols, len(x.derived.all))
	}
	for n := 0; from < b.N && n <= MaxMatches; {
		to := min(from+chunk, b.N)
		n = 0
		for _, v := range m.views {
			v.rows(from, to)
			n += len(v.hits) + len(v.pending)
		}
		from = to
	}
	m.out.Failures = m.out.Failures[:0]
	for _, v := range m.views {
		m.out.Failures = v.finish(&m.run, m.out.Failures)
	}
	m.merge()
	m.settle()
	return &m.out, from
}

// follow makes the views those of x, and keeps what is known of segments that stayed.
func (m *Matcher) follow(x *Index) {
	same := len(m.views) == len(x.parts)
	for i := range x.parts {
		p := &x.parts[i]
		if same && m.views[i].part == p {
			continue
		}
		same = false
		break
	}
	if same {
		return
	}
	views := make([]*view, 0, len(x.parts))
	for i := range x.parts {
		p := &x.parts[i]
		at := slices.IndexFunc(m.views, func(v *view) bool { return v.segment == p.segment })
		if at < 0 {
			views = append(views, newView(p))
			continue
		}
		m.views[at].part = p
		views = append(views, m.views[at])
	}
	m.views = views
}

// head is the next match of a view.
type head struct {
	*view
	at int
}

// merge puts the hits of all views in order.
func (m *Matcher) merge() {
	m.out.Rows, m.out.Rules = m.out.Rows[:0], m.out.Rules[:0]
	m.heads = m.heads[:0]
	for _, v := range m.views {
		if len(v.hits) > 0 {
			m.heads = append(m.heads, head{view: v})
		}
	}
	if len(m.heads) == 1 {
		h := &m.heads[0]
		for _, hit := range h.hits {
			m.out.Rows, m.out.Rules = append(m.out.Rows, uint32(hit>>32)), append(m.out.Rules, h.ids[uint32(hit)])
		}
		return
	}
	for len(m.heads) > 0 {
		first := 0
		for i := 1; i < len(m.heads); i++ {
			if m.heads[i].comesBefore(&m.heads[first]) {
				first = i
			}
		}
		h := &m.heads[first]
		hit := h.hits[h.at]
		m.out.Rows = append(m.out.Rows, uint32(hit>>32))
		m.out.Rules = append(m.out.Rules, h.ids[uint32(hit)])
		if h.at++; h.at == len(h.hits) {
			m.heads = slices.Delete(m.heads, first, first+1)
		}
	}
}

func (h *head) comesBefore(g *head) bool {
	a, b := h.hits[h.at], g.hits[g.at]
	if a>>32 != b>>32 {
		return a>>32 < b>>32
	}
	return before(&h.rules[uint32(a)], &g.rules[uint32(b)]) < 0
}

// settle puts the failures in order, and drops those of rules that held all the same.
func (m *Matcher) settle() {
	if len(m.out.Failures) == 0 {
		return
	}
	fs := m.out.Failures
	slices.SortStableFunc(fs, compareFailures)
	fs = slices.CompactFunc(fs, func(a, b Failure) bool { return compareFailures(a, b) == 0 })
	m.out.Failures = slices.DeleteFunc(fs, func(f Failure) bool {
		from, _ := slices.BinarySearch(m.out.Rows, uint32(f.Row))
		for i := from; i < len(m.out.Rows) && m.out.Rows[i] == uint32(f.Row); i++ {
			if m.out.Rules[i] == f.Rule {
				return true
			}
		}
		return false
	})
}

func compareFailures(a, b Failure) int {
	if a.Row != b.Row {
		return a.Row - b.Row
	}
	return int(int64(a.Rule) - int64(b.Rule))
}

// Bytes is about how much memory x occupies, without the rules' expressions.
func (x *Index) Bytes() int {
	n := 0
	for i := range x.parts {
		n += x.parts[i].bytes()
	}
	return n
}

func (s *segment) bytes() int {
	n := cap(s.rules)*int(unsafe.Sizeof(Rule{})) + 4*cap(s.byID) + cap(s.conds)*int(unsafe.Sizeof(cond{}))
	for _, j := range s.subjects {
		n += 4*cap(j.first) + entrySize*cap(j.entries) + 40*len(j.keys) + 24*len(j.numbers)
		for _, t := range []*trie{j.prefixes, j.suffixes} {
			if t != nil {
				n += t.bytes()
			}
		}
		if j.parts != nil {
			n += j.parts.bytes()
		}
		if j.ranges != nil {
			n += j.ranges.bytes()
		}
	}
	return n
}
