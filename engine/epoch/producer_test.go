package epoch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// produce commits a row as a producer's statement, and says whether it had been committed before.
func produce(t *testing.T, c *epoch.Committer, relation uint32, name string, sequence uint64) (bool, error) {
	t.Helper()
	s := c.Begin()
	if err := s.As(relation, name, sequence); err != nil {
		return false, err
	}
	if err := s.Add(epoch.Target{Relation: relation, EventTime: 0}, rowsAt(int64(sequence))); err != nil {
		t.Fatal(err)
	}
	_, err := s.Commit(t.Context())
	return s.Repeated(), err
}

// TestProducers has statements come twice, out of order, after a restart and after a full disk: each is stored once.
func TestProducers(t *testing.T) {
	log := &refusing{Log: memstore.NewLog()}
	c := open(t, log)
	is := func(relation uint32, name string, sequence uint64, repeated bool) {
		t.Helper()
		if got, err := produce(t, c, relation, name, sequence); got != repeated || err != nil {
			t.Errorf("statement %d of %s: repeated %v, %v", sequence, name, got, err)
		}
	}
	is(7, "p", 1, false)
	is(7, "p", 1, true)
	is(7, "q", 1, false)
	is(8, "p", 1, false) // another relation, another producer
	is(7, "p", 5, false) // numbers may be left out
	is(7, "p", 3, true)  // but not come back
	log.err = sqlerr.New(sqlerr.DiskFull, "no room")
	if again, err := produce(t, c, 7, "p", 6); again || sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Errorf("without room: %v, %v", again, err)
	}
	if again, err := produce(t, c, 7, "p", 5); again || sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Errorf("a repeat without room: %v, %v", again, err)
	}
	log.err = nil
	is(7, "p", 6, false)
	c.Close()
	log.Log = log.Reopen()
	c = open(t, log)
	is(7, "p", 6, true)
	is(7, "p", 7, false)
	is(8, "p", 1, true)
	if n := c.Rows(7); n != 5 {
		t.Errorf("%d rows", n)
	}
	var all strings.Builder
	for _, p := range c.Producers() {
		fmt.Fprintf(&all, "%d %s %d; ", p.Relation, p.Name, p.Sequence)
	}
	if all.String() != "7 p 7; 7 q 1; 8 p 1; " {
		t.Error(all.String())
	}
	for _, bad := range []struct {
		name string
		no   uint64
	}{{"", 1}, {strings.Repeat("x", 129), 1}, {"p", 0}, {"p", 1 << 63}} {
		if err := c.Begin().As(7, bad.name, bad.no); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
			t.Errorf("statement %d of %q gives %v", bad.no, bad.name, err)
		}
	}
}

// TestRepeatsInOneEpoch hands over a statement and its repeat at once, with blocks that were staged.
func TestRepeatsInOneEpoch(t *testing.T) {
	log := memstore.NewLog()
	c := open(t, log)
	var both []*epoch.Statement
	for range 2 {
		s := c.Begin()
		long(t, s, log)
		if err := s.As(7, "p", 1); err != nil {
			t.Fatal(err)
		}
		both = append(both, s)
	}
	rows := both[0].Rows()
	for _, s := range both {
		if err := s.Submit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range both {
		if _, err := s.Wait(t.Context()); err != nil || s.Repeated() != (i == 1) {
			t.Errorf("statement %d: repeated %v, %v", i, s.Repeated(), err)
		}
	}
	if n := c.Rows(7); n != rows {
		t.Errorf("%d rows of %d", n, rows)
	}
}

// TestManyProducers has more of them than are kept apart: none is forgotten before it was quiet for an hour.
func TestManyProducers(t *testing.T) {
	time := &clock{now: 1000}
	c, err := epoch.Open(t.Context(), epoch.Config{Log: memstore.NewLog(), Clock: time.read, Time: &greatest{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range epoch.MaxProducers {
		if _, err := produce(t, c, 7, fmt.Sprint(i), 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := produce(t, c, 7, "one more", 1); sqlerr.CodeOf(err) != sqlerr.ConfigurationLimit {
		t.Errorf("one producer too many gives %v", err)
	}
	time.mu.Lock()
	time.now += 2 * types.Hour
	time.mu.Unlock()
	if again, err := produce(t, c, 7, "0", 1); !again || err != nil {
		t.Errorf("an old producer: %v, %v", again, err)
	}
	if _, err := produce(t, c, 7, "0", 2); err != nil {
		t.Error(err)
	}
	if again, err := produce(t, c, 7, "one more", 1); again || err != nil {
		t.Errorf("one that takes the place of a quiet one: %v, %v", again, err)
	}
	if again, _ := produce(t, c, 7, "0", 2); !again {
		t.Error("the one that was heard last was forgotten")
	}
}
