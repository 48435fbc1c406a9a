package live

import (
	"sync"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/rule"
)

// sieves decide the filters of the inputs that read a stream for all of them at once, by relation.
type sieves struct {
	mu sync.Mutex
	of map[uint32]*rule.Sieve
}

// join adds an input's filter, if it has one, to those that are decided together.
func (s *sieves) join(in *Input) {
	if in.Filter == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[uint32]*rule.Sieve{}
	}
	if s.of[in.Relation] == nil {
		s.of[in.Relation] = &rule.Sieve{}
	}
	in.mesh = s.of[in.Relation].Add(in.Filter.When)
}

// leave takes it out.
func (s *sieves) leave(in *Input) {
	if !in.mesh.In() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.mesh.Remove() {
		delete(s.of, in.Relation)
	}
	in.mesh = rule.Mesh{}
}

// sift gives the rows of a part that an input's filter lets pass, if they are known: the first view that is given the part
// finds them for all. What one view alone has read from the log, it filters itself.
func (m *Member) sift(in *Input, p *epoch.Part) (passing []uint32, known bool) {
	if !in.mesh.In() || p.Shared == nil {
		return nil, false
	}
	sifted, ok := p.Shared.Get(func() any { return in.mesh.Sift(p.Rows) }).(*rule.Sifted)
	if !ok { // who sifted has failed
		return nil, false
	}
	return sifted.Rows(in.mesh)
}
