package epoch

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Limits of producers. Their state is recorded with every epoch.
const (
	MaxProducers    = 1024       // kept apart on a node; past it the one that was quiet the longest is forgotten
	QuietProducer   = types.Hour // for at least so long
	MaxProducerName = 128        // bytes
)

// Producer is a named writer of a relation, who numbers its statements so that one that it sends again is not stored again.
type Producer struct {
	Relation uint32
	Name     string
	Sequence uint64       // of its newest statement
	At       types.Micros // when that was committed
}

type producerKey struct {
	relation uint32
	name     string
}

// produced is where a producer stands.
type produced struct {
	sequence uint64
	at       types.Micros
}

// As says that the statement is number sequence of a producer of a relation. It is to be called before Commit. If the
// producer's number is no greater than one that was committed before, Commit stores nothing, and Repeated says so.
func (s *Statement) As(relation uint32, producer string, sequence uint64) error {
	if producer == "" || len(producer) > MaxProducerName || sequence == 0 || sequence > math.MaxInt64 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "statement %d of a producer called %q", sequence, producer).
			WithHint("Its name has 1 to %d bytes, and its statements are numbered from 1 on.", MaxProducerName)
	}
	s.producer, s.sequence = producerKey{relation, producer}, sequence
	return nil
}

// Repeated says, after Commit, that a statement of its producer with that number, or a greater one, had been committed
// before, so that this one was not stored.
func (s *Statement) Repeated() bool { return s.end.repeated }

// Producers gives where all producers stand, by relation and name.
func (c *Committer) Producers() []Producer {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Producer
	for k, p := range c.producers {
		out = append(out, Producer{k.relation, k.name, p.sequence, p.at})
	}
	slices.SortFunc(out, func(a, b Producer) int {
		return cmp.Or(cmp.Compare(a.Relation, b.Relation), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// admit gives the statements of a group that are to be stored, and answers for the others: those that repeat one, those of
// a producer too many, and those whose rows cannot be told from repetitions.
func (c *Committer) admit(group []*Statement, ep *batch.Epoch) []*Statement {
	fresh := make([]*Statement, 0, len(group))
	for _, s := range group {
		if s.end.repeated, s.end.err = c.numbered(s, ep.Time); s.end.err == nil && !s.end.repeated {
			s.end.err = c.dedupe(s, ep)
		}
		if s.end.err != nil || s.end.repeated {
			s.unstage()
			continue
		}
		if s.sequence > 0 {
			c.mu.Lock()
			c.producers[s.producer] = produced{s.sequence, ep.Time}
			c.mu.Unlock()
		}
		fresh = append(fresh, s)
	}
	return fresh
}

// numbered says whether a statement repeats one of its producer, and makes room for the producer.
func (c *Committer) numbered(s *Statement, now types.Micros) (repeated bool, err error) {
	if s.sequence == 0 {
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p, known := c.producers[s.producer]
	if !known && !c.roomForProducer(now) {
		return false, sqlerr.New(sqlerr.ConfigurationLimit, "more than %d producers have written within an hour", MaxProducers).
			WithHint("Use few producers, each with many statements.")
	}
	return known && s.sequence <= p.sequence, nil
}

// roomForProducer says whether there is room for one more, and makes it if it can. mu is held.
func (c *Committer) roomForProducer(now types.Micros) bool {
	if len(c.producers) < MaxProducers {
		return true
	}
	quiet, at := producerKey{}, now-QuietProducer
	for k, p := range c.producers {
		if p.at < at {
			quiet, at = k, p.at
		}
	}
	if quiet.name == "" {
		return false
	}
	delete(c.producers, quiet)
	return true
}

// producersMark begins a record of the committer's state that has producers: no record without them begins so.
const producersMark = math.MaxUint32 + 1

// saveProducers appends the producers, if there are any.
func (c *Committer) saveProducers(dst []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.producers) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, producersMark)
	dst = binary.AppendUvarint(dst, uint64(len(c.producers)))
	keys := slices.SortedFunc(maps.Keys(c.producers), func(a, b producerKey) int {
		return cmp.Or(cmp.Compare(a.relation, b.relation), cmp.Compare(a.name, b.name))
	})
	for _, k := range keys {
		p := c.producers[k]
		dst = binary.AppendUvarint(dst, uint64(k.relation))
		dst = binary.AppendUvarint(dst, uint64(len(k.name)))
		dst = append(dst, k.name...)
		dst = binary.AppendUvarint(dst, p.sequence)
		dst = binary.AppendUvarint(dst, uint64(p.at))
	}
	return dst
}

// loadProducers reads what saveProducers wrote, and gives what follows.
func (c *Committer) loadProducers(data []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.producers = map[producerKey]produced{}
	if mark, rest, err := uvarint(data); err != nil || mark != producersMark {
		return data, err
	} else {
		data = rest
	}
	n, data, err := uvarint(data)
	for ; err == nil && n > 0; n-- {
		var v [4]uint64 // relation, length of the name, sequence, time
		var name string
		for i := range v {
			if v[i], data, err = uvarint(data); err != nil {
				return nil, err
			}
			if i == 1 {
				if v[1] > uint64(len(data)) {
					return nil, errMeta
				}
				name, data = string(data[:v[1]]), data[v[1]:]
			}
		}
		c.producers[producerKey{uint32(v[0]), name}] = produced{v[2], types.Micros(v[3])}
	}
	if invariant.Planted(invariant.LostProducers) {
		clear(c.producers)
	}
	return data, err
}
