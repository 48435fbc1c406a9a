package expr

import (
	"sync"

	"github.com/vexfs/vexstream/engine/types"
)

// chosen remembers which overload was chosen for which types. The table does not change while the process runs, and a
// statement asks for the same few operators over and over.
var chosen = memory{of: map[question]*function{}}

// maxChosen bounds the answers that are remembered.
const maxChosen = 1 << 12

type memory struct {
	mu sync.RWMutex
	of map[question]*function
}

// question is what choose is asked: the overloads, by their first, and the types. With guess an unknown operand of an
// operator is first supposed to be of the other's type.
type question struct {
	first *function
	guess bool
	n     uint8
	ts    [3]types.OID
}

// asked gives the question, if it is one to remember: few types, none of them a record, which are many.
func asked(all []*function, ts []types.Type, guess bool) (q question, ok bool) {
	if len(all) == 0 || len(ts) > len(q.ts) {
		return q, false
	}
	q = question{first: all[0], guess: guess, n: uint8(len(ts))}
	for i, t := range ts {
		if t.OID == types.OIDRecord || t.OID == types.OIDRecordArray {
			return q, false
		}
		q.ts[i] = t.OID
	}
	return q, true
}

// choose picks the overload for arguments of types ts (PostgreSQL manual, 10.2 and 10.3): the exact one, else the best
// that implicit casts can reach. nil: none can.
func choose(all []*function, ts []types.Type) (*function, error) {
	return chosen.choose(all, ts, false)
}

// chooseOperator is choose for operands.
func chooseOperator(op string, ts []types.Type) (*function, error) {
	return chosen.choose(operators[op], ts, true)
}

func (m *memory) choose(all []*function, ts []types.Type, supposing bool) (*function, error) {
	q, known := asked(all, ts, supposing)
	if known {
		m.mu.RLock()
		f := m.of[q]
		m.mu.RUnlock()
		if f != nil {
			return f, nil
		}
	}
	if supposing {
		ts = guess(all, ts)
	}
	f, err := chooseAmong(all, ts)
	if known && f != nil {
		m.mu.Lock()
		if len(m.of) < maxChosen {
			m.of[q] = f
		}
		m.mu.Unlock()
	}
	return f, err
}
