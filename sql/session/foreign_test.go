package session_test

import (
	"context"
	"strings"
	"sync"
	"testing"
)

// TestForeignKeysOfManyClients has clients insert rows that refer to keys while others delete these: no row is left that
// refers to nothing, whatever was refused, and a restart knows what refers to what.
func TestForeignKeysOfManyClients(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p, n int);
		CREATE TABLE k (p int REFERENCES p ON DELETE CASCADE); INSERT INTO p SELECT generate_series(1, 20)`)
	var wg sync.WaitGroup
	for worker := range 6 {
		w := n.another()
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 40 {
				id := string(rune('0'+(i+worker)%9+1)) + ""
				text := []string{
					"INSERT INTO c VALUES (" + id + ", 1)", "DELETE FROM p WHERE id = " + id, "INSERT INTO k VALUES (" + id + ")",
					"BEGIN; DELETE FROM c WHERE p = " + id + "; DELETE FROM p WHERE id = " + id + "; COMMIT",
					"BEGIN; INSERT INTO p VALUES (" + id + "); INSERT INTO c VALUES (" + id + ", 2); COMMIT", "UPDATE c SET p = p + 1 WHERE p = " + id,
				}[(i+worker)%6]
				out := w.run(context.Background(), text, &client{})
				if strings.Contains(out, "ERROR") {
					w.run(context.Background(), "ROLLBACK", &client{})
					if !strings.Contains(out, "ERROR 23503") && !strings.Contains(out, "ERROR 40001") && !strings.Contains(out, "ERROR 23505") {
						t.Errorf("%s gives %s", text, out)
					}
				}
			}
		}()
	}
	wg.Wait()
	dangling := `SELECT count(*) FROM c WHERE p NOT IN (SELECT id FROM p); SELECT count(*) FROM k WHERE p NOT IN (SELECT id FROM p)`
	if got := n.must(dangling); got != "0\n0\n" {
		t.Fatalf("rows refer to nothing: %s", got)
	}
	n.must(`INSERT INTO p VALUES (100); INSERT INTO c VALUES (100, 0); INSERT INTO k VALUES (100)`)
	n.crash()
	if got := n.run(t.Context(), `DELETE FROM p WHERE id = 100`, &client{}); !strings.HasPrefix(got, "ERROR 23503") {
		t.Fatalf("after a restart: %s", got)
	}
	n.must(`DELETE FROM c WHERE p = 100; DELETE FROM p WHERE id = 100`)
	if got := n.must(`SELECT count(*) FROM k WHERE p = 100`); got != "0\n" {
		t.Fatalf("CASCADE left %s", got)
	}
}

// TestForeignKeyAtCommit has two blocks that each could commit alone: the second is refused.
func TestForeignKeyAtCommit(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p); INSERT INTO p VALUES (1), (2)`)
	a, b := n.another(), n.another()
	a.must(`BEGIN; INSERT INTO c VALUES (1)`)
	b.must(`BEGIN; DELETE FROM p WHERE id = 1`)
	a.must(`COMMIT`)
	if got := b.run(t.Context(), `COMMIT`, &client{}); !strings.HasPrefix(got, "ERROR 23503") {
		t.Fatalf("a DELETE of a key that is referred to by now gives %s", got)
	}
	b.must(`BEGIN; DELETE FROM p WHERE id = 2`)
	a.must(`BEGIN; INSERT INTO c VALUES (2)`)
	b.must(`COMMIT`)
	if got := a.run(t.Context(), `COMMIT`, &client{}); !strings.HasPrefix(got, "ERROR 23503") {
		t.Fatalf("a row that refers to a key that is gone gives %s", got)
	}
	a.must(`CREATE TABLE late (p int); INSERT INTO late VALUES (1)`)
	b.must(`BEGIN; DELETE FROM c; DELETE FROM p`)
	a.must(`ALTER TABLE late ADD FOREIGN KEY (p) REFERENCES p`)
	if got := b.run(t.Context(), `COMMIT`, &client{}); !strings.HasPrefix(got, "ERROR 40001") {
		t.Fatalf("a DELETE of keys that something refers to since gives %s", got)
	}
}
