package node_test

import (
	"os"
	commands "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/bridgetest"
	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

var watchdog = []string{"/proc/self/exe", "watchdog"}

// refused is a statement that has an error with a code, and says something.
func refused(t *testing.T, n *node.Node, sql string, code sqlerr.Code, says string) {
	t.Helper()
	err := n.Run(t.Context(), sql, nil)
	if sqlerr.CodeOf(err) != code || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: got %v, want %s with %q", sql, err, code, says)
	}
}

func denies(when string) string {
	return "CREATE TRIGGER x BEFORE INSERT ON events FOR EACH ROW WHEN (" + when + ") EXECUTE FUNCTION deny()"
}

// TestDenyIsRefused: what nobody can enforce is no trigger.
func TestDenyIsRefused(t *testing.T) {
	n := open(t, node.Settings{Watchdog: watchdog})
	refused(t, n, denies("operation = 'open'"), sqlerr.FeatureNotSupported, "no watched folder")
	refused(t, n, denies("operation = 'delete'"), sqlerr.FeatureNotSupported, `deny() of the operation "delete"`)
	refused(t, n, denies("operation IN ('open', 'write') AND uid = 5"), sqlerr.FeatureNotSupported, `deny() of the operation "write"`)
	refused(t, n, denies("file_path LIKE '/x/%'"), sqlerr.FeatureNotSupported, "deny() of any operation")
	refused(t, n, denies("operation = 'open' OR uid = 5"), sqlerr.FeatureNotSupported, "deny() of any operation")
	refused(t, n, denies("operation = 'open' AND size_bytes > 5"), sqlerr.InvalidObjectDefinition, `column "size_bytes"`)
	refused(t, n, denies("operation = 'open' AND random() < 0.5"), sqlerr.InvalidObjectDefinition, "goes by more than the access")
	refused(t, n, strings.Replace(denies("operation = 'open'"), "BEFORE", "AFTER", 1), sqlerr.InvalidObjectDefinition, "needs a BEFORE trigger")
	refused(t, n, strings.Replace(denies("operation = 'open'"), "deny()", "deny('EACCES')", 1), sqlerr.InvalidParameterValue, `"EACCES"`)
	refused(t, n, strings.Replace(denies("operation = 'open'"), "deny()", "deny(), block()", 1), sqlerr.InvalidParameterValue, "ends the list")
	refused(t, n, strings.Replace(denies("operation = 'open'"), "WHEN (operation = 'open')", "", 1), sqlerr.InvalidParameterValue, "needs a condition")
	refused(t, n, denies("operation = 'open'")+" WITH (rate = '1/second')", sqlerr.InvalidObjectDefinition, "no rate")
	refused(t, open(t, node.Settings{}), denies("operation = 'open'"), sqlerr.FeatureNotSupported, "watchdog")
	run(t, n, "CREATE ROLE bob LOGIN; GRANT TRIGGER ON events TO bob")
	refused(t, n, "SET ROLE bob; "+denies("operation = 'open'"), sqlerr.InsufficientPrivilege, "must be superuser")
}

