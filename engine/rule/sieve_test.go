package rule

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// passing is the rows of b for which a condition is true, one by one.
func passing(condition expr.Expr, b *batch.Batch) (rows []uint32) {
	c := &expr.Ctx{}
	got := condition.Eval(c, b, nil)
	for i := range b.N {
		if !got.Null(i) && got.Bits.Get(i) {
			rows = append(rows, uint32(i))
		}
	}
	return rows
}

// sifting is conditions at random in a Sieve.
type sifting struct {
	r      *rand.Rand
	s      *Sieve
	conds  []expr.Expr
	meshes []Mesh
}

func (x *sifting) add() {
	for {
		c := randomCondition(x.r)
		if when := Compile(c); Siftable(c, when) {
			x.conds, x.meshes = append(x.conds, c), append(x.meshes, x.s.Add(when))
			return
		}
	}
}

func (x *sifting) remove() {
	i := x.r.IntN(len(x.conds))
	if empty := x.meshes[i].Remove(); empty != (len(x.conds) == 1) {
		panic("a Sieve does not know whether it is empty")
	}
	x.conds, x.meshes = slices.Delete(x.conds, i, i+1), slices.Delete(x.meshes, i, i+1)
}

// TestSieve: what a Sieve gives of a batch is what each condition lets pass, while conditions come and go; of a batch that was
// sifted before, a condition that came later, perhaps in the place of another, knows nothing.
func TestSieve(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	dicts := newDictionaries()
	x := &sifting{r: r, s: &Sieve{}}
	compared, rows := 0, 0
	for range 300 {
		for n := r.IntN(4); n > 0 || len(x.conds) < MinSifted; n-- {
			x.add()
		}
		for n := r.IntN(4); n > 0 && len(x.conds) > MinSifted; n-- {
			x.remove()
		}
		b := randomBatch(r, 1+r.IntN(40), dicts)
		got := x.meshes[0].Sift(b)
		for i, c := range x.conds {
			pass, known := got.Rows(x.meshes[i])
			if want := passing(c, b); !known || !slices.Equal(pass, want) {
				t.Fatalf("%s lets %v pass, the sieve says %v (known: %v)", c, want, pass, known)
			}
			compared, rows = compared+1, rows+len(pass)
		}
		x.remove()
		x.add()
		if _, known := got.Rows(x.meshes[len(x.meshes)-1]); known {
			t.Fatal("what was sifted knows a condition that came later")
		}
		other := &sifting{r: r, s: &Sieve{}}
		other.add()
		if _, known := got.Rows(other.meshes[0]); known {
			t.Fatal("what one sieve has found, a condition of another takes for its own")
		}
	}
	if rows == 0 || compared < 1000 {
		t.Fatalf("%d conditions were compared, %d rows passed", compared, rows)
	}
}

// TestSieveGivesUp: too few conditions, or too many rows, are left to those who ask.
func TestSieveGivesUp(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	x := &sifting{r: r, s: &Sieve{}}
	for range MinSifted - 1 {
		x.add()
	}
	b := randomBatch(r, 100, newDictionaries())
	if _, known := x.meshes[0].Sift(b).Rows(x.meshes[0]); known {
		t.Error("a sieve of few conditions is used")
	}
	all := Compile(expr.IsNull(col(colPath), false))
	wide, n := randomBatch(r, batch.MaxRows, newDictionaries()), 0
	wide.Cols[colPath] = batch.NullColumn(schema[colPath].Type, wide.N)
	for ; n <= MaxSifted/wide.N; n++ {
		x.meshes = append(x.meshes, x.s.Add(all))
	}
	m := x.meshes[len(x.meshes)-1]
	if _, known := m.Sift(wide).Rows(m); known {
		t.Errorf("a sieve notes %d rows of %d conditions", n*wide.N, n)
	}
	x.meshes[len(x.meshes)-1].Remove()
	m = x.meshes[len(x.meshes)-2]
	if rows, known := m.Sift(randomBatch(r, 10, newDictionaries())).Rows(m); !known || len(rows) > 10 {
		t.Errorf("a narrow batch is known: %v, %d rows", known, len(rows))
	}
}
