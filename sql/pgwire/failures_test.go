package pgwire

import (
	"fmt"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func TestWrongPasswordsTakeLonger(t *testing.T) {
	var f failures
	try := func(right bool) (late time.Duration) {
		t.Helper()
		waits, err := f.begin("a")
		if err != nil {
			t.Fatal(err)
		}
		if !right {
			late = f.failed("a")
		}
		f.over("a", waits, right)
		return late
	}
	for i := range freeFailures {
		if late := try(false); late != 0 {
			t.Errorf("wrong password %d is answered %v late", i+1, late)
		}
	}
	for i, want := 0, firstLateness; i < 100; i, want = i+1, min(2*want, mostLateness) {
		if late := try(false); late != want {
			t.Errorf("wrong password %d is answered %v late, want %v", freeFailures+i+1, late, want)
		}
	}
	if try(true); try(false) != 0 {
		t.Error("a right password does not begin anew")
	}
}

func TestWrongPasswordsAtOnce(t *testing.T) {
	var f failures
	for range freeFailures {
		f.failed("a")
	}
	for range maxLate {
		if waits, err := f.begin("a"); err != nil || !waits {
			t.Fatal(waits, err)
		}
	}
	if _, err := f.begin("a"); sqlerr.CodeOf(err) != sqlerr.TooManyConnections {
		t.Errorf("one more than may wait: %v", err)
	}
	if _, err := f.begin("b"); err != nil {
		t.Errorf("another address: %v", err)
	}
	f.over("a", true, false)
	if _, err := f.begin("a"); err != nil {
		t.Errorf("when one has its answer: %v", err)
	}
	for i := range 2 * maxFailing {
		f.failed(fmt.Sprint(i))
	}
	if len(f.by) > maxFailing || len(f.order) > maxFailing {
		t.Errorf("%d addresses are kept apart", len(f.by))
	}
}
