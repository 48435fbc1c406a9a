package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// client writes to a node, one statement or transaction after the other, and knows what was answered.
type client interface {
	// step does one piece of work; without an error the node has acknowledged it.
	step(ctx context.Context, c *pgx.Conn, r *rand.Rand) error
	// answered notes the acknowledgement of the last step, and gives how many rows it was about.
	answered() int64
	// check compares what is there after a crash with what was answered, and goes on from it.
	check(ctx context.Context, c *pgx.Conn) error
}

// ledger numbers a client's rows: those below acked were acknowledged, those below tried are in a statement under way.
type ledger struct{ acked, tried int64 }

// settle takes in how many rows there are. Rows are numbered from 0, so none may be missing and none come twice.
func (l *ledger) settle(who string, count, distinct, last int64) error {
	switch {
	case count != distinct:
		return fmt.Errorf("%s: %d rows are doubled", who, count-distinct)
	case count > 0 && last != count-1:
		return fmt.Errorf("%s: the last row is number %d, but there are %d rows", who, last, count)
	case count < l.acked:
		return fmt.Errorf("%s: %d rows of %d acknowledged are lost", who, l.acked-count, l.acked)
	case count != l.acked && count != l.tried:
		return fmt.Errorf("%s: %d rows, where %d were acknowledged and a statement would have made %d: it is there in part", who, count, l.acked, l.tried)
	}
	l.acked, l.tried = count, count
	return nil
}

func (l *ledger) answered() int64 {
	n := l.tried - l.acked
	l.acked = l.tried
	return n
}

func (l *ledger) checkRows(ctx context.Context, c *pgx.Conn, who, from string) error {
	var count, distinct, last int64
	err := c.QueryRow(ctx, "SELECT count(*), count(DISTINCT id), coalesce(max(id), -1) FROM "+from).Scan(&count, &distinct, &last)
	if err != nil {
		return fmt.Errorf("%s: %w", who, err)
	}
	return l.settle(who, count, distinct, last)
}

// at is the event time of a client's row: a row each 10 ms.
func at(id int64) string {
	return fmt.Sprintf("2026-01-01T%02d:%02d:%02d.%03dZ", id/360000%24, id/6000%60, id/100%60, id%100*10)
}

// row is a row of stream s as fields.
func row(r *rand.Rand, writer int, id int64, null string) []string {
	f := null
	if r.IntN(8) > 0 {
		f = fmt.Sprint(r.NormFloat64() * 1e6)
	}
	return []string{at(id), fmt.Sprint(id), fmt.Sprint(writer), fmt.Sprint(r.IntN(9)), fmt.Sprint(r.IntN(2000) - 1000), f}
}

// copier writes by COPY, sometimes so much that a statement is staged.
type copier struct {
	ledger
	writer int
}

func (w *copier) step(ctx context.Context, c *pgx.Conn, r *rand.Rand) error {
	n := int64(1 + r.IntN(200))
	if r.IntN(50) == 0 {
		n = 20000
	}
	w.tried = w.acked + n
	var b strings.Builder
	for id := w.acked; id < w.tried; id++ {
		b.WriteString(strings.Join(row(r, w.writer, id, ""), ",") + "\n")
	}
	_, err := c.PgConn().CopyFrom(ctx, strings.NewReader(b.String()), "COPY s FROM STDIN (FORMAT csv)")
	return err
}

func (w *copier) check(ctx context.Context, c *pgx.Conn) error {
	return w.checkRows(ctx, c, "COPY", fmt.Sprintf("s WHERE writer = %d", w.writer))
}

// inserter writes by INSERT.
type inserter struct {
	ledger
	writer int
}

func (w *inserter) step(ctx context.Context, c *pgx.Conn, r *rand.Rand) error {
	n := int64(1 + r.IntN(5))
	w.tried = w.acked + n
	var rows []string
	for id := w.acked; id < w.tried; id++ {
		f := row(r, w.writer, id, "NULL")
		rows = append(rows, "('"+f[0]+"', "+strings.Join(f[1:], ", ")+")")
	}
	_, err := c.Exec(ctx, "INSERT INTO s VALUES "+strings.Join(rows, ", "))
	return err
}

func (w *inserter) check(ctx context.Context, c *pgx.Conn) error {
	return w.checkRows(ctx, c, "INSERT", fmt.Sprintf("s WHERE writer = %d", w.writer))
}

// accounts is how many accounts a bank has, each with this much at first.
const (
	accounts = 10
	balance  = 1000
)

// bank moves money between rows of a table and notes it in a stream and in a comment, in one transaction.
type bank struct{ ledger }

