package live

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
)

// take pushes an epoch's rows of an input's relation into it, and gives how many they were. Where they are many, several
// cores share them.
func (m *Member) take(ctx context.Context, in *Input, parts []epoch.Part) (rows int, err error) {
	for i := range parts {
		if parts[i].Relation == in.Relation {
			rows += parts[i].Rows.N
		}
	}
	m.rowsIn += int64(rows)
	if in.Lanes != nil && in.Lanes.Pays(rows) {
		if done, err := m.share(ctx, in, parts); done || err != nil {
			return rows, err
		}
	}
	for _, p := range parts {
		if p.Relation != in.Relation {
			continue
		}
		if err := m.push(ctx, in, p); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// share has several cores take the rows, unless somebody knows already which of them pass.
func (m *Member) share(ctx context.Context, in *Input, parts []epoch.Part) (done bool, err error) {
	var whole, scanned []*batch.Batch
	for i := range parts {
		p := &parts[i]
		if p.Relation != in.Relation {
			continue
		}
		if _, known := m.sift(in, p); known || p.Rows.Diff != nil {
			return false, nil
		}
		whole = append(whole, p.Rows)
		scanned = append(scanned, Scan(p.Rows, m.Visible(p.Relation), in.Columns, p.Offset0))
	}
	origin := m.origin(in)
	defer origin(nil)
	return true, in.Lanes.Push(ctx, scanned, func(i int) { origin(whole[i]) })
}
