package oracle

import (
	"math/rand/v2"
	"os"
	"testing"
)

func TestDebug(t *testing.T) {
	if os.Getenv("Q") == "" {
		t.Skip()
	}
	us := newOurs(t, "UTC")
	r := rand.New(rand.NewPCG(1, 1))
	fillSmall(t, r, us, nil)
	create, insert := wideSQL(r)
	us.must(t, "CREATE STREAM "+create)
	us.must(t, insert)
	t.Log(us.ask("EXPLAIN " + os.Getenv("Q")))
	t.Log(us.ask(os.Getenv("Q")))
}
