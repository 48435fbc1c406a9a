package node_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"os"
	command "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/cmd/node"
)

// guardedNode is a node that asks everybody for a password, with roles.
func guardedNode(t *testing.T) (*node.Node, string) {
	t.Helper()
	dir := t.TempDir()
	n, err := node.Open(t.Context(), node.Settings{Data: dir, PgAddr: "127.0.0.1:0", NoTrust: true, Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	for _, sql := range []string{
		"CREATE ROLE anna LOGIN SUPERUSER PASSWORD 'pencil'", "CREATE ROLE ben PASSWORD 'pencil'", "CREATE ROLE carl LOGIN",
		"CREATE ROLE dora LOGIN PASSWORD 'pencil' VALID UNTIL '2000-01-01'", "CREATE ROLE emil LOGIN PASSWORD 'pencil' CONNECTION LIMIT 1",
		"CREATE ROLE fritz LOGIN PASSWORD 'Ⅸ'", "CREATE ROLE gina LOGIN PASSWORD 'pencil'",
		"REVOKE CONNECT ON DATABASE vexstream FROM PUBLIC", "GRANT CONNECT ON DATABASE vexstream TO carl, emil, fritz",
	} {
		if err := n.Run(t.Context(), sql, nil); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return n, dir
}

func TestPasswords(t *testing.T) {
	n, dir := guardedNode(t)
	cert := filepath.Join(dir, "tls", "cert.pem")
	for name, c := range map[string]struct{ conn, code string }{
		"plain":              {"user=anna password=pencil sslmode=disable", ""},
		"plain, wrong":       {"user=anna password=pen sslmode=disable", "28P01"},
		"TLS":                {"user=anna password=pencil sslmode=require channel_binding=require", ""},
		"TLS, wrong":         {"user=anna password=pen sslmode=require", "28P01"},
		"TLS, unbound":       {"user=anna password=pencil sslmode=require channel_binding=disable", ""},
		"certificate":        {"user=anna password=pencil sslmode=verify-full sslrootcert=" + cert, ""},
		"prepared as IX":     {"user=fritz password=IX sslmode=disable", ""}, // RFC 4013
		"nobody":             {"user=zoe password=pencil sslmode=disable", "28P01"},
		"no password":        {"user=carl password=pencil sslmode=disable", "28P01"},
		"over":               {"user=dora password=pencil sslmode=disable", "28P01"},
		"not to connect":     {"user=gina password=pencil sslmode=disable", "42501"},
		"not, and wrong too": {"user=gina password=pen sslmode=disable", "28P01"},
		"not to log in":      {"user=ben password=pencil sslmode=disable", "28000"},
		"not, and wrong":     {"user=ben password=pen sslmode=disable", "28P01"},
		"through the file":   {"host=" + n.SocketDir() + " user=anna password=pencil", ""},
		"through it, wrong":  {"host=" + n.SocketDir() + " user=anna password=pen", "28P01"},
	} {
		t.Run(name, func(t *testing.T) {
			host, port, err := net.SplitHostPort(n.PgAddr())
			if err != nil {
				t.Fatal(err)
			}
			if name == "certificate" {
				host = "localhost"
			}
			if !strings.Contains(c.conn, "host=") {
				c.conn += " host=" + host
			}
			conn, err := pgx.Connect(t.Context(), c.conn+" dbname=x port="+port)
			if c.code != "" {
				wantCode(t, err, c.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			var user string
			if err := conn.QueryRow(t.Context(), "SELECT current_user").Scan(&user); err != nil || !strings.Contains(c.conn, "user="+user+" ") {
				t.Errorf("user %s, error %v", user, err)
			}
		})
	}
	info, err := os.Stat(filepath.Join(dir, "tls", "key.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is for %v, %v", info.Mode(), err)
	}
}

// A role's limit counts connections under its name; the next one is let in when one has gone.
func TestConnectionLimitOfRole(t *testing.T) {
	n, _ := guardedNode(t)
	url := "postgres://emil:pencil@" + n.PgAddr() + "/x?sslmode=disable"
	a, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pgx.Connect(t.Context(), url)
	e := wantCode(t, err, "53300")
	if e.Message != `too many connections for role "emil"` {
		t.Error(e.Message)
	}
	a.Close(context.Background())
	for range 1_000 { // the server learns of it in its own time
		if a, err = pgx.Connect(t.Context(), url); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	a.Close(context.Background())
}

// The certificate in the data folder is made once.
func TestCertificateStays(t *testing.T) {
	set := node.Settings{Data: t.TempDir(), PgAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler)}
	var seen []*x509.Certificate
	for range 2 {
		n, err := node.Open(t.Context(), set)
		if err != nil {
			t.Fatal(err)
		}
		c, err := pgconn.Connect(t.Context(), "postgres://admin@"+n.PgAddr()+"/x?sslmode=require")
		if err != nil {
			t.Fatal(err)
		}
		tc, ok := c.Conn().(*tls.Conn)
		if !ok {
			t.Fatalf("connection %T", c.Conn())
		}
		seen = append(seen, tc.ConnectionState().PeerCertificates[0])
		c.Close(context.Background())
		n.Close()
	}
	if !seen[0].Equal(seen[1]) {
		t.Error("two starts show two certificates")
	}
}

// What a client sends before it hears that the server speaks TLS is not taken for what it sends under TLS.
func TestNoPlainTextBeforeTLS(t *testing.T) {
	n, _ := guardedNode(t)
	raw, err := net.Dial("tcp", n.PgAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	ssl, err := (&pgproto3.SSLRequest{}).Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	stuffed, err := (&pgproto3.Query{String: "DROP STREAM events"}).Encode(ssl)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Write(stuffed); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(raw, answer); err != nil || answer[0] != 'S' {
		t.Fatalf("answer %q, %v", answer, err)
	}
	if err := tls.Client(raw, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context()); err == nil {
		t.Error("the handshake succeeds")
	}
}

// Who is another user of this machine needs a password; on the Unix socket its own name suffices, if it is a role.
func TestOtherUsersOfThisMachine(t *testing.T) {
	psql, err := command.LookPath("psql")
	setpriv, err2 := command.LookPath("setpriv")
	if err != nil || err2 != nil || os.Getuid() != 0 {
		if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
			t.Fatal("needs root, psql and setpriv")
		}
		t.Skip("needs root, psql and setpriv")
	}
	dir, err := os.MkdirTemp("", "vexstream-socket-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Settings{PgAddr: "127.0.0.1:0", PgSocket: dir, Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, sql := range []string{"CREATE ROLE anna LOGIN PASSWORD 'pencil'", "CREATE ROLE nobody LOGIN"} {
		if err := n.Run(t.Context(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	host, port, err := net.SplitHostPort(n.PgAddr())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ uid, host, user, password, want string }{
		"root":                    {"0", host, "anna", "", "anna"},
		"root, no role":           {"0", host, "zoe", "", "zoe"},
		"another":                 {"65534", host, "anna", "", "no password supplied"},
		"another with password":   {"65534", host, "anna", "pencil", "anna"},
		"another, wrong":          {"65534", host, "anna", "pen", "password authentication failed"},
		"another as itself":       {"65534", host, "nobody", "", "no password supplied"},
		"another on the socket":   {"65534", dir, "nobody", "", "nobody"},
		"it takes another's name": {"65534", dir, "anna", "", `Peer authentication failed for user "anna"`},
		"it, with a password":     {"65534", dir, "anna", "pencil", `Peer authentication failed for user "anna"`},
	} {
		cmd := command.CommandContext(t.Context(), setpriv, "--reuid="+c.uid, "--clear-groups", psql, "-XAtw", "-h", c.host, "-p", port, "-U", c.user, "-d", "x", "-c", "SELECT current_user")
		cmd.Env = append(os.Environ(), "PGPASSWORD="+c.password, "HOME=/")
		out, _ := cmd.CombinedOutput() // what it says is what is compared
		if !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %s, want %s", name, out, c.want)
		}
	}
}

// What the node itself has seen, and rows of others that went astray, are not for everybody.
func TestRightsOnSystemRelations(t *testing.T) {
	n, _ := guardedNode(t)
	c, err := pgx.Connect(t.Context(), "postgres://fritz:IX@"+n.PgAddr()+"/x?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for sql, code := range map[string]string{
		"SELECT count(*) FROM events":                              "42501",
		"INSERT INTO events (event_type) VALUES ('UserAction')":    "42501",
		"SELECT count(*) FROM vex.late_rows":                       "42501",
		"SELECT count(*) FROM vex.dead_letters":                    "42501",
		"SELECT rolpassword FROM pg_authid":                        "42501",
		"CREATE TABLE t (a int)":                                   "42501",
		"SELECT count(*) FROM vex.streams":                         "",
		"SELECT count(*) FROM pg_class":                            "",
		"SELECT has_schema_privilege('public', 'USAGE')":           "",
		"SELECT count(*) FROM information_schema.table_privileges": "",
	} {
		_, err := c.Exec(t.Context(), sql)
		if code != "" {
			wantCode(t, err, code)
		} else if err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if v := c.PgConn().ParameterStatus("is_superuser"); v != "off" {
		t.Errorf("is_superuser is %s", v)
	}
}
