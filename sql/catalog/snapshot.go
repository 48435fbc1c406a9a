package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Snapshot is every relation at one version. It is immutable.
type Snapshot struct {
	Version uint64
	NextID  uint32
	byID    map[uint32]*Relation
	byName  map[string]*Relation // schema + "." + name
	roles   named[Role]
	schemas named[Schema]
	// triggers are those of each relation that has some.
	triggers map[uint32]*triggerSet
	secrets  named[Secret]
	targets  named[Target]
	said     *Database // see Database
	path     []string  // see Along
	// database is the session's, as it calls it; empty: whatever a name says.
	database string
	temp     string  // see Temp
	who      *Rights // see Along
}

// MaxRelations bounds the catalog of a node.
const MaxRelations = 10_000

// Empty is a catalog without relations.
func Empty() *Snapshot {
	return &Snapshot{NextID: FirstUserID, byID: map[uint32]*Relation{}, byName: map[string]*Relation{}}
}

// defaultPath is where names are looked up when nobody says otherwise.
var defaultPath = []string{"public"}

// Along gives the same snapshot to somebody in a database, whose names are looked up in the schemas of path, in order. A
// nil path is public; without a database a name may have any. temp is the schema of the session's own relations, which are
// found first. who may not look into schemas without USAGE; nil may look into all.
func (s *Snapshot) Along(path []string, database, temp string, who *Rights) *Snapshot {
	c := *s
	c.path, c.database, c.temp, c.who = path, database, temp, who
	return &c
}

// Path is the schemas that names without one are looked up in, those left out that are looked up in anyway: pg_catalog
// before them, and vex behind them.
func (s *Snapshot) Path() []string {
	if s.path == nil {
		return defaultPath
	}
	return s.path
}

// ByID finds a relation by its ID, or gives nil.
func (s *Snapshot) ByID(id uint32) *Relation { return s.byID[id] }

// Relations gives all relations by schema and name.
func (s *Snapshot) Relations() []*Relation {
	return slices.SortedFunc(maps.Values(s.byID), func(a, b *Relation) int {
		return cmp.Or(strings.Compare(a.Schema, b.Schema), strings.Compare(a.Name, b.Name))
	})
}

// Dependents gives the relations that read id directly, by name.
func (s *Snapshot) Dependents(id uint32) []*Relation {
	var out []*Relation
	for _, r := range s.Relations() {
		if slices.Contains(r.DependsOn, id) {
			out = append(out, r)
		}
	}
	return out
}

// At gives the same relations as version, with next as the least ID that is free.
func (s *Snapshot) At(version uint64, next uint32) *Snapshot {
	c := s.clone(version)
	c.NextID = max(c.NextID, next)
	return c
}

// With gives a snapshot of the given version that has r besides, or instead of the relation with r's ID.
func (s *Snapshot) With(version uint64, r *Relation) *Snapshot {
	c := s.clone(version)
	if old := c.byID[r.ID]; old != nil {
		delete(c.byName, old.Schema+"."+old.Name)
	}
	c.byID[r.ID] = r
	c.byName[r.Schema+"."+r.Name] = r
	if r.ID >= c.NextID {
		c.NextID = r.ID + 1
	}
	return c
}

// Without gives a snapshot of the given version that lacks the relation id, and its triggers.
func (s *Snapshot) Without(version uint64, id uint32) *Snapshot {
	c := s.WithoutTriggersOf(version, id).clone(version)
	if r := c.byID[id]; r != nil {
		delete(c.byName, r.Schema+"."+r.Name)
		delete(c.byID, id)
	}
	return c
}

func (s *Snapshot) clone(version uint64) *Snapshot {
	c := *s
	c.Version, c.byID, c.byName = version, maps.Clone(s.byID), maps.Clone(s.byName)
	return &c
}

// nearest gives the relation name closest to name, if it is close enough to be a slip of the fingers.
func (s *Snapshot) nearest(name string) string {
	best, bestDist := "", tooFar(name)
	for _, r := range s.Relations() {
		if r.Schema == "vex" && r.Kind == Stream {
			continue // its name is too plain to be what somebody meant
		}
		if d := Distance(name, r.Name); d < bestDist && (!IsTemp(r.Schema) || r.Schema == s.temp) {
			best, bestDist = r.QualifiedName(), d
		}
	}
	return best
}

// tooFar is the distance from which on a name is not what somebody meant by another: half of it would be wrong.
func tooFar(name string) int { return min(len(name)/3+2, len(name)/2+1) }

// Nearest gives the position of the name among n that somebody may have meant, or -1.
func Nearest(meant string, n int, name func(i int) string) int {
	best, dist := -1, tooFar(meant)
	for i := range n {
		if d := Distance(meant, name(i)); d < dist {
			best, dist = i, d
		}
	}
	return best
}

// Distance is the number of single-character edits that turn a into b (Levenshtein 1966).
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
