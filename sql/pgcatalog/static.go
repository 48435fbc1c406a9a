package pgcatalog

import (
	"embed"
	"strconv"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/types"
)

//go:embed data/*.txt
var data embed.FS

// lines gives the rows of a file that PostgreSQL's COPY made, each cut into its cells.
func lines(file string) [][]string {
	text, err := data.ReadFile("data/" + file)
	if err != nil {
		return nil // a test reads every file
	}
	var out [][]string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		out = append(out, strings.Split(line, "\t"))
	}
	return out
}

// unescape undoes COPY's escapes; nil is null.
func unescape(cell string) any {
	if cell == `\N` {
		return nil
	}
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(cell)
}

// copied gives a relation the rows of a file whose cells are its columns in order. A nil keep keeps all.
func copied(file string, keep func(cells []string) bool) func(*State, *rows) {
	return func(_ *State, out *rows) {
		for _, cells := range lines(file) {
			if keep != nil && !keep(cells) {
				continue
			}
			var pairs []any
			for i, c := range cells {
				pairs = append(pairs, out.d.rel.Columns[i].Name, unescape(c))
			}
			out.add(pairs...)
		}
	}
}

// storage is how PostgreSQL keeps values of a type: what pg_attribute repeats of pg_type.
type storage struct {
	byVal          bool
	align, storage string
	collation      int
}

// storages is the storage of each type by OID.
var storages = sync.OnceValue(func() map[types.OID]storage {
	m := map[types.OID]storage{}
	for _, c := range lines("pg_type.txt") {
		oid, _ := strconv.Atoi(c[0])
		coll, _ := strconv.Atoi(c[28])
		m[types.OID(oid)] = storage{byVal: c[5] == "t", align: c[22], storage: c[23], collation: coll}
	}
	return m
})

func knownType(cell string) bool {
	oid, err := strconv.Atoi(cell)
	return err == nil && (types.Type{OID: types.OID(oid)}).Known()
}
