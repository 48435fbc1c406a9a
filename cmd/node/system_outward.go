package node

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

func (s *system) secrets(ctx context.Context, out *rows) error {
	snap := s.n.engine.Catalog()
	for _, x := range snap.Secrets() {
		var users int64
		for _, t := range snap.Targets() {
			if slices.ContainsFunc(t.Options, func(o catalog.TargetOption) bool { return o.Secret == x.ID }) {
				users++
			}
		}
		if err := out.add(ctx, x.Name, x.Owner, x.Sealed != nil, users); err != nil {
			return err
		}
	}
	return nil
}

func (s *system) targets(ctx context.Context, out *rows) error {
	snap := s.n.engine.Catalog()
	for _, t := range snap.Targets() {
		shown := map[string]string{}
		for _, o := range t.Options {
			shown[o.Name] = showOption(snap, o)
		}
		text, err := json.Marshal(shown)
		if err != nil {
			return err
		}
		options, err := types.ParseJSONB(nil, string(text))
		if err != nil {
			return err
		}
		if err := out.add(ctx, t.Name, t.Kind, t.Owner, string(options)); err != nil {
			return err
		}
	}
	return nil
}

// showOption is an option as the statement has it. What is no secret is shown.
func showOption(snap *catalog.Snapshot, o catalog.TargetOption) string {
	if o.Secret == 0 {
		return o.Value
	}
	if x := snap.SecretByID(o.Secret); x != nil {
		return "SECRET " + x.Name
	}
	return "SECRET"
}
