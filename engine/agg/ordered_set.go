package agg

import (
	"math"
	"strconv"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// appendMode gives the value that comes most often, of several the first in order.
func (l *Layout) appendMode(b *batch.Builder, i int, s *Set) {
	var best, now batch.Column
	var most, n int64
	last, any := "", false
	d := l.reader(i)
	s.EachRecord(func(record string, w int64) bool {
		if key, _ := split(record); !any || key != last {
			now, n, last, any = d.fields(record, nil)[0].Clone(), 0, key, true
		}
		if n += w; n > most {
			best, most = now, n
		}
		return true
	})
	if most == 0 {
		b.Null()
		return
	}
	b.Append(&best, 0)
}

// place is a value among the sorted ones: the row numbers, from 0, between which it lies, and how far along.
type place struct {
	lo, hi int64
	share  float64
	null   bool
}

// appendPercentile gives percentile_disc or percentile_cont of one fraction or of an array of them.
func (l *Layout) appendPercentile(b *batch.Builder, i int, s *Set, k Kind) error {
	n := int64(0)
	first := ""
	s.EachRecord(func(record string, w int64) bool {
		if n == 0 {
			first = record
		}
		n += w
		return true
	})
	if n == 0 {
		b.Null()
		return nil
	}
	f := l.reader(i).fields(first, nil) // of the value and the fraction, which is the same in every row
	if f[1].Null(0) {
		b.Null()
		return nil
	}
	if l.Calls[i].Arg != types.Float8Array {
		at, err := placeOf(batch.Values[float64](&f[1])[0], n, k)
		if err != nil {
			return err
		}
		return l.appendPlaces(b, i, s, []place{at})
	}
	a, err := types.OpenArray(f[1].At(0))
	if err != nil {
		return err
	}
	var places []place
	for {
		elem, null, ok := a.Next()
		if !ok {
			break
		}
		if null {
			places = append(places, place{null: true})
			continue
		}
		one := batch.NewBuilder(types.Float8, 1)
		if err := value.ParseBinary(one, elem); err != nil {
			return err
		}
		c := one.Finish()
		at, err := placeOf(batch.Values[float64](&c)[0], n, k)
		if err != nil {
			return err
		}
		places = append(places, at)
	}
	values := batch.NewBuilder(l.Calls[i].Ordered[0], len(places))
	if err := l.appendPlaces(values, i, s, places); err != nil {
		return err
	}
	c := values.Finish()
	out := types.AppendArrayDims(nil, c.Type, c.Nulls() > 0, a.Dims, a.Bounds)
	for r := range c.N {
		if c.Null(r) {
			out = types.AppendArrayNull(out)
		} else {
			out = types.AppendArrayItem(out, value.AppendBinary(nil, &c, r))
		}
	}
	b.Bytes(out)
	return nil
}

func placeOf(p float64, n int64, k Kind) (place, error) {
	if !(p >= 0 && p <= 1) {
		return place{}, sqlerr.New(sqlerr.NumericValueOutOfRange, "percentile value %s is not between 0 and 1", fraction(p))
	}
	if k == PercentileDisc {
		at := max(int64(math.Ceil(p*float64(n)))-1, 0)
		return place{lo: at, hi: at}, nil
	}
	x := p * float64(n-1)
	lo := math.Floor(x)
	return place{lo: int64(lo), hi: int64(math.Ceil(x)), share: x - lo}, nil
}

// fraction writes a number as C's %g does.
func fraction(p float64) string {
	if math.IsNaN(p) {
		return "nan"
	}
	if math.IsInf(p, 0) {
		return map[bool]string{true: "inf", false: "-inf"}[p > 0]
	}
	return strconv.FormatFloat(p, 'g', 6, 64)
}

// appendPlaces appends the values at the given places.
func (l *Layout) appendPlaces(b *batch.Builder, i int, s *Set, places []place) error {
	found := map[int64]batch.Column{}
	for _, p := range places {
		if !p.null {
			found[p.lo], found[p.hi] = batch.Column{}, batch.Column{}
		}
	}
	d := l.reader(i)
	at := int64(0)
	missing := len(found)
	s.EachRecord(func(record string, w int64) bool {
		for want := range found {
			if want >= at && want < at+w {
				found[want] = d.fields(record, nil)[0].Clone()
				missing--
			}
		}
		at += w
		return missing > 0
	})
	for _, p := range places {
		lo, hi := found[p.lo], found[p.hi]
		switch {
		case p.null:
			b.Null()
		case p.lo == p.hi || p.share == 0:
			b.Append(&lo, 0)
		case lo.Type.OID == types.OIDInterval:
			v, ok := expr.BetweenSpans(types.SpanOf(batch.Values[[16]byte](&lo)[0]), types.SpanOf(batch.Values[[16]byte](&hi)[0]), p.share)
			if !ok {
				return sqlerr.New(sqlerr.DatetimeFieldOverflow, "interval out of range")
			}
			batch.Put(b, v.Fixed16())
		default:
			x, y := batch.Values[float64](&lo)[0], batch.Values[float64](&hi)[0]
			batch.Put(b, x+p.share*(y-x))
		}
	}
	return nil
}

// appendHypothetical says where a row of the call's arguments would stand among the records.
func (l *Layout) appendHypothetical(b *batch.Builder, i int, s *Set) {
	var before, same, total, groups int64
	last, any := "", false
	s.EachRecord(func(record string, n int64) bool {
		key, row := split(record)
		total += n
		switch {
		case key < row:
			before += n
			if !any || key != last {
				groups++
			}
		case key == row:
			same += n
		}
		last, any = key, true
		return true
	})
	switch l.Calls[i].Kind {
	case Rank:
		batch.Put(b, before+1)
	case DenseRank:
		batch.Put(b, groups+1)
	case PercentRank:
		share := 0.0
		if total > 0 {
			share = float64(before) / float64(total)
		}
		batch.Put(b, share)
	default:
		batch.Put(b, float64(before+same+1)/float64(total+1))
	}
}
