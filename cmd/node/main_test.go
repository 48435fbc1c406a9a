package node_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

// TestMain has every test leave no goroutine behind: Close waits for what Open started.
func TestMain(m *testing.M) {
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true
	goleak.VerifyTestMain(m)
}
