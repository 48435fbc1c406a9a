package auth_test

import (
	"bytes"
	"testing"

	"github.com/vexfs/vexstream/sql/auth"
)

func TestVault(t *testing.T) {
	key := auth.NewKey()
	v, err := auth.NewVault(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "hunter2", "a\x00b"} {
		sealed := v.Seal(7, text)
		if text != "" && bytes.Contains(sealed, []byte(text)) || bytes.Equal(sealed, v.Seal(7, text)) {
			t.Errorf("%q: sealed in the open, or the same twice", text)
		}
		if got, err := v.Open(7, sealed); err != nil || got != text {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		if _, err := v.Open(8, sealed); err == nil {
			t.Errorf("%q: another object's secret was opened", text)
		}
		for i := range sealed {
			sealed[i] ^= 1
			if _, err := v.Open(7, sealed); err == nil {
				t.Errorf("%q: opened with byte %d changed", text, i)
			}
			sealed[i] ^= 1
		}
		other, _ := auth.NewVault(auth.NewKey())
		if _, err := other.Open(7, sealed); err == nil {
			t.Errorf("%q: opened with another key", text)
		}
	}
	if _, err := v.Open(7, nil); err == nil {
		t.Error("nothing was opened")
	}
	if _, err := auth.NewVault(key[:16]); err == nil {
		t.Error("a short key was taken")
	}
}
