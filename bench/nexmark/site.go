package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/badgerstore"
	"github.com/vexfs/vexstream/storage/memstore"
	"github.com/vexfs/vexstream/storage/segment"
)

// ddl makes the streams, and the table that q13 looks things up in.
var ddl = func() (out []string) {
	for s, schema := range schemas {
		var cols []string
		for _, f := range schema {
			cols = append(cols, f.Name+" "+types.FormatType(f.Type))
		}
		out = append(out, fmt.Sprintf("CREATE STREAM %s (%s, WATERMARK FOR datetime AS datetime - INTERVAL '%d seconds')",
			names[s], strings.Join(cols, ", "), lag/types.Second))
	}
	var rows []string
	for i := range 10_000 {
		n := strconv.Itoa(i)
		rows = append(rows, "("+n+", '"+n+"')")
	}
	return append(out, "CREATE TABLE side_input (key bigint PRIMARY KEY, value text)", "INSERT INTO side_input VALUES "+strings.Join(rows, ", "))
}()

// site is the auction site's database: an engine, in memory or in a folder.
type site struct {
	e       *session.Engine
	s       *session.Session
	targets [streams]epoch.Target
	close   []func() error
}

// open makes a site with the streams. dir is where it keeps its log and checkpoints; "" is memory. The memory of its
// views is limited to limit bytes.
func open(ctx context.Context, dir string, limit int64, clock func() types.Micros) (*site, error) {
	t := &site{}
	quiet := slog.New(slog.DiscardHandler)
	cfg := session.Config{Clock: clock, Origin: 1, Fence: 1, Journal: quiet, Version: "nexmark", Memory: mem.New("nexmark", limit)}
	if dir == "" {
		cfg.Log, cfg.Store, cfg.Pages = memstore.NewLog(), memstore.NewStore(), memstore.NewStore()
	} else {
		log, err := segment.Open(filepath.Join(dir, "log"), segment.Options{Logger: quiet})
		if err != nil {
			return nil, err
		}
		t.close = append(t.close, log.Close)
		db, err := badgerstore.Open(filepath.Join(dir, "store"), badgerstore.Options{Logger: quiet})
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
		t.close = append(t.close, db.Close)
		cfg.Log, cfg.Store, cfg.Pages = log, db.Scope(badgerstore.Catalog), db.Scope(badgerstore.Checkpoint)
	}
	var err error
	if t.e, err = session.Open(ctx, cfg); err == nil {
		t.s, err = t.e.Session("admin", "vexstream", map[string]string{"TimeZone": "UTC"})
	}
	for i := 0; i < len(ddl) && err == nil; i++ {
		_, err = t.run(ctx, ddl[i])
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	for s, name := range names {
		r, err := t.e.Catalog().Resolve(0, name)
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
		t.targets[s] = epoch.Target{Relation: r.ID, EventTime: r.EventTime, MaxSkew: session.Skew(r)}
	}
	return t, nil
}

// Close ends the site; what is in its folder stays.
func (t *site) Close() error {
	if t.e != nil {
		t.e.Close()
	}
	var err error
	for i := len(t.close) - 1; i >= 0; i-- {
		err = errors.Join(err, t.close[i]())
	}
	return err
}

// store commits a batch of each stream and waits until they are durable.
func (t *site) store(ctx context.Context, rows [streams]*batch.Batch) error {
	st, err := t.begin(rows)
	if err != nil {
		return err
	}
	_, err = st.Commit(ctx)
	return err
}

func (t *site) begin(rows [streams]*batch.Batch) (*epoch.Statement, error) {
	st := t.e.Committer.Begin()
	for s, b := range rows {
		if b == nil {
			continue
		}
		if err := st.Add(t.targets[s], b); err != nil {
			st.Abort()
			return nil, err
		}
	}
	return st, nil
}

// view makes a view of a query.
func (t *site) view(ctx context.Context, q *query) error {
	_, err := t.run(ctx, "CREATE MATERIALIZED VIEW "+q.name+" AS "+q.sql)
	return err
}

// run runs a statement and gives what it says about rows.
func (t *site) run(ctx context.Context, text string) ([]*batch.Batch, error) {
	stmts, err := t.s.Parse(text)
	if err != nil {
		return nil, err
	}
	out := &answer{}
	for i := range stmts {
		p, err := t.s.Prepare(ctx, &stmts[i], nil)
		if err != nil {
			return nil, err
		}
		if _, err := t.s.Run(ctx, p, nil, out); err != nil {
			return nil, err
		}
	}
	return out.rows, nil
}

// answer is a session.Output that keeps rows.
type answer struct{ rows []*batch.Batch }

// Rows keeps a copy.
func (a *answer) Rows(_ context.Context, b *batch.Batch) error {
	a.rows = append(a.rows, b.Clone())
	return nil
}

// Notice drops it.
func (a *answer) Notice(string, *sqlerr.Error) {}

// Parameter drops it.
func (a *answer) Parameter(string, string) {}

// CopyIn is refused.
func (a *answer) CopyIn(int, bool) (io.Reader, error) { return nil, errors.ErrUnsupported }

// CopyOut is refused.
func (a *answer) CopyOut(int, bool) (io.Writer, error) { return nil, errors.ErrUnsupported }
