package expr

import (
	"errors"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func TestForeignNamesNothingThatIsHere(t *testing.T) {
	if len(foreign) < 100 {
		t.Fatalf("%d names", len(foreign))
	}
	for name, hint := range foreign {
		if _, here := functions[name]; here {
			t.Errorf("%s is here, and %q says what to write instead", name, hint)
		}
		if hint == "" {
			t.Errorf("%s has no hint", name)
		}
	}
	var err *sqlerr.Error
	if !errors.As(noFunction("mz_now", nil), &err) || err.Code != sqlerr.UndefinedFunction || err.Hint != foreign["mz_now"] {
		t.Fatalf("got %v", err)
	}
}
