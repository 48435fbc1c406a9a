package rule

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// The benchmarks match file events with the mix of conditions that event systems have: equality 40 %, prefix 20 %, suffix 15 %,
// contains and regular expressions 15 %, range 10 %, each with a second condition. Paths have 100,000 different values. The median
// of the batches is reported, and what the fastest tenth of them took, which other work on the machine disturbs less.
const (
	benchPaths = 100_000
	benchRows  = 64 * batch.MaxRows
	sizes      = 10_000_000
)

func benchPath(r *rand.Rand) string {
	return fmt.Sprintf("/srv/data/team%04d/project%02d/run%03d/part-%07d.%s",
		r.IntN(1000), r.IntN(20), r.IntN(1000), r.IntN(10_000_000), pick(r, []string{"log", "txt", "md", "json"}))
}

func benchRule(r *rand.Rand, paths []string, i int) expr.Expr {
	path := col(colPath)
	second := func(rows int) expr.Expr {
		if r.IntN(2) == 0 {
			return is("=", col(colType), lit(eventTypes[r.IntN(len(eventTypes))]))
		}
		return is(">", col(colSize), number(int64(sizes-sizes/rows)))
	}
	switch k := i % 20; {
	case k < 8:
		return expr.And(is("=", path, lit(paths[r.IntN(len(paths))])), second(8))
	case k < 12:
		return expr.And(like(path, fmt.Sprintf("/srv/data/team%04d/project%02d/%%", r.IntN(1000), r.IntN(20)), false, false),
			is(">", col(colSize), number(sizes-sizes/100)))
	case k < 15:
		return expr.And(like(path, fmt.Sprintf("%%%04d.%s", r.IntN(10_000), pick(r, []string{"log", "txt", "md", "json"})), false, false), second(50))
	case k < 17:
		return expr.And(like(path, fmt.Sprintf("%%run%03d/part-%02d%%", r.IntN(1000), r.IntN(100)), false, false), second(50))
	case k < 18:
		return expr.And(is("~", path, lit(fmt.Sprintf(`run%03d/part-%02d.*[02468]\.(log|txt)$`, r.IntN(1000), r.IntN(100)))), is("=", col(colPid), number(r.Int64N(200))))
	}
	lo := r.Int64N(sizes)
	return expr.And(expr.And(is(">=", col(colSize), number(lo)), is("<=", col(colSize), number(lo+500))), second(8))
}

func benchRules(n int, paths []string) []Rule {
	r := rand.New(rand.NewPCG(5, 6))
	rules := make([]Rule, n)
	for i := range rules {
		rules[i] = Rule{ID: uint32(i), Priority: int32(i % 10), Name: fmt.Sprintf("rule%06d", i), When: Compile(benchRule(r, paths, i))}
	}
	return rules
}

