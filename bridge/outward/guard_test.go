package outward_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/vexfs/vexstream/bridge/outward"
)

func TestGuardKnowsThePublicInternet(t *testing.T) {
	var g outward.Guard
	for _, c := range []struct {
		address string
		allowed bool
	}{
		{"8.8.8.8:443", true},
		{"8.8.8.8:80", true},
		{"8.8.8.8:8443", true},
		{"8.8.8.8:25", false},
		{"8.8.8.8:22", false},
		{"[2606:4700::1111]:443", true},
		{"127.0.0.1:443", false},
		{"127.9.9.9:443", false},
		{"0.0.0.0:443", false},
		{"0.1.2.3:443", false},
		{"10.0.0.1:443", false},
		{"172.16.0.1:443", false},
		{"172.32.0.1:443", true},
		{"192.168.1.1:443", false},
		{"169.254.169.254:80", false}, // metadata of clouds
		{"100.100.100.200:80", false}, // metadata of one behind carrier addresses
		{"224.0.0.1:443", false},
		{"255.255.255.255:443", false},
		{"[::]:443", false},
		{"[::1]:443", false},
		{"[fe80::1%eth0]:443", false},
		{"[fd00:ec2::254]:80", false},
		{"[fec0::1]:443", false},
		{"[ff02::1]:443", false},
		{"[::ffff:127.0.0.1]:443", false},
		{"[::ffff:8.8.8.8]:443", true},
		{"[::7f00:1]:443", false},
		{"[64:ff9b::a00:1]:443", false}, // 10.0.0.1 behind a gateway
		{"[64:ff9b::808:808]:443", true},
		{"[2002:7f00:1::]:443", false},
		{"[2001:0:1::1]:443", false},
	} {
		err := g.Check(netip.MustParseAddrPort(c.address))
		if (err == nil) != c.allowed {
			t.Errorf("%s: allowed %v, want %v (%v)", c.address, err == nil, c.allowed, err)
		}
	}
}

func TestGuardAllowsWhatItWasGiven(t *testing.T) {
	g, err := outward.NewGuard([]string{"10.1.0.0/16", "::1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for address, allowed := range map[string]bool{
		"10.1.2.3:25": true, "10.2.0.1:443": false, "[::1]:25": true, "127.0.0.1:443": false, "8.8.8.8:25": false,
		"[::ffff:10.1.2.3]:443": true,
	} {
		if err := g.Check(netip.MustParseAddrPort(address)); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
	g, err = outward.NewGuard(nil, []uint16{443})
	if err != nil {
		t.Fatal(err)
	}
	if g.Check(netip.MustParseAddrPort("8.8.8.8:443")) != nil || g.Check(netip.MustParseAddrPort("8.8.8.8:8443")) == nil {
		t.Error("the given port alone is allowed")
	}
	if _, err := outward.NewGuard([]string{"ten"}, nil); err == nil {
		t.Error("a range that is none was taken")
	}
}

// A name is judged by what it resolves to: localhost is as closed as its address.
func TestGuardJudgesTheAddressThatIsDialled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		_, err := outward.Guard{}.DialContext(context.Background(), "tcp", net.JoinHostPort(host, port))
		var f *outward.Failure
		if !errors.As(err, &f) || !f.Permanent {
			t.Errorf("%s: %v", host, err)
		}
	}
	g, err := outward.NewGuard([]string{"127.0.0.0/8"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.DialContext(context.Background(), "tcp4", net.JoinHostPort("localhost", port))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestTemporaryKeepsWhatWasFoundPermanent(t *testing.T) {
	inner := outward.Permanent(errors.New("refused"))
	if f := outward.Temporary(fmt.Errorf("dial: %w", inner)); !f.Permanent || !errors.Is(f, inner) {
		t.Errorf("%+v", f)
	}
	if f := outward.Temporary(errors.New("reset")); f.Permanent {
		t.Errorf("%+v", f)
	}
}
