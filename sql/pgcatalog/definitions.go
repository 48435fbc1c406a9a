package pgcatalog

import (
	_ "embed" // the files under data
	"strconv"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

//go:embed data/relations.txt
var relationsText string

// definition is a relation, and whether PostgreSQL has it as a table ('r') or a view ('v').
type definition struct {
	rel  *catalog.Relation
	kind string
	at   map[string]int // columns by name
	coll []int          // each column's collation, 0 for its type's
}

// definitions are the relations by ID.
var definitions = sync.OnceValue(func() map[uint32]*definition {
	m := map[uint32]*definition{}
	for block := range strings.SplitSeq(strings.TrimSpace(relationsText), "\n\n") {
		d := readDefinition(strings.Split(block, "\n"))
		m[d.rel.ID] = d
	}
	return m
})

// IsView says whether PostgreSQL has a system relation as a view.
func IsView(id uint32) bool {
	d := definitions()[id]
	return d != nil && d.kind == "v"
}

// readDefinition reads "OID schema.name kind" and a line for each column: name, type, "not null", "collate OID".
func readDefinition(lines []string) *definition {
	head := strings.Fields(lines[0])
	id, err := strconv.ParseUint(head[0], 10, 32)
	invariant.Check(err == nil, "relations.txt: %q", lines[0])
	schema, name, _ := strings.Cut(head[1], ".")
	d := &definition{
		kind: head[2], at: map[string]int{},
		rel: &catalog.Relation{
			ID: uint32(id), Schema: schema, Name: name, Kind: catalog.System, Owner: Bootstrap, EventTime: -1,
		},
	}
	for _, line := range lines[1:] {
		name, typ, _ := strings.Cut(line, " ")
		typ, collation, _ := strings.Cut(typ, " collate ")
		typ, notNull := strings.CutSuffix(typ, " not null")
		d.coll = append(d.coll, int(number(collation)))
		d.at[name] = len(d.rel.Columns)
		d.rel.Columns = append(d.rel.Columns, catalog.Column{Name: name, Type: typeNamed(typ), NotNull: notNull})
	}
	if d.kind == "r" { // PostgreSQL's tables know where a row comes from, and pg_dump asks
		d.at["tableoid"] = len(d.rel.Columns)
		d.rel.Columns = append(d.rel.Columns, catalog.Column{Name: "tableoid", Type: types.Oid, NotNull: true, Hidden: true})
	}
	return d
}

func typeNamed(name string) types.Type {
	if name == "inet" {
		return types.Type{OID: types.OIDInet}
	}
	if name == "pg_statistic[]" {
		return types.Type{OID: types.OIDPGStatisticArray}
	}
	bare, mods, ok := strings.Cut(name, "(")
	var list []int
	if ok {
		n, err := strconv.Atoi(strings.TrimSuffix(mods, ")"))
		invariant.Check(err == nil, "relations.txt: %q", name)
		list = []int{n}
	}
	t, err := types.FromName(bare, list, 0)
	invariant.Check(err == nil, "relations.txt: %q", name)
	return t
}

// collationOf is the collation of column i of a relation, 0 for its type's.
func collationOf(r *catalog.Relation, i int) int {
	if d := definitions()[r.ID]; d != nil && i < len(d.coll) {
		return d.coll[i]
	}
	return 0
}

// Relations lists the relations of pg_catalog and information_schema.
func Relations() []*catalog.Relation {
	var out []*catalog.Relation
	for _, d := range definitions() {
		out = append(out, d.rel)
	}
	return out
}

// Has says whether relation id is one of this package.
func Has(id uint32) bool { return definitions()[id] != nil }
