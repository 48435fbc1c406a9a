package expr

import (
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// TestRefused says that functions of PostgreSQL that are not there are refused by name, and what is no function is not.
func TestRefused(t *testing.T) {
	for name, want := range map[string]sqlerr.Code{"inet_merge": "0A000", "txid_current": "0A000", "no_such_function": "42883"} {
		_, err := Call(name, nil)
		if e, ok := sqlerr.As(err); !ok || e.Code != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