func (w *bank) step(ctx context.Context, c *pgx.Conn, r *rand.Rand) error {
	from, to, amount := r.IntN(accounts), r.IntN(accounts), r.IntN(100)
	w.tried = w.acked + 1
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	for _, s := range []string{
		fmt.Sprintf("UPDATE account SET balance = balance - %d WHERE id = %d", amount, from),
		fmt.Sprintf("INSERT INTO moves VALUES ('%s', %d, %d, %d, %d)", at(w.acked), w.acked, from, to, amount),
		fmt.Sprintf("UPDATE account SET balance = balance + %d WHERE id = %d", amount, to),
		fmt.Sprintf("COMMENT ON TABLE account IS '%d'", w.acked),
	} {
		if _, err := tx.Exec(ctx, s); err != nil {
			return err
		}
	}
	if r.IntN(8) == 0 {
		w.tried = w.acked
		return tx.Rollback(ctx)
	}
	return tx.Commit(ctx)
}

// wrongBalances counts the accounts that do not have what the moves say.
var wrongBalances = fmt.Sprintf(`SELECT count(*) FROM account a WHERE a.balance <> %d
	- coalesce((SELECT sum(amount) FROM moves m WHERE m.src = a.id), 0) + coalesce((SELECT sum(amount) FROM moves m WHERE m.dst = a.id), 0)`, balance)

func (w *bank) check(ctx context.Context, c *pgx.Conn) error {
	if err := w.checkRows(ctx, c, "transactions", "moves"); err != nil {
		return err
	}
	var wrong, all int
	if err := c.QueryRow(ctx, "SELECT ("+wrongBalances+"), count(*) FROM account").Scan(&wrong, &all); err != nil {
		return fmt.Errorf("balances: %w", err)
	}
	if wrong != 0 || all != accounts {
		return fmt.Errorf("balances: %d of %d accounts do not have what their moves say: a transaction is there in part", wrong, all)
	}
	var said int64
	if err := c.QueryRow(ctx, "SELECT coalesce(obj_description('account'::regclass), '-1')::bigint").Scan(&said); err != nil {
		return fmt.Errorf("comment: %w", err)
	}
	if said != w.acked-1 {
		return fmt.Errorf("comment: it is of transaction %d, and the last one is %d: a transaction is there in part", said, w.acked-1)
	}
	return nil
}

// shelf changes rows of a table by key: it inserts, updates and deletes.
type shelf struct {
	rows  map[int]int64 // n by k
	key   int           // of the statement under way
	n     int64         // what it makes of the key; 0: no row
	under bool          // a statement is under way
	last  int64
}

func (w *shelf) step(ctx context.Context, c *pgx.Conn, r *rand.Rand) error {
	w.last++
	w.key, w.n, w.under = r.IntN(9), w.last, true
	s := fmt.Sprintf("INSERT INTO side VALUES (%d, %d) ON CONFLICT (k) DO UPDATE SET n = excluded.n", w.key, w.n)
	if r.IntN(4) == 0 {
		w.n, s = 0, fmt.Sprintf("DELETE FROM side WHERE k = %d", w.key)
	}
	_, err := c.Exec(ctx, s)
	return err
}

func (w *shelf) answered() int64 {
	w.under = false
	if w.n == 0 {
		delete(w.rows, w.key)
	} else {
		w.rows[w.key] = w.n
	}
	return 1
}

func (w *shelf) check(ctx context.Context, c *pgx.Conn) error {
	found := map[int]int64{}
	rows, err := c.Query(ctx, "SELECT k, n FROM side")
	if err != nil {
		return fmt.Errorf("side: %w", err)
	}
	var k int
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&k, &n}, func() error { found[k] = n; return nil }); err != nil {
		return fmt.Errorf("side: %w", err)
	}
	if w.under && found[w.key] == w.n {
		w.answered()
	}
	w.under = false
	for k := range 9 {
		if found[k] != w.rows[k] {
			return fmt.Errorf("side: key %d has %d, and was acknowledged as %d", k, found[k], w.rows[k])
		}
	}
	return nil
}

// maker makes and drops a view.
type maker struct{ there, wanted bool }

func (w *maker) step(ctx context.Context, c *pgx.Conn, _ *rand.Rand) error {
	w.wanted = !w.there
	s := "DROP MATERIALIZED VIEW made"
	if w.wanted {
		s = "CREATE MATERIALIZED VIEW made AS SELECT writer, count(*), max(v) FROM s GROUP BY writer"
	}
	_, err := c.Exec(ctx, s)
	return err
}

func (w *maker) answered() int64 {
	w.there = w.wanted
	return 0
}

func (w *maker) check(ctx context.Context, c *pgx.Conn) error {
	var found bool
	if err := c.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_matviews WHERE matviewname = 'made'").Scan(&found); err != nil {
		return fmt.Errorf("views: %w", err)
	}
	if found != w.there && found != w.wanted {
		return fmt.Errorf("views: made is there: %v, acknowledged: %v", found, w.there)
	}
	w.there, w.wanted = found, found
	if !found {
		return nil
	}
	return differs(ctx, c, "made", "SELECT writer, count(*), max(v) FROM s GROUP BY writer")
}

// refused says whether the node answered with an error, and did not just go away.
func refused(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code != "57P01" // admin_shutdown
}
