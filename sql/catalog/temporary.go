package catalog

import "strings"

// TempPrefix is what the schemas of sessions' own relations begin with: the number of the session follows. No user can make
// a schema of such a name.
const TempPrefix = "pg_temp_"

// OwnTemp is what each session calls its own such schema.
const OwnTemp = "pg_temp"

// IsTemp says whether a schema is that of a session's own relations, under either name.
func IsTemp(schema string) bool { return schema == OwnTemp || strings.HasPrefix(schema, TempPrefix) }

// Temp is the schema of the session's own relations; "" where there is none.
func (s *Snapshot) Temp() string { return s.temp }

// Lasting gives s without the relations that belong to sessions: what there is when no session is.
func (s *Snapshot) Lasting() *Snapshot {
	out := s
	for _, r := range s.Relations() {
		if IsTemp(r.Schema) {
			out = out.Without(s.Version, r.ID)
		}
	}
	for _, n := range s.Schemas() {
		if IsTemp(n.Name) {
			out = out.WithoutSchema(s.Version, n.Name)
		}
	}
	return out
}
