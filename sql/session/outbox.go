package session

import (
	"context"
	"encoding/binary"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// outboxKey is the number of the newest epoch of which everything is done that triggers asked for.
var outboxKey = []byte("outbox")

// Errand is what a trigger asks to be done outside, for one row. Its epoch and Seq tell it from all others: it may come twice, after
// a crash.
type Errand struct {
	Trigger         uint32
	Relation, Name  string // of the trigger
	Action          string // log, metric, notify, webhook or email; in the log also alert, and until, of a key that has acted or is armed
	Target, Payload string
	Value           float64
	Seq             uint32 // in the epoch
}

// RunErrands has do take in what triggers ask for, in the order of the epochs, from where it was left off, until ctx is done, the
// writer ends, or do fails. do is called with what is durable; it holds up nobody but itself.
func (e *Engine) RunErrands(ctx context.Context, do func(origin uint32, epoch uint64, at types.Micros, all []Errand) error) error {
	done, err := e.errandsDone()
	if err != nil {
		return err
	}
	defer func() { // what is not stored is done again
		if err := e.setErrandsDone(done.No); err != nil {
			e.journal.Warn("what triggers asked for may be done again at the next start", "err", err)
		}
	}()
	stored := done
	e.errandsFrom.Store(done.No + 1)
	feed := e.Committer.Follow(done.No+1, func(relation uint32) bool { return relation == catalog.OutboxID })
	return feed.Run(ctx, func(c *epoch.Commit) error {
		if all := errandsOf(c); len(all) > 0 {
			all, err := e.takeTurns(c.Epoch.Time, all)
			if err != nil {
				return err
			}
			if err := do(c.Epoch.Origin, c.Epoch.No, c.Epoch.Time, all); err != nil {
				return err
			}
		}
		if done = *c.Epoch; done.Time-stored.Time < errandsEvery {
			return nil
		}
		stored = done
		if err := e.setErrandsDone(done.No); err != nil {
			return err
		}
		e.errandsFrom.Store(done.No + 1)
		return nil
	})
}

// errandsEvery is how often at most it is stored what is done.
const errandsEvery = types.Second

// errandsOf are what an epoch asks for.
func errandsOf(c *epoch.Commit) (all []Errand) {
	for _, p := range c.Parts {
		if p.Relation == catalog.OutboxID {
			all = appendErrands(all, p.Rows)
		}
	}
	return all
}

func appendErrands(all []Errand, b *batch.Batch) []Errand {
	text := func(c, row int) string {
		if b.Cols[c].Null(row) {
			return ""
		}
		return strings.Clone(b.Cols[c].Str(row))
	}
	for i := range b.N {
		x := Errand{
			Trigger: uint32(batch.Values[int64](&b.Cols[1])[i]), Relation: text(2, i), Name: text(3, i), Action: text(4, i),
			Target: text(5, i), Payload: text(6, i), Seq: b.SeqAt(i),
		}
		if !b.Cols[7].Null(i) {
			x.Value = batch.Values[float64](&b.Cols[7])[i]
		}
		all = append(all, x)
	}
	return all
}

// errandsDone is the newest epoch that is done. A node without errands begins with what comes.
func (e *Engine) errandsDone() (done batch.Epoch, err error) {
	err = e.store.View(func(r state.Reader) error {
		v, _, err := r.Get(outboxKey)
		if err == nil && len(v) == 8 {
			done.No = binary.BigEndian.Uint64(v)
		}
		return err
	})
	if first, _ := e.Committer.Log().Bounds(); done.No+1 < first {
		done.No = first - 1
	}
	return done, err
}

func (e *Engine) setErrandsDone(no uint64) error {
	return e.store.Update(func(w state.Writer) error { return w.Set(outboxKey, binary.BigEndian.AppendUint64(nil, no)) })
}

// Tell gives a notification to who listens to a channel.
func (e *Engine) Tell(channel, payload string) {
	if len(payload) >= maxPayload {
		payload = strings.ToValidUTF8(payload[:maxPayload-1], "") // not in the middle of a character
	}
	e.channels.send([]Notification{{Channel: channel, Payload: payload}})
}
