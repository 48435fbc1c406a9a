package outward

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"
)

const dialTimeout = 5 * time.Second

// firstFreePort is the first port that needs no privilege to listen on. Below it live the services of machines
// (SSH, SMTP, directory, printers), which a request to a web server has no business with.
const firstFreePort = 1024

// closed are the ranges that are not the public internet, beside those that netip.Addr tells itself (loopback, private,
// link-local, multicast, unspecified). From the IANA registries of special-purpose addresses.
var closed = prefixes(
	"0.0.0.0/8",       // this host
	"100.64.0.0/10",   // behind a carrier's translation; cloud providers keep services here
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"64:ff9b:1::/48",  // NAT64 of a site
	"100::/64",        // discard
	"2001::/32",       // Teredo, which hides an address of IPv4
	"2001:db8::/32",   // documentation
	"fec0::/10",       // site-local, given up but still routed somewhere
)

// carrying are ranges of IPv6 that hold an address of IPv4 which a gateway goes on to, and at which byte.
var carrying = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible
}

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// Guard decides which addresses may be dialled. The zero Guard allows the public internet.
type Guard struct {
	allow []netip.Prefix
	ports []uint16
}

// NewGuard is a guard that allows the given ranges ("10.1.0.0/16", or one address) and the public internet, of that the
// given ports; without any, 80, 443 and all from 1024 on.
func NewGuard(allow []string, ports []uint16) (Guard, error) {
	g := Guard{ports: ports}
	for _, text := range allow {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, aerr := netip.ParseAddr(text)
			if aerr != nil {
				return Guard{}, fmt.Errorf("%q is no range of addresses: %w", text, err)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		g.allow = append(g.allow, p.Masked())
	}
	return g, nil
}

// Check says why nothing may be sent to an address, or nil.
func (g Guard) Check(to netip.AddrPort) error {
	addr := to.Addr().Unmap().WithZone("")
	in := func(p netip.Prefix) bool { return p.Contains(addr) }
	allowed := slices.ContainsFunc(g.allow, in)
	switch {
	case !allowed && !public(addr):
		return fmt.Errorf("%s is not an address of the public internet", addr)
	case allowed:
	case len(g.ports) > 0 && !slices.Contains(g.ports, to.Port()), len(g.ports) == 0 && !usual(to.Port()):
		return fmt.Errorf("port %d is not among those that may be reached", to.Port())
	}
	return nil
}

func usual(port uint16) bool {
	return port == 80 || port == 443 || port >= firstFreePort
}

func public(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	if slices.ContainsFunc(closed, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return false
	}
	for _, c := range carrying {
		if c.prefix.Contains(addr) {
			bytes := addr.As16()
			inner, _ := netip.AddrFromSlice(bytes[c.at : c.at+4])
			return public(inner)
		}
	}
	return true
}

// DialContext connects to a host and port, to the first of the host's addresses that is allowed and answers. An error of
// type *Failure says that none is allowed.
func (g Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout, Control: g.control}
	return d.DialContext(ctx, network, address)
}

func (g Guard) control(_, address string, _ syscall.RawConn) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return Permanent(err)
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return Permanent(err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return Permanent(err)
	}
	if err := g.Check(netip.AddrPortFrom(addr, uint16(n))); err != nil {
		return Permanent(err)
	}
	return nil
}
