package pgcatalog

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
)

type fakeSession struct{}

func (fakeSession) User() string { return "admin" }

func (fakeSession) Takes(*catalog.Relation) (insert, update, remove bool, columns []bool) {
	return true, true, true, make([]bool, 99)
}

// Random gives numbers that nobody knows.
func (fakeSession) Random() *expr.Random { return new(expr.Random) }

// Notify tells nobody.
func (fakeSession) Notify(string, string) error      { return nil }
func (fakeSession) Cancel(int32, bool) (bool, error) { return false, nil }

// Rights are those of who may do everything.
func (fakeSession) Rights(snap *catalog.Snapshot) *catalog.Rights { return snap.Rights("admin") }
func (fakeSession) Rows(uint32) (int64, bool)                     { return 0, false }
func (fakeSession) Bytes(uint32) (int64, error)                   { return 0, nil }
func (fakeSession) Size() int64                                   { return 0 }
func (fakeSession) Database() string                              { return "vexstream" }
func (fakeSession) Settings() []Setting {
	return []Setting{{Name: "TimeZone", Value: "UTC", Boot: "UTC", Reset: "UTC"}}
}

func (fakeSession) Prepared() []Prepared {
	return []Prepared{{Name: "p", Statement: "SELECT $1", Params: []types.Type{types.Text}, SQL: true}}
}

func (fakeSession) Cursors() []Cursor {
	return []Cursor{{Name: "c", Statement: "DECLARE c CURSOR FOR SELECT 1"}}
}

// Match knows no triggers.
func (fakeSession) Match(string, string) ([]Match, error) { return nil, nil }

func (fakeSession) Activities() []Activity {
	return []Activity{{PID: 1, Login: "admin", State: "idle"}}
}
func (fakeSession) Channels() []string                                 { return nil }
func (fakeSession) Setting(string) (string, bool)                      { return "", false }
func (fakeSession) SetSetting(_, value string, _ bool) (string, error) { return value, nil }

// gather keeps rows as text.
type gather struct{ rows [][]string }

func (g *gather) Push(_ context.Context, b *batch.Batch) error {
	for r := range b.N {
		row := make([]string, len(b.Cols))
		for i := range b.Cols {
			row[i] = "NULL"
			if !b.Cols[i].Null(r) {
				row[i] = string(value.AppendText(nil, &b.Cols[i], r, nil))
			}
		}
		g.rows = append(g.rows, row)
	}
	return nil
}
func (*gather) Advance(context.Context, stream.Progress) error { return nil }
func (*gather) Close() error                                   { return nil }

func sample() *State {
	snap := catalog.Empty()
	for _, r := range Relations() {
		snap = snap.With(0, r)
	}
	snap = snap.With(1, &catalog.Relation{
		ID: 16500, Schema: "public", Name: "Odd name", Kind: catalog.Stream, Owner: "admin", Comment: "it's odd",
		Columns: catalog.WithHidden([]catalog.Column{
			{Name: "a", Type: types.Int4, NotNull: true, Default: "1 + 1"}, {Name: "b", Type: types.TextArray, Comment: "b's"},
		}),
		ACL: []catalog.Grant{{Grantee: "bob", Grantor: "admin", Privileges: "ar", Grantable: "r"}, {Grantor: "admin", Privileges: "r"}},
	})
	snap = snap.With(1, &catalog.Relation{
		ID: 16502, Schema: "public", Name: "t", Kind: catalog.Table, Owner: "admin",
		Columns: catalog.WithRow([]catalog.Column{
			{Name: "id", Type: types.Int8, NotNull: true, Identity: "always"}, {Name: "Up", Type: types.Text}, {Name: "g", Type: types.Int4, Generated: "id + 1"},
		}),
		Keys:   []catalog.Key{{Name: "t_pkey", Columns: []int{0}, Primary: true}, {Name: "t_key", Columns: []int{1, 0}}},
		Checks: []catalog.Check{{Name: "t_check", Text: "id > 0"}},
	})
	snap = snap.WithRole(1, &catalog.Role{ID: 16600, Name: "bob", Comment: "Bob", MemberOf: []catalog.Membership{{Role: "g", Grantor: "admin"}}})
	snap = snap.WithRole(1, &catalog.Role{ID: 16601, Name: "g"})
	snap = snap.With(1, &catalog.Relation{
		ID: 16501, Schema: "public", Name: "v", Kind: catalog.View, Owner: "admin", Query: "SELECT a FROM x", DependsOn: []uint32{16500},
		Columns: []catalog.Column{{Name: "a", Type: types.Int4}},
	})
	snap = snap.With(1, &catalog.Relation{
		ID: 16503, Schema: "public", Name: "q", Kind: catalog.SequenceKind, Owner: "admin", Columns: catalog.SequenceColumns(),
		Seq: &catalog.Sequence{Type: types.Int8, Start: 1, Increment: 1, Min: 1, Max: 9, Cache: 1},
	})
	database := snap.Database().With(catalog.Setting{Role: "bob", Name: "timezone", Value: "UTC"})
	database.Defaults = []catalog.DefaultACL{{Role: "bob", Kind: "r", ACL: []catalog.Grant{{Grantee: "g", Grantor: "bob", Privileges: "r"}}}}
	snap = snap.WithDatabase(1, database)
	return &State{Snapshot: snap, Session: fakeSession{}}
}

