package types

import (
	"net/netip"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Families of addresses in the binary form of inet.
const (
	inetFamily4 = 2
	inetFamily6 = 3
)

// inetHead is how many bytes of that form come before the address: family, bits of the net, whether it is a cidr, length.
const inetHead = 4

// AppendInetWire appends the binary form of the address of a host that s spells; a net is none. Errors: 22P02.
func AppendInetWire(dst []byte, s string) ([]byte, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return dst, sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type inet: %q", s)
	}
	family := byte(inetFamily6)
	if a.Is4() {
		family = inetFamily4
	}
	bytes := a.AsSlice()
	return append(append(dst, family, byte(a.BitLen()), 0, byte(len(bytes))), bytes...), nil
}

// appendInetText appends the text of an address in that form.
func appendInetText(dst, wire []byte) ([]byte, error) {
	if len(wire) > inetHead {
		if a, ok := netip.AddrFromSlice(wire[inetHead:]); ok {
			return a.AppendTo(dst), nil
		}
	}
	return dst, sqlerr.New(sqlerr.InvalidBinary, "invalid address in external \"inet\" value")
}
