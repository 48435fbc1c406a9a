package node

import (
	"context"
	"encoding/json"
	"net/url"
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
		if err := out.add(ctx, x.Name, x.Owner, users); err != nil {
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

// showOption is what of an option may be seen. Values that people put tokens into are not: headers, and the paths of addresses.
func showOption(snap *catalog.Snapshot, o catalog.TargetOption) string {
	switch {
	case o.Secret != 0:
		if x := snap.SecretByID(o.Secret); x != nil {
			return "SECRET " + x.Name
		}
		return "SECRET"
	case slices.Contains([]string{"authorization", "signing_secret", "password", "headers"}, o.Name):
		return "..."
	case o.Name == "url":
		u, err := url.Parse(o.Value)
		if err != nil {
			return "..."
		}
		short := url.URL{Scheme: u.Scheme, Host: u.Host}
		if u.Path == "" && u.RawQuery == "" {
			return short.String()
		}
		return short.String() + "/..."
	}
	return o.Value
}
