package node

import (
	"context"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func (s *system) triggers(ctx context.Context, out *rows) error {
	for _, t := range s.n.engine.Triggers() {
		timing, condition := "AFTER", any(nil)
		if t.Before {
			timing = "BEFORE"
		}
		if t.When != "" {
			condition = t.When
		}
		var why, each any
		if t.Why != nil {
			why = oneLine(t.Why)
		}
		asked, took := t.Counts.Asked()
		if asked > 0 {
			each = took * 1000 / float64(asked)
		}
		err := out.add(ctx, t.On.QualifiedName(), t.Name, timing, int64(t.Priority), !t.Disabled, condition, t.Actions, t.Owner,
			asked, t.Counts.Matches.Load(), t.Counts.Actions.Load(), t.Counts.Errors.Load(), each, why)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *system) triggerErrors(ctx context.Context, out *rows) error {
	for _, t := range s.n.engine.Triggers() {
		names := make([]string, len(t.On.Visible()))
		for i, c := range t.On.Visible() {
			names[i] = c.Name
		}
		for _, e := range t.Counts.Samples() {
			message := e.Err.Error()
			if x, ok := sqlerr.As(e.Err); ok {
				message = x.Message
			}
			err := out.add(ctx, t.On.QualifiedName(), t.Name, e.At, e.Action, string(sqlerr.CodeOf(e.Err)), message, rowJSON(e.Row, names))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *system) alerts(ctx context.Context, out *rows) error {
	for _, a := range s.n.engine.Alerts() {
		how, ended := "firing", any(nil)
		if !a.Firing {
			how, ended = "resolved", a.Ended
		}
		if err := out.add(ctx, a.Relation, a.Name, a.Labels, a.Severity, a.Message, how, a.Since, ended); err != nil {
			return err
		}
	}
	return nil
}

func (s *system) deliveries(ctx context.Context, out *rows) error {
	if s.n.errands.out == nil { // the node is starting
		return nil
	}
	all, _ := s.n.errands.out.Status()
	for i := range all {
		t := &all[i]
		var oldest any
		if t.Waiting > 0 {
			oldest = t.Oldest
		}
		err := out.add(ctx, t.Kind, t.Target, int64(t.Waiting), int64(t.Under), t.Done, t.Dead, oldest, int64(t.Failures), or(t.LastError))
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *system) undelivered(ctx context.Context, out *rows) error {
	if s.n.errands.out == nil {
		return nil
	}
	all, err := s.n.errands.out.Dead()
	for i := range all {
		d := &all[i]
		if err == nil {
			err = out.add(ctx, d.At, d.ID.String(), d.Kind, d.Target, string(d.Payload), d.Why)
		}
	}
	return err
}

func (s *system) propagation(ctx context.Context, out *rows) error {
	for _, f := range s.n.engine.Flows() {
		events, duplicates := f.Events.Load(), f.Duplicates.Load()
		if events+duplicates == 0 {
			continue
		}
		avg := float64(f.Nanos.Load()) / float64(events+duplicates)
		err := out.add(ctx, f.From.QualifiedName(), f.To.QualifiedName(), events, f.Bytes.Load(), duplicates, f.Kept.Load(), avg, f.Within(0.5), f.Within(0.99))
		if err != nil {
			return err
		}
	}
	return nil
}
