package catalog

// Secret is a text that is given to what the node talks to, and shown to nobody.
type Secret struct {
	ID      uint32
	Name    string
	Owner   string
	Comment string
	Sealed  []byte // encrypted; see session.Vault
}

// Target is something outside that the node sends to.
type Target struct {
	ID      uint32
	Name    string
	Owner   string
	Comment string
	Kind    string // webhook, http, email
	Options []TargetOption
	ACL     []Grant
}

// TargetOption is one option of a target: a value, or the ID of the secret that holds it.
type TargetOption struct {
	Name   string
	Value  string
	Secret uint32 `json:",omitempty"`
}

// TargetPrivileges are those of a target, as PostgreSQL's letters: USAGE, as of a foreign server.
const TargetPrivileges = "U"

// MaxSecrets and MaxTargets bound what a node keeps of each.
const (
	MaxSecrets = 1_000
	MaxTargets = 1_000
)

// Secret finds a secret by name, or gives nil.
func (s *Snapshot) Secret(name string) *Secret { return s.secrets[name] }

// SecretByID finds a secret by its ID, or gives nil.
func (s *Snapshot) SecretByID(id uint32) *Secret {
	for _, x := range s.secrets {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// Secrets gives all secrets by name.
func (s *Snapshot) Secrets() []*Secret { return s.secrets.list() }

// Target finds a target by name, or gives nil.
func (s *Snapshot) Target(name string) *Target { return s.targets[name] }

// Targets gives all targets by name.
func (s *Snapshot) Targets() []*Target { return s.targets.list() }

// WithSecret gives a snapshot of the given version that has x besides, or instead of the secret of that ID.
func (s *Snapshot) WithSecret(version uint64, x *Secret) *Snapshot {
	c := s.clone(version)
	c.secrets = s.secrets.with(x.Name, x, func(old *Secret) bool { return old.ID == x.ID })
	c.NextID = max(c.NextID, x.ID+1)
	return c
}

// WithoutSecret gives a snapshot of the given version that lacks the secret called name.
func (s *Snapshot) WithoutSecret(version uint64, name string) *Snapshot {
	c := s.clone(version)
	c.secrets = s.secrets.without(name)
	return c
}

// WithTarget gives a snapshot of the given version that has t besides, or instead of the target of that ID.
func (s *Snapshot) WithTarget(version uint64, t *Target) *Snapshot {
	c := s.clone(version)
	c.targets = s.targets.with(t.Name, t, func(old *Target) bool { return old.ID == t.ID })
	c.NextID = max(c.NextID, t.ID+1)
	return c
}

// WithoutTarget gives a snapshot of the given version that lacks the target called name.
func (s *Snapshot) WithoutTarget(version uint64, name string) *Snapshot {
	c := s.clone(version)
	c.targets = s.targets.without(name)
	return c
}
