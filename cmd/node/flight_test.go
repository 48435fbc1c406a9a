package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// TestFlightClients has ADBC's driver and pyarrow's Flight do what they are for.
func TestFlightClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts an interpreter")
	}
	clients := clientsDir(t)
	dir := t.TempDir()
	n := open(t, node.Settings{Data: dir, FlightAddr: "127.0.0.1:0"})
	token, err := os.ReadFile(filepath.Join(dir, "http.token"))
	if err != nil {
		t.Fatal(err)
	}
	name, args := python(clients)
	env := append(os.Environ(), "FLIGHT="+n.FlightAddr(), "TOKEN="+strings.TrimSpace(string(token)))
	if got := runClient(t, env, "", name, append(args, "testdata/clients/flight_client.py")...); got != "good\n" {
		t.Error(got)
	}
}
