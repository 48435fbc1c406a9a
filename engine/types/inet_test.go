package types

import (
	"math/rand/v2"
	"net/netip" // which tests compare with
	"testing"
)

// The text of each address is what Go's own package gives, and what PostgreSQL prints too.
func TestInetText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		b := make([]byte, []int{4, 16}[r.IntN(2)])
		for i := range b {
			if r.IntN(2) == 0 {
				b[i] = byte(r.IntN(256))
			}
		}
		a, _ := netip.AddrFromSlice(b)
		if a.Is4In6() {
			continue
		}
		wire := AppendHost(nil, b)
		if err := CheckInet(wire); err != nil {
			t.Fatal(err)
		}
		if have := string(AppendInet(nil, wire, false)); have != a.String() {
			t.Fatalf("%s, and not %s", have, a)
		}
		if have := string(AppendInet(nil, wire, true)); have != netip.PrefixFrom(a, a.BitLen()).String() {
			t.Fatalf("%s of %s", have, a)
		}
	}
	for _, bad := range []string{"", "\x02", "\x02\x20\x00\x04\x01", "\x02\x20\x00\x10\x01\x02\x03\x04"} {
		if CheckInet([]byte(bad)) == nil {
			t.Errorf("%q is an inet", bad)
		}
	}
}