func benchBatches(coded bool) ([]*batch.Batch, []string) {
	r := rand.New(rand.NewPCG(7, 8))
	paths := make([]string, benchPaths)
	d := &batch.Dict{ID: batch.NewDictID(), Offsets: []int32{0}}
	for i := range paths {
		paths[i] = benchPath(r)
		d.Data = append(d.Data, paths[i]...)
		d.Offsets = append(d.Offsets, int32(len(d.Data)))
	}
	d.Data = append(d.Data, make([]byte, batch.Padding)...)[:len(d.Data)]
	kinds := newDictionaries()
	var out []*batch.Batch
	for range benchRows / batch.MaxRows {
		b := randomBatch(r, batch.MaxRows, nil)
		kind := batch.NewBuilder(schema[colType].Type, b.N)
		sized, pids := batch.MakeValues[int64](b.N), batch.MakeValues[int32](b.N)
		codes, plain := batch.MakeValues[uint32](b.N), batch.NewBuilder(schema[colPath].Type, b.N)
		for i := range b.N {
			kind.String(pick(r, eventTypes))
			sized[i], pids[i], codes[i] = r.Int64N(sizes), int32(r.IntN(200)), uint32(r.IntN(benchPaths))
			plain.String(paths[codes[i]])
		}
		c := kind.Finish()
		b.Cols[colType] = kinds.code(colType, &c)
		b.Cols[colSize] = batch.FixedOf(schema[colSize].Type, sized, nil)
		b.Cols[colPid] = batch.FixedOf(schema[colPid].Type, pids, nil)
		if b.Cols[colPath] = plain.Finish(); coded {
			b.Cols[colPath] = batch.CodedOf(schema[colPath].Type, codes, d, nil)
		}
		out = append(out, b)
	}
	return out, paths
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkMatch(b *testing.B) {
	for _, coded := range []bool{true, false} {
		batches, paths := benchBatches(coded)
		for _, n := range []int{1, 1000, 10_000, 100_000} {
			name := fmt.Sprintf("dictionary/%d", n)
			if !coded {
				name = fmt.Sprintf("plain/%d", n)
			}
			b.Run(name, func(b *testing.B) {
				before := heap()
				rules := benchRules(n, paths)
				x, m := New(rules), NewMatcher()
				matches := 0
				for _, in := range batches {
					out, _ := m.Match(x, in, 0)
					matches += len(out.Rows)
				}
				after := heap()
				b.ReportAllocs()
				b.ResetTimer()
				took := make([]float64, b.N)
				for i := range b.N {
					began := time.Now()
					in := batches[i%len(batches)]
					m.Match(x, in, 0)
					took[i] = float64(time.Since(began).Nanoseconds()) / float64(in.N)
				}
				b.StopTimer()
				slices.Sort(took)
				b.ReportMetric(took[len(took)/2], "ns/event")
				b.ReportMetric(took[len(took)/10], "quiet-ns/event")
				b.ReportMetric(float64(matches)/benchRows, "matches/event")
				b.ReportMetric(candidates(m, batches), "candidates/event")
				b.ReportMetric(float64(after-before)/1e6, "MB")
				runtime.KeepAlive(rules)
			})
		}
	}
}

// candidates is how many conjunctions a row's values reach, on average.
func candidates(m *Matcher, batches []*batch.Batch) float64 {
	n, rows := 0, 0
	for _, b := range batches[:4] {
		for _, v := range m.views {
			v.begin(b, (&derived{}).beside(nil, &m.Ctx, b), 0)
			for _, s := range v.subjects {
				c := &v.cols[s.col]
				for row := range b.N {
					if s.text {
						v.found = v.prober.text(v.found[:0], v.segment, s, c.At(row))
						for _, term := range v.prober.terms {
							n += int(s.first[term+1] - s.first[term])
						}
						continue
					}
					n += int(s.ranges.lists[s.ranges.search(batch.Values[int64](c.Column)[row])].n)
				}
			}
		}
		rows += b.N
	}
	return float64(n) / float64(rows)
}

// BenchmarkNewPath looks up paths that were not met before.
func BenchmarkNewPath(b *testing.B) {
	_, paths := benchBatches(true)
	x := New(benchRules(100_000, paths))
	r := rand.New(rand.NewPCG(9, 10))
	fresh := make([][]byte, 1<<16)
	for i := range fresh {
		fresh[i] = []byte(benchPath(r))
	}
	var p prober
	g := x.parts[0].segment
	var found []entry
	took := make([]int64, 0, b.N)
	b.ResetTimer()
	for i := range b.N {
		began := time.Now()
		for _, s := range g.subjects {
			if s.col == MaxDerived+colPath {
				found = p.text(found[:0], g, s, fresh[i&(1<<16-1)])
			}
		}
		took = append(took, time.Since(began).Nanoseconds())
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "median-ns/path")
	b.ReportMetric(float64(took[len(took)/10]), "quiet-ns/path")
}

func BenchmarkBuild(b *testing.B) {
	_, paths := benchBatches(true)
	rules := benchRules(100_000, paths)
	for b.Loop() {
		New(rules)
	}
}

// BenchmarkAddOne adds rules to 100,000, one at a time.
func BenchmarkAddOne(b *testing.B) {
	_, paths := benchBatches(true)
	rules := benchRules(100_000, paths)
	x := New(rules)
	b.ResetTimer()
	for i := range b.N {
		r := rules[i%len(rules)]
		r.ID = uint32(200_000 + i)
		x = x.With([]Rule{r}, nil)
	}
}
