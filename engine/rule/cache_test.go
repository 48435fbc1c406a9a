package rule

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vexfs/vexstream/engine/expr"
)

// TestRoom matches with so little room for what is known of values that it is always too small.
func TestRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	rules, naive := randomRules(r, 300, 1)
	x, m, dicts := New(rules), NewMatcher(), newDictionaries()
	m.follow(x)
	for _, room := range []int{0, 1, 100, 3000} {
		for _, v := range m.views {
			v.room = room
		}
		for range 4 {
			against(t, m, x, naive, randomBatch(r, 900, dicts))
		}
	}
}

// TestLongLists has values that reach more conjunctions than a packed slot counts.
func TestLongLists(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	var rules []Rule
	naive := map[uint32]expr.Expr{}
	for i := range 2*longLists + 10 {
		kind := eventTypes[min(i/longLists, 1)]
		e := expr.And(is("=", col(colType), lit(kind)), is(">", col(colSize), number(int64(i))))
		rules = append(rules, Rule{ID: uint32(i), Name: fmt.Sprint(i), When: Compile(e)})
		naive[uint32(i)] = e
	}
	x, m, dicts := New(rules), NewMatcher(), newDictionaries()
	for range 3 {
		against(t, m, x, naive, randomBatch(r, 60, dicts))
	}
}