// watching is a node over a folder with a plain and a secret file, where the kernel can be told to refuse something.
func watching(t *testing.T, set node.Settings) (n *node.Node, plain, secret string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		bridgetest.Skip(t, os.Getenv, "needs root on Linux: CAP_SYS_ADMIN for fanotify")
	}
	dir := bridge.RealPath(t.TempDir())
	plain, secret = filepath.Join(dir, "plain"), filepath.Join(dir, "secret")
	for _, f := range []string{plain, secret} {
		if err := os.WriteFile(f, []byte(filepath.Base(f)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set.Watch, set.Watchdog, set.DenyDeadline = []string{dir}, watchdog, 20*time.Second
	return open(t, set), plain, secret
}

// cat has another process read a file.
func cat(t *testing.T, path, want string) {
	t.Helper()
	out, _ := commands.CommandContext(t.Context(), "cat", path).CombinedOutput()
	if got := strings.TrimSpace(string(out)); !strings.HasSuffix(got, want) {
		t.Errorf("cat %s says %q, want %q", path, got, want)
	}
}

const refusal = "Operation not permitted"

// TestDeny has a trigger refuse what other processes open, from its creation on, over a restart, and until it is dropped; the refusal is
// a row of events, for which what stands before deny() is done.
func TestDeny(t *testing.T) {
	set := node.Settings{Data: t.TempDir()}
	n, plain, secret := watching(t, set)
	run(t, n, `CREATE STREAM told (line text);
		CREATE TRIGGER no_secrets BEFORE INSERT ON events FOR EACH ROW WHEN (operation = 'open' AND file_path ~ 'secret$' AND process_name = 'cat')
		EXECUTE FUNCTION insert_into('told', line => process_name || ' ' || coalesce(result, 0)), deny() WITH (priority = 5)`)
	cat(t, secret, refusal)
	cat(t, plain, "plain")
	if out, err := commands.CommandContext(t.Context(), "head", secret).CombinedOutput(); err != nil || string(out) != "secret" {
		t.Errorf("another program is refused, too: %s", out)
	}
	if text, err := os.ReadFile(secret); err != nil || string(text) != "secret" {
		t.Errorf("the node's own access: %v", err)
	}
	for soon := time.Now().Add(time.Minute); ; {
		rows, err := n.Query(t.Context(), "SELECT line FROM told")
		if err != nil || time.Now().After(soon) {
			t.Fatal(rows, err)
		}
		if len(rows) == 1 {
			break
		}
	}
	want(t, n, "SELECT line FROM told", "cat -1")
	want(t, n, "SELECT event_type, operation, result, process_name, content->>'trigger', latency_ns > 0, file_path = '"+secret+"' FROM events WHERE event_type LIKE '%Denied'",
		"FilesystemDenied|open|-1|cat|no_secrets|t|t")
	want(t, n, "SELECT actions_done FROM vex.triggers", "2") // a refusal, and a row
	want(t, n, "EXPLAIN TRIGGER no_secrets ON events", "Trigger no_secrets on events\n  Evaluated: for every row, as so few triggers are\n  Refused: open, with EPERM")
	want(t, n, `SELECT action FROM vex.match_triggers('events', '{"event_type": "x", "operation": "open", "file_path": "/secret", "process_name": "cat"}')`, "insert_into\ndeny")
	refused(t, n, strings.Replace(denies("operation = 'open' AND file_path LIKE '/etc/%'"), "x ", "y ", 1), sqlerr.FeatureNotSupported, `begin with "/etc/"`)

	run(t, n, "ALTER TABLE events DISABLE TRIGGER no_secrets")
	cat(t, secret, "secret")
	run(t, n, "ALTER TABLE events ENABLE TRIGGER no_secrets")
	cat(t, secret, refusal)
	run(t, n, "CREATE TRIGGER plain BEFORE INSERT ON events FOR EACH ROW WHEN (operation IN ('open', 'read') AND file_path LIKE '%plain') EXECUTE FUNCTION deny('EBUSY')")
	cat(t, plain, "Device or resource busy")
	run(t, n, "DROP TRIGGER plain ON events")
	cat(t, plain, "plain")

	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	cat(t, secret, "secret")
	set.Watch, set.Watchdog, set.DenyDeadline = []string{filepath.Dir(secret)}, watchdog, 20*time.Second
	n = open(t, set)
	cat(t, secret, refusal)
	run(t, n, "CALL vex.stop_denying()")
	cat(t, secret, "secret")
	want(t, n, "SELECT name, error FROM vex.triggers", "no_secrets|denying was stopped by hand (SQLSTATE 55000). It begins again with the next start of the node.")
	refused(t, n, denies("operation = 'open'"), sqlerr.ObjectNotInState, "stopped by hand")
	run(t, n, "DROP TRIGGER no_secrets ON events")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}
