package agg

import (
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// appendPairs computes the statistics over pairs (Y, X) from sums of squares about the means (Youngs and Cramer 1971),
// as PostgreSQL does (float.c, float8_regr_accum), but in the order of the values.
func (l *Layout) appendPairs(b *batch.Builder, i int, s *Set, k Kind) error {
	var n, sx, sxx, sy, syy, sxy float64
	l.visit(i, s, func(f []batch.Column, w int64) bool {
		y, x := batch.Values[float64](&f[0])[0], batch.Values[float64](&f[1])[0]
		for ; w > 0; w-- {
			n++
			sx += x
			sy += y
			if n == 1 {
				if math.IsInf(x, 0) || x != x {
					sxx, sxy = math.NaN(), math.NaN()
				}
				if math.IsInf(y, 0) || y != y {
					syy, sxy = math.NaN(), math.NaN()
				}
				continue
			}
			dx, dy := x*n-sx, y*n-sy
			scale := 1 / (n * (n - 1))
			sxx += dx * dx * scale
			syy += dy * dy * scale
			sxy += dx * dy * scale
		}
		return true
	})
	if k == RegrCount {
		batch.Put(b, int64(n))
		return nil
	}
	for _, v := range []float64{sx, sxx, sy, syy, sxy} {
		if math.IsInf(v, 0) && n > 0 && !l.infinite(i, s) {
			return sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: overflow")
		}
	}
	v, ok := pairResult(k, n, sx, sxx, sy, syy, sxy)
	if !ok {
		b.Null()
		return nil
	}
	batch.Put(b, v)
	return nil
}

// infinite says whether some value is.
func (l *Layout) infinite(i int, s *Set) (found bool) {
	l.visit(i, s, func(f []batch.Column, _ int64) bool {
		for c := range f {
			v := batch.Values[float64](&f[c])[0]
			found = found || math.IsInf(v, 0) || v != v
		}
		return !found
	})
	return found
}

// pairResult gives the statistic; ok is false where it is null.
func pairResult(k Kind, n, sx, sxx, sy, syy, sxy float64) (v float64, ok bool) {
	switch k {
	case CovarSamp:
		return sxy / (n - 1), n >= 2
	case CovarPop:
		return sxy / n, n >= 1
	case Corr:
		return sxy / math.Sqrt(sxx*syy), n >= 1 && sxx != 0 && syy != 0
	case RegrAvgx:
		return sx / n, n >= 1
	case RegrAvgy:
		return sy / n, n >= 1
	case RegrSxx:
		return sxx, n >= 1
	case RegrSyy:
		return syy, n >= 1
	case RegrSxy:
		return sxy, n >= 1
	case RegrSlope:
		return sxy / sxx, n >= 1 && sxx != 0
	case RegrIntercept:
		return (sy - sx*sxy/sxx) / n, n >= 1 && sxx != 0
	}
	if syy == 0 && n >= 1 && sxx != 0 {
		return 1, true
	}
	return (sxy * sxy) / (sxx * syy), n >= 1 && sxx != 0
}
