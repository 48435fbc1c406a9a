package pgcatalog

import (
	"regexp"
	"strings"

	"github.com/vexfs/vexstream/sql/catalog"
)

// depends says that a view's rule reads its relations and is a part of the view, that a sequence belongs to its column, and
// that a default belongs to its column and needs the sequence that it counts by: pg_dump writes a default that needs something
// behind what it needs.
func (s *State) depends(out *rows) {
	s.extensionParts(out)
	for _, r := range s.relations() {
		if r.Query == "" {
			continue
		}
		rule := derivedOf("rewrite", r.ID, 0)
		out.add("classid", oidPgRewrite, "objid", rule, "refclassid", oidPgClass, "refobjid", r.ID, "deptype", "i")
		for _, on := range r.DependsOn {
			out.add("classid", oidPgRewrite, "objid", rule, "refclassid", oidPgClass, "refobjid", on, "deptype", "n")
		}
	}
	for _, r := range s.relations() {
		s.defaultDepends(r, out)
	}
	for _, q := range s.sequenceRelations() {
		if t, col, counts := s.Snapshot.SequenceOwner(q.ID); t != nil {
			kind := "a"
			if counts && t.Columns[col].Identity != "serial" {
				kind = "i"
			}
			out.add("classid", oidPgClass, "objid", q.ID, "objsubid", 0, "refclassid", oidPgClass, "refobjid", t.ID, "refobjsubid", col+1, "deptype", kind)
		}
	}
}

func (s *State) defaultDepends(r *catalog.Relation, out *rows) {
	for i, c := range r.Visible() {
		text := s.defaultOf(&c)
		if text == "" {
			continue
		}
		id := derivedOf("attrdef", r.ID, i+1)
		out.add("classid", oidPgAttrdef, "objid", id, "refclassid", oidPgClass, "refobjid", r.ID, "refobjsubid", i+1, "deptype", "a")
		for _, m := range counted.FindAllStringSubmatch(text, -1) {
			if q, err := s.relationNamed(strings.ReplaceAll(m[1], "''", "'")); err == nil && q.Seq != nil {
				out.add("classid", oidPgAttrdef, "objid", id, "refclassid", oidPgClass, "refobjid", q.ID, "refobjsubid", 0, "deptype", "n")
			}
		}
	}
}

// counted finds the sequences by which a default counts.
var counted = regexp.MustCompile(`(?i)\bnextval\s*\(\s*'((?:[^']|'')*)'`)