// TestEveryRelationGivesRows reads them all: each row has each column, and what may not be null is not.
func TestEveryRelationGivesRows(t *testing.T) {
	s, filled := sample(), 0
	for _, r := range Relations() {
		g := &gather{}
		if err := s.Relation(t.Context(), r.ID, g); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if len(g.rows) > 0 {
			filled++
		}
		for _, row := range g.rows {
			for i, c := range r.Columns {
				if c.NotNull && row[i] == "NULL" {
					t.Fatalf("%s.%s is null: %v", r.Name, c.Name, row)
				}
			}
		}
	}
	if filled < len(fills())-3 {
		t.Errorf("%d relations have rows, of %d that are filled", filled, len(fills()))
	}
}

func TestEveryFillHasItsRelation(t *testing.T) {
	have := map[string]bool{}
	for _, r := range Relations() {
		have[r.Schema+"."+r.Name] = true
	}
	for name := range fills() {
		if !have[name] {
			t.Errorf("%s is filled and not there", name)
		}
	}
}

// TestOIDsAreUnique over each catalog whose rows have one.
func TestOIDsAreUnique(t *testing.T) {
	s := sample()
	for _, r := range Relations() {
		if r.Schema != "pg_catalog" || len(r.Columns) == 0 || r.Columns[0].Name != "oid" {
			continue
		}
		g, seen := &gather{}, map[string]bool{}
		if err := s.Relation(t.Context(), r.ID, g); err != nil {
			t.Fatal(err)
		}
		for _, row := range g.rows {
			if seen[row[0]] {
				t.Errorf("%s: two rows with OID %s", r.Name, row[0])
			}
			seen[row[0]] = true
		}
	}
}

func find(t *testing.T, s *State, relation, column, value string) map[string]string {
	t.Helper()
	r := s.Snapshot.Lookup("pg_catalog", relation)
	g := &gather{}
	if err := s.Relation(t.Context(), r.ID, g); err != nil {
		t.Fatal(err)
	}
	for _, row := range g.rows {
		if row[r.ColumnIndex(column)] == value {
			m := map[string]string{}
			for i, c := range r.Columns {
				m[c.Name] = row[i]
			}
			return m
		}
	}
	t.Fatalf("%s has no row with %s = %s", relation, column, value)
	return nil
}

