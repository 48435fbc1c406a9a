package node_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// canary stands in a secret: nobody may come upon it anywhere.
const canary = "c4n4ry-5ecret"

func openOutward(t *testing.T, dir string, journal io.Writer) (*node.Node, *pgx.Conn) {
	t.Helper()
	n, err := node.Open(t.Context(), node.Settings{
		Data: dir, PgAddr: "127.0.0.1:0", Journal: slog.New(slog.NewTextHandler(journal, nil)), SendTo: []string{"127.0.0.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	c, err := pgx.Connect(t.Context(), "postgres://root@"+n.PgAddr()+"/x?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return n, c
}

// A secret reaches the receiver, also after a restart, and is found in no file, no relation and no journal.
func TestSecretsReachTheirTargetAlone(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Content-Type")+" "+string(body))
	}))
	defer server.Close()
	dir := t.TempDir()
	var journal bytes.Buffer
	n, c := openOutward(t, dir, &journal)
	exec(t, c, "CREATE SECRET address AS '"+server.URL+"/"+canary+"'")
	exec(t, c, "CREATE SECRET token AS 'Bearer "+canary+"'")
	exec(t, c, `CREATE TARGET ops TYPE webhook WITH (url = SECRET address, authorization = SECRET token, headers = '{"content-type": "text/plain"}')`)
	exec(t, c, "CALL vex.test_target('ops', 'one')")
	_, err := c.Exec(t.Context(), "CREATE TARGET broken TYPE webhook WITH (url = SECRET token)")
	wantCode(t, err, "22023")
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the error has the secret: %v", err)
	}
	for _, query := range []string{"SELECT t::text FROM vex.targets t", "SELECT t::text FROM vex.secrets t", "SELECT t::text FROM vex.audit t"} {
		rows, err := c.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(lines) == 0 || strings.Contains(strings.Join(lines, "\n"), canary) {
			t.Errorf("%s: %v, %v", query, lines, err)
		}
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = openOutward(t, dir, &journal)
	exec(t, c, "CALL vex.test_target('ops', 'two')")
	exec(t, c, "ALTER SECRET token AS 'Bearer other'")
	exec(t, c, "CALL vex.test_target('ops', 'three')")
	want := []string{"/" + canary + " Bearer " + canary + " text/plain one", "/" + canary + " Bearer " + canary + " text/plain two", "/" + canary + " Bearer other text/plain three"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("received %q, want %q", got, want)
	}
	if strings.Contains(journal.String(), canary) {
		t.Error("the journal has the secret")
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s has the secret", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "secret.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
}

func TestSecretsWithoutTheirKey(t *testing.T) {
	dir := t.TempDir()
	n, c := openOutward(t, dir, io.Discard)
	exec(t, c, "CREATE SECRET s AS 'https://example.com'")
	exec(t, c, "CREATE TARGET w TYPE webhook WITH (url = SECRET s)")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "secret.key")
	for name, c := range map[string]struct{ text, code string }{
		"gone": {"", "58030"}, "another": {strings.Repeat("ab", 32), "XX001"}, "no key": {"xyz", "XX001"},
	} {
		if err := os.Remove(key); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if c.text != "" {
			if err := os.WriteFile(key, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		n, conn := openOutward(t, dir, io.Discard) // the node itself does without
		_, err := conn.Exec(t.Context(), "CALL vex.test_target('w', '')")
		if wantCode(t, err, c.code); t.Failed() {
			t.Errorf("%s: %v", name, err)
		}
		n.Close()
	}
}

func TestTargetsAndRights(t *testing.T) {
	_, c := openOutward(t, t.TempDir(), io.Discard)
	for _, step := range []struct{ sql, code string }{
		{"CREATE ROLE anna", ""},
		{"CREATE SECRET s AS 'https://127.0.0.1:1/'", ""},
		{"CREATE TARGET w TYPE webhook WITH (url = SECRET s)", ""},
		{"CREATE TARGET w TYPE webhook WITH (url = SECRET s)", "42710"},
		{"CREATE TARGET IF NOT EXISTS w TYPE webhook WITH (url = SECRET s)", ""},
		{"SET ROLE anna", ""},
		{"CALL vex.test_target('w', '')", "42501"},
		{"CREATE TARGET v TYPE webhook WITH (url = 'https://example.com')", "42501"},
		{"ALTER TARGET w SET (timeout = '1 s')", "42501"},
		{"DROP TARGET w", "42501"},
		{"ALTER SECRET s AS 'x'", "42501"},
		{"DROP SECRET s", "42501"},
		{"ALTER SECRET s RENAME TO t", "42501"},
		{"CREATE SECRET own AS 'x'", ""},
		{"RESET ROLE", ""},
		{"GRANT SELECT ON TARGET w TO anna", "0LP01"},
		{"GRANT USAGE ON TARGET w TO anna", ""},
		{"DROP ROLE anna", "2BP01"},
		{"SET ROLE anna", ""},
		{"CALL vex.test_target('w', '')", "08006"},
		{"RESET ROLE", ""},
		{"DROP SECRET s", "2BP01"},
		{"ALTER SECRET s RENAME TO own", "42710"},
		{"ALTER SECRET s RENAME TO renamed", ""},
		{"ALTER ROLE anna RENAME TO berta", ""},
		{"REVOKE USAGE ON TARGET w FROM berta", ""},
		{"DROP ROLE berta", "2BP01"}, // the secret is hers
		{"DROP SECRET own, renamed CASCADE", ""},
		{"DROP TARGET w", "42704"},
		{"DROP TARGET IF EXISTS w", ""},
		{"DROP ROLE berta", ""},
		{"CREATE STREAM clicks (a text)", ""},
		{"CREATE TARGET used TYPE webhook WITH (url = 'https://127.0.0.1:1/')", ""},
		{"CREATE TRIGGER t AFTER INSERT ON clicks FOR EACH ROW EXECUTE FUNCTION webhook('used', a)", ""},
		{"ALTER TARGET used RENAME TO other", "2BP01"}, // the trigger names it
		{"DROP TARGET used", "2BP01"},
		{"DROP TARGET used CASCADE", ""},
		{"DROP TRIGGER t ON clicks", "42704"},
		{"CREATE TARGET m TYPE email WITH (host = 'h', from = 'a@b.c', to = 'nobody')", "22023"},
		{"CREATE TARGET m TYPE email WITH (host = 'h', from = 'a@b.c', to = 'd@e.f', port = 'x')", "22023"},
		{"CREATE TARGET m TYPE email WITH (host = 'h', from = 'a@b.c', to = 'd@e.f', timeout = '1 day')", "22023"},
		{"CREATE TARGET m TYPE email WITH (host = 'h', host = 'h')", "42601"},
		{"CREATE TARGET m TYPE webhook WITH (url = 'https://e.f', authorization = 'Bearer x')", "22023"},
		{"CREATE SECRET later", ""},
		{"CREATE TARGET m TYPE webhook WITH (url = SECRET later, ur = 'x')", "22023"},
		{"CREATE TARGET late TYPE webhook WITH (url = SECRET later)", ""},
		{"CALL vex.test_target('late', '')", "55000"},
		{"ALTER SECRET later AS 'https://127.0.0.1:1/'", ""},
		{"CALL vex.test_target('late', '')", "08006"},
		{"CREATE TARGET m TYPE fax WITH (host = 'h')", "42704"},
		{"CREATE TARGET m TYPE webhook WITH (url = 'https://e.f', headers = '[1]')", "22023"},
	} {
		_, err := c.Exec(t.Context(), step.sql)
		if step.code != "" {
			if wantCode(t, err, step.code); t.Failed() {
				t.Fatalf("%s: %v", step.sql, err)
			}
		} else if err != nil {
			t.Fatalf("%s: %v", step.sql, err)
		}
	}
}
