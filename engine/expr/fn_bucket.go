package expr

import (
	"sort"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// bucketFunctions is width_bucket over an ordered array of the lower bounds of buckets.
func bucketFunctions() []function {
	return []function{{name: "width_bucket", args: compatible + "," + compatibleArray, ret: "int4", flags: fallible, run: arrayBucket}}
}

func arrayBucket(f *frame) {
	x, bounds := &f.args[0], &f.args[1]
	out := result[int32](f)
	items := itemsOf(nil, x.col.Type)
	var err error
	for i, r := range f.rows() {
		if i == 0 || !bounds.konst() {
			raw := f.raw(1, r)
			var a types.Array
			if a, err = types.OpenArray(raw); err == nil && len(a.Dims) > 1 {
				err = sqlerr.New(sqlerr.ArraySubscriptError, "thresholds must be one-dimensional array")
			}
			if items = itemsOf(raw, x.col.Type); err == nil && items.Nulls() > 0 {
				err = sqlerr.New(sqlerr.NullValueNotAllowed, "thresholds array must not contain NULLs")
			}
		}
		if err != nil {
			f.fail(r, err)
			continue
		}
		out[r] = int32(sort.Search(items.N, func(i int) bool { return value.Compare(&x.col, x.at(r), &items, i) < 0 }))
	}
}
