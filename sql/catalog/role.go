package catalog

// Role is a user or a group: what CREATE ROLE made.
type Role struct {
	ID         uint32
	Name       string
	Super      bool
	NoInherit  bool
	CreateDB   bool
	CreateRole bool
	Login      bool
	Replicate  bool
	BypassRLS  bool
	ConnLimit  int    // -1: none
	Verifier   string // of the password, in SCRAM's form; "" for none
	Until      string // VALID UNTIL as given, "" for ever
	MemberOf   []Membership
	Comment    string
}

// Membership says that a role is a member of another.
type Membership struct {
	Role    string
	Admin   bool
	Grantor string
}

// Schema is a namespace that a user made, or what was changed about one that is there from the start.
type Schema struct {
	ID      uint32
	Name    string
	Owner   string
	Comment string
	ACL     []Grant
}

// Grant is what a role may do with an object. Privileges are PostgreSQL's letters, in its order.
type Grant struct {
	Grantee    string // "" is PUBLIC
	Grantor    string
	Privileges string
	Grantable  string // those of Privileges that the grantee may pass on
}

// MaxRoles and MaxSchemas bound what a node keeps of each.
const (
	MaxRoles   = 10_000
	MaxSchemas = 1_000
)

// Role finds a role by name, or gives nil.
func (s *Snapshot) Role(name string) *Role {
	if r := s.roles[name]; r != nil {
		return r
	}
	return predefined[name]
}

// Roles gives all roles by name, without those that are there from the start and as they were then.
func (s *Snapshot) Roles() []*Role { return s.roles.list() }

// Schema finds a user's schema by name, or gives nil.
func (s *Snapshot) Schema(name string) *Schema { return s.schemas[name] }

// Schemas gives all schemas of users by name.
func (s *Snapshot) Schemas() []*Schema { return s.schemas.list() }

// WithRole gives a snapshot of the given version that has r besides, or instead of the role of that ID.
func (s *Snapshot) WithRole(version uint64, r *Role) *Snapshot {
	c := s.clone(version)
	c.roles = s.roles.with(r.Name, r, func(old *Role) bool { return old.ID == r.ID })
	c.NextID = max(c.NextID, r.ID+1)
	return c
}

// WithoutRole gives a snapshot of the given version that lacks the role called name.
func (s *Snapshot) WithoutRole(version uint64, name string) *Snapshot {
	c := s.clone(version)
	c.roles = s.roles.without(name)
	return c
}

// WithSchema gives a snapshot of the given version that has n besides, or instead of the schema of that ID.
func (s *Snapshot) WithSchema(version uint64, n *Schema) *Snapshot {
	c := s.clone(version)
	c.schemas = s.schemas.with(n.Name, n, func(old *Schema) bool { return old.ID == n.ID })
	c.NextID = max(c.NextID, n.ID+1)
	return c
}

// WithoutSchema gives a snapshot of the given version that lacks the schema called name.
func (s *Snapshot) WithoutSchema(version uint64, name string) *Snapshot {
	c := s.clone(version)
	c.schemas = s.schemas.without(name)
	return c
}
