package expr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

func parseSet(text string) (s *SetCall, err error) {
	defer func() {
		if p := recover(); p != nil {
			bind, ok := p.(bindError)
			if !ok {
				panic(p)
			}
			err = bind.error
		}
	}()
	p := &sqlParser{toks: tokenize(text)}
	name := p.peek()
	p.i += 2
	return CallSet(name, p.list())
}

// answerSet shows the rows of a set-returning function, as psql does unaligned. They are fetched three at a time.
func answerSet(text string, zone *time.Location) string {
	s, err := parseSet(text)
	if err != nil {
		return showError(err)
	}
	c := &Ctx{Locale: types.In(zone), Now: 1_700_000_000_000_000}
	cur := s.Open(c, &batch.Batch{N: 1}, nil)
	var sb strings.Builder
	for {
		rows, more := cur.Next(3)
		if fs := c.Failures(); fs != nil {
			return showError(fs[0].Err)
		}
		if !more {
			return sb.String()
		}
		for r := range rows.Len() {
			for i := range rows.Cols {
				if i > 0 {
					sb.WriteByte('|')
				}
				if col := &rows.Cols[i]; col.Null(r) {
					sb.WriteString("∅")
				} else {
					sb.Write(appendText(nil, col, r, types.In(zone)))
				}
			}
			sb.WriteByte('\n')
		}
	}
}

// TestSetsOfManyRows opens a call over several rows, some of which are null, give nothing, or fail.
func TestSetsOfManyRows(t *testing.T) {
	b := batch.NewBuilder(types.Int4, 6)
	for _, v := range []int32{2, 0, -1, 3, 9, 1} {
		if v == -1 {
			b.Null()
		} else {
			batch.Put(b, v)
		}
	}
	step := batch.NewBuilder(types.Int4, 6)
	for _, v := range []int32{1, 1, 1, 2, 0, 1} {
		batch.Put(step, v)
	}
	in := &batch.Batch{N: 6, Cols: []batch.Column{b.Finish(), step.Finish()}}
	one, err := Lit(types.Int4, "1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := CallSet("generate_series", []Expr{one, Col(0, types.Int4, "n"), Col(1, types.Int4, "step")})
	if err != nil {
		t.Fatal(err)
	}
	for limit := 1; limit < 8; limit++ {
		c := new(Ctx)
		cur := s.Open(c, in, nil)
		var have string
		for {
			rows, more := cur.Next(limit)
			if !more {
				break
			}
			if rows.Len() > limit {
				t.Fatalf("%d rows, limit %d", rows.Len(), limit)
			}
			for i := range rows.Len() {
				have += fmt.Sprintf("%d.%d=%d ", rows.From[i], rows.Ord[i], batch.Values[int32](&rows.Cols[0])[i])
			}
		}
		if want := "0.1=1 0.2=2 3.1=1 3.2=3 5.1=1 "; have != want {
			t.Errorf("limit %d: %s, want %s", limit, have, want)
		}
		if fs := c.Failures(); len(fs) != 1 || fs[0].Row != 4 {
			t.Errorf("failures %v", fs)
		}
	}
}
