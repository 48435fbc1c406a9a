package op

import (
	"context"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// NewChangingOver gives every row with the results of window functions, kept while rows come and go: where a row came or
// went, the rows that may see it are computed again. Rows that are equal in order go by their values.
func NewChangingOver(spec OverSpec, env *Env, next stream.Sink) *Recompute {
	n := &overNear{spec: spec, reach: reachOf(&spec), parts: map[string]*overPart{}}
	r := RecomputeSpec{
		Name: "window functions", Input: spec.Input, Prefix: len(spec.Partition), Apart: true,
		Results: spec.Schema()[len(spec.Input):],
		Compute: func(r *Region) ([]batch.Column, error) {
			q := n.partition(r, nil)
			return q.o.results(context.Background())
		},
	}
	for _, c := range spec.Partition {
		r.Order = append(r.Order, OrderKey{Col: c})
	}
	r.Order = append(r.Order, spec.Order...)
	n.of = NewRecompute(r, env, next)
	if !n.reach.whole {
		n.of.near, n.of.parts.places = n, true
	}
	return n.of
}

// overNear computes again what a change may have changed, and no more, in partitions of many rows:
//
//	... 4  5  6  7 [8] 9 10 11 12 13 ...    8 came: with sum(x) OVER (... ROWS 2 PRECEDING)
//	          ╰──┬──╯╰──┬──╯
//	             │   changed: they see 8
//	          looked at: 8 sees them
//
// What sees all rows before itself starts from a tally of those.
type overNear struct {
	of    *Recompute
	spec  OverSpec
	reach overReach
	// parts are the partitions of more than tallyRows rows that have been computed since somebody listens, and none of
	// whose rows failed: a failure makes all rows of its partition absent. It is only used while changes are sent.
	parts map[string]*overPart
}

func (n *overNear) forget() { clear(n.parts) }

func (n *overNear) bytes() (sum int64) {
	for group, p := range n.parts {
		sum += int64(len(group)) + overPartSize + p.bytes
	}
	return sum
}

// overPartSize is the memory of an overPart in its map.
const overPartSize = 96

// partition is a region as rows that window functions go through; all of them get results.
func (n *overNear) partition(r *Region, tally *overTally) *partition {
	o := &over{spec: n.spec, rows: r.Rows, parts: make([]overRow, 0, len(r.Places))}
	for i, place := range r.Places {
		o.parts = append(o.parts, overRow{key: o.keys.add([]byte(place)), mid: uint32(r.Prefix), row: uint32(i)})
	}
	p := &partition{o: o, hi: r.Rows.N, to: r.Rows.N, tally: tally}
	p.peers()
	return p
}

func (n *overNear) changed(ctx context.Context, old, now sorted, touched []Place, ep *batch.Epoch) error {
	for len(touched) > 0 {
		group, k := touched[0].Partition, 1
		for k < len(touched) && touched[k].Partition == group {
			k++
		}
		done, err := false, error(nil)
		if p := n.parts[group]; p != nil {
			done, err = n.parted(ctx, old, now, p, touched[:k], ep)
		}
		if err == nil && !done {
			err = n.anew(ctx, old, now, group, ep)
		}
		if err != nil {
			return err
		}
		touched = touched[k:]
	}
	return nil
}

// anew computes the whole partition again.
func (n *overNear) anew(ctx context.Context, old, now sorted, group string, ep *batch.Epoch) error {
	delete(n.parts, group)
	was, is := n.of.region(old, group, group, ""), n.of.region(now, group, group, "")
	if is.Rows.N > tallyRows {
		p := &overPart{}
		if err := n.learn(p, n.partition(&is.Region, nil), is.Places); err != nil {
			return err
		}
		n.parts[group] = p
	}
	return n.of.difference(ctx, was, is, ep)
}

func (n *overNear) learn(p *overPart, q *partition, places []string) error {
	if !n.reach.running || p.blocked {
		return nil
	}
	return p.learn(q, places)
}

// span is the places from lo to hi of a partition; hi empty: to its end.
type span struct{ lo, hi string }

// parted computes the parts of a partition again that the touched places may have changed. done is false if a row failed:
// nothing has been sent then.
func (n *overNear) parted(ctx context.Context, old, now sorted, p *overPart, touched []Place, ep *batch.Epoch) (done bool, err error) {
	group := touched[0].Partition
	p.cut(touched[0].At)
	var was, is []*given
	for _, sp := range n.spans(old, now, touched) {
		for _, side := range []struct {
			s   sorted
			to  *[]*given
			now bool
		}{{old, &was, false}, {now, &is, true}} {
			g, err := n.given(side.s, p, group, sp, side.now)
			if err != nil {
				return false, nil // as a whole it is absent
			}
			*side.to = append(*side.to, g)
		}
	}
	for i := range was {
		if err := n.of.difference(ctx, was[i], is[i], ep); err != nil {
			return true, err
		}
	}
	if now.firstOf(group) == "" {
		delete(n.parts, group)
	}
	return true, nil
}

// spans gives the parts of a partition that may have changed. They do not overlap.
func (n *overNear) spans(old, now sorted, touched []Place) []span {
	var out []span
	for _, at := range touched {
		sp := span{lo: at.At, hi: at.At}
		for _, s := range []sorted{old, now} {
			lo, hi := n.reach.stretch(s, at)
			if sp.lo = min(sp.lo, lo); sp.hi != "" {
				sp.hi = max(sp.hi, hi)
			}
			if hi == "" {
				sp.hi = ""
			}
		}
		if k := len(out) - 1; k < 0 || sp.lo > out[k].hi {
			out = append(out, sp)
		} else if out[k].hi = max(out[k].hi, sp.hi); sp.hi == "" {
			out[k].hi = ""
		}
		if sp.hi == "" { // what is touched later reaches back less far
			break
		}
	}
	return out
}

// given computes a part of a partition. learn makes the tallies that are missing.
func (n *overNear) given(s sorted, p *overPart, group string, sp span, learn bool) (*given, error) {
	r, tally := n.around(s, p, group, sp)
	q := n.partition(r, tally)
	q.from, _ = slices.BinarySearch(r.Places, sp.lo)
	if sp.hi != "" {
		q.to, _ = slices.BinarySearch(r.Places, sp.hi+"\x00")
	}
	rows := r.Rows.Slice(q.from, q.to)
	g := &given{Region: Region{Rows: *rows, Places: r.Places[q.from:q.to], Prefix: r.Prefix, records: r.records[q.from:q.to]}, cols: rows.Cols}
	for i := range n.spec.Calls {
		c := &n.spec.Calls[i]
		b := batch.NewBuilder(c.Result, q.to-q.from)
		if err := q.call(c, b); err != nil {
			return nil, err
		}
		g.cols = append(g.cols, b.Finish())
	}
	if learn {
		return g, n.learn(p, q, r.Places)
	}
	return g, nil
}

// around gives the rows that those of a part look at. With a tally come the partition's first row and the rows that are not
// in it.
func (n *overNear) around(s sorted, p *overPart, group string, sp span) (*Region, *overTally) {
	first, last := n.reach.context(s, group, sp.lo, sp.hi)
	var tally *overTally
	if n.reach.running {
		if tally = p.before(first); tally == nil {
			first = group
		} else if next := s.onward(group, tally.place, 1, 0); next != tally.place {
			first = next
		} // else no row is behind it, and none at first
	}
	var records []weighted
	if begin := s.firstOf(group); begin != "" && (tally != nil || n.reach.first && first > begin) {
		records = collect(records, s, group, begin, begin, true)[:1]
	}
	return regionOf(n.spec.Input, group, collect(records, s, group, first, last, true)), tally
}
