package expr

import (
	"fmt"
	"strings"
	"testing"
)

// TestIntSet compares IN over many constants with the OR of equalities that it stands for, row by row.
func TestIntSet(t *testing.T) {
	b := repeated(testTable(t), 9)
	for _, x := range []string{"a", "b", "c", "a + 1", "d"} {
		for _, null := range []bool{false, true} {
			for _, not := range []string{"", "NOT "} {
				var list, ors []string
				for i := range 2 * minInts {
					v := fmt.Sprint(i*3 - 20)
					if x == "d" {
						v = fmt.Sprintf("date '2020-01-%02d'", i%31+1)
					}
					list, ors = append(list, v), append(ors, x+" = "+v)
				}
				if null {
					list, ors = append(list, "NULL"), append(ors, x+" = NULL")
				}
				in := must(parseSQL(x+" "+not+"IN ("+strings.Join(list, ", ")+")", tableSchema))
				or := must(parseSQL(not+"("+strings.Join(ors, " OR ")+")", tableSchema))
				if intsOf(in) == nil {
					t.Fatalf("%s: no set", in)
				}
				c := &Ctx{}
				got, want := in.Eval(c, b, nil), rowByRow(t, or, b)
				for r := range want {
					if s := shown(c, &got, r); s != want[r] {
						t.Fatalf("row %d: %s is %s, want %s", r, in, s, want[r])
					}
				}
			}
		}
	}
}

func intsOf(e Expr) *intSet {
	if e, ok := e.(*in); ok {
		return e.ints
	}
	return nil
}
