package node_test

import (
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/bridge/fanotify"
)

// TestMain has every test leave no goroutine behind: Close waits for what Open started.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "watchdog" {
		if err := fanotify.Watchdog(os.Args[2:]); err != nil {
			panic(err)
		}
		return
	}
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true
	goleak.VerifyTestMain(m)
}