func TestARelationIsDescribed(t *testing.T) {
	s := sample()
	for _, c := range []struct{ relation, key, value, column, want string }{
		{"pg_class", "oid", "16500", "relkind", "r"},
		{"pg_class", "oid", "16500", "relacl", "{admin=arwdDxt/admin,bob=ar*/admin,=r/admin}"},
		{"pg_class", "oid", "16501", "relkind", "v"},
		{"pg_class", "relname", "pg_class", "oid", "1259"},
		{"pg_attribute", "attname", "b", "atttypid", "1009"},
		{"pg_attrdef", "adrelid", "16500", "adbin", "1 + 1"},
		{"pg_description", "objsubid", "2", "description", "b's"},
		{"pg_depend", "refobjid", "16500", "deptype", "n"},
		{"pg_views", "viewname", "v", "definition", " SELECT a FROM x;"},
		{"pg_class", "relname", "t", "relhasindex", "t"},
		{"pg_class", "relname", "t_key", "relkind", "i"},
		{"pg_attribute", "attname", "g", "attgenerated", "s"},
		{"pg_attribute", "attname", "id", "attidentity", "a"},
		{"pg_index", "indkey", "2 1", "indisprimary", "f"},
		{"pg_indexes", "indexname", "t_key", "indexdef", `CREATE UNIQUE INDEX t_key ON public.t USING btree ("Up", id)`},
		{"pg_constraint", "conname", "t_pkey", "contype", "p"},
		{"pg_constraint", "conname", "t_key", "conkey", "{2,1}"},
		{"pg_constraint", "conname", "t_check", "conbin", "id > 0"},
		{"pg_auth_members", "member", "16600", "roleid", "16601"},
		{"pg_shdescription", "objoid", "16600", "description", "Bob"},
		{"pg_namespace", "nspname", "public", "tableoid", "2615"},
		{"pg_type", "typname", "int4", "oid", "23"},
		{"pg_proc", "oid", "1397", "proname", "abs"},
		{"pg_settings", "name", "TimeZone", "setting", "UTC"},
	} {
		if have := find(t, s, c.relation, c.key, c.value)[c.column]; have != c.want {
			t.Errorf("%s where %s = %s: %s is %s, want %s", c.relation, c.key, c.value, c.column, have, c.want)
		}
	}
}

func TestNamesOfOIDs(t *testing.T) {
	s := sample()
	for _, c := range []struct{ typ, text, out string }{
		{"regclass", `"Odd name"`, `"Odd name"`},
		{"regclass", `public . "Odd name"`, `"Odd name"`},
		{"regclass", "PG_CLASS", "pg_class"},
		{"regclass", "information_schema.tables", "information_schema.tables"},
		{"regtype", "double precision", "double precision"},
		{"regtype", "timestamptz[]", "timestamp with time zone[]"},
		{"regnamespace", "public", "public"},
		{"regrole", "admin", "admin"},
		{"regproc", "format_type", "format_type"},
		{"regclass", "16500", `"Odd name"`},
		{"regclass", "-", "-"},
		{"regclass", "4294967295", "4294967295"},
	} {
		oid, err := s.regFind(c.typ, c.text)
		if err != nil {
			t.Errorf("%s %s: %v", c.typ, c.text, err)
			continue
		}
		if have := s.regOut(c.typ, oid); have != c.out {
			t.Errorf("%s %s is %d and reads %s, want %s", c.typ, c.text, oid, have, c.out)
		}
	}
	for _, c := range [][3]string{
		{"regclass", "nothing", `relation "nothing" does not exist`},
		{"regclass", `"a`, "invalid name syntax"},
		{"regclass", "a..b", "invalid name syntax"},
		{"regrole", "nobody", `role "nobody" does not exist`},
		{"regproc", "abs", `more than one function named "abs"`},
		{"regproc", "no", `function "no" does not exist`},
	} {
		if _, err := s.regFind(c[0], c[1]); err == nil || !strings.HasPrefix(err.Error(), c[2]) {
			t.Errorf("%s %s: %v, want %s", c[0], c[1], err, c[2])
		}
	}
}

func (fakeSession) NextNumber(*catalog.Relation) (int64, error)              { return 1, nil }
func (fakeSession) Number(uint32) (int64, uint32, bool)                      { return 0, 0, false }
func (fakeSession) SetNumber(*catalog.Relation, int64, bool) error           { return nil }
func (fakeSession) Stands(*catalog.Relation) (n int64, called bool, _ error) { return 1, false, nil }

func (fakeSession) Sleep(time.Duration) error { return nil }
func (fakeSession) Clock() types.Micros       { return 0 }
