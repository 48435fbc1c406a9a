package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// sinks send these relations out: what changes as it changes, and what only grows as it is.
var sinks = []struct{ relation, kind string }{{"spent", "changes"}, {"closed", "append-only"}, {"account", "changes"}}

// createSinks begins with the contents of each.
func (w *world) createSinks(ctx context.Context, c *pgx.Conn) error {
	for _, s := range sinks {
		sql := fmt.Sprintf("CREATE SINK sent_%[1]s FROM %[1]s WITH (connector = 'file', path = '%[2]s', type = '%[3]s')", s.relation, w.sent, s.kind)
		if _, err := c.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// checkSinks drops the sinks, upon which everything is in files, compares these with the relations, takes them away, and
// begins anew.
func (w *world) checkSinks(ctx context.Context, c *pgx.Conn) error {
	if w.sent == "" {
		return nil
	}
	var errs []error
	for _, s := range sinks {
		if _, err := c.Exec(ctx, "DROP SINK sent_"+s.relation); err != nil {
			return err
		}
		errs = append(errs, w.checkSink(ctx, c, s.relation))
	}
	if err := os.RemoveAll(w.sent); err != nil {
		return err
	}
	return errors.Join(append(errs, w.createSinks(ctx, c))...)
}

// checkSink adds up the rows of a sink's files and compares them with those of its relation.
func (w *world) checkSink(ctx context.Context, c *pgx.Conn, relation string) error {
	files, err := filepath.Glob(filepath.Join(w.sent, "sent_"+relation+".*-*"))
	if err != nil {
		return err
	}
	rows := map[string]int{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			if row, gone := strings.CutPrefix(line, `{"_op":"delete",`); gone {
				rows["{"+row]--
			} else if row, there := strings.CutPrefix(line, `{"_op":"insert",`); there {
				rows["{"+row]++
			} else {
				rows[line]++
			}
		}
	}
	var have bytes.Buffer
	if _, err := c.PgConn().CopyTo(ctx, &have, "COPY (SELECT * FROM "+relation+") TO STDOUT (FORMAT ndjson)"); err != nil {
		return err
	}
	for line := range strings.Lines(have.String()) {
		rows[line]--
	}
	for row, n := range rows {
		if n != 0 {
			return fmt.Errorf("sink on %s: a row is %d times too often in its %d files (negative: it is missing): %s", relation, n, len(files), row)
		}
	}
	return nil
}
