package build_test

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/build"
)

// A recursion that never ends meets the statement's memory limit, or its receiver has enough; a context that is done
// ends it.
func TestRecursionEnds(t *testing.T) {
	run := func(ctx context.Context, text string) error {
		t.Helper()
		p, _, err := newWorld().bind(text, false)
		if err != nil {
			t.Fatal(err)
		}
		q, err := build.Query(p, &gathered{}, &build.Env{Now: now, Budget: mem.New("test", 1<<16)})
		if err != nil {
			t.Fatal(err)
		}
		err = q.Feed(ctx, 0)
		if e := q.Close(); e != nil {
			t.Error(e)
		}
		return err
	}
	ctx := context.Background()
	if err := run(ctx, "WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT count(*) FROM t"); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Errorf("a UNION that grows: %v", err)
	}
	if err := run(ctx, "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + x FROM t, (VALUES (0), (1)) v (x)) SELECT count(*) FROM t"); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Errorf("a UNION ALL that grows: %v", err)
	}
	if err := run(ctx, "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT n FROM t LIMIT 3"); err != nil {
		t.Errorf("a LIMIT above: %v", err)
	}
	done, cancel := context.WithCancelCause(ctx)
	cancel(sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to user request"))
	if err := run(done, "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT count(*) FROM t"); sqlerr.CodeOf(err) != sqlerr.QueryCanceled {
		t.Errorf("canceled: %v", err)
	}
}
