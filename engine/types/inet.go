package types

import "github.com/vexfs/vexstream/engine/sqlerr"

// An inet is kept as PostgreSQL sends it: its family, how many bits its net has, whether it is a cidr, how many bytes its address
// has, and those.
const (
	inetHead    = 4
	inetFamily4 = 2
	inetFamily6 = 3
)

// AppendHost appends the form of the address of a host, of 4 bytes or of 16.
func AppendHost(dst, address []byte) []byte {
	family := byte(inetFamily6)
	if len(address) == 4 {
		family = inetFamily4
	}
	dst = append(dst, family, byte(8*len(address)), 0, byte(len(address)))
	return append(dst, address...)
}

// CheckInet refuses bytes that are no inet. Errors: 22P03.
func CheckInet(wire []byte) error {
	if n := len(wire) - inetHead; n != 4 && n != 16 || int(wire[3]) != n {
		return sqlerr.New(sqlerr.InvalidBinary, "invalid length in external \"inet\" value")
	}
	return nil
}

// AppendInet appends the text of an inet: with mask always with the bits of its net, else only where it is not that of a host.
func AppendInet(dst, wire []byte, mask bool) []byte {
	address := wire[inetHead:]
	if len(address) == 4 {
		for i, b := range address {
			if i > 0 {
				dst = append(dst, '.')
			}
			dst = AppendInt(dst, int64(b))
		}
	} else {
		dst = appendGroups(dst, address)
	}
	if bits := int64(wire[1]); mask || bits != int64(8*len(address)) {
		dst = AppendInt(append(dst, '/'), bits)
	}
	return dst
}

// appendGroups appends an address of 16 bytes as groups of hexadecimal digits, the longest run of two and more that are 0 left out.
func appendGroups(dst, address []byte) []byte {
	group := func(i int) uint16 { return uint16(address[2*i])<<8 | uint16(address[2*i+1]) }
	from, n := 0, 1
	for i := 0; i < 8; i++ {
		run := 0
		for i+run < 8 && group(i+run) == 0 {
			run++
		}
		if run > n {
			from, n = i, run
		}
	}
	for i := 0; i < 8; i++ {
		switch {
		case n > 1 && i == from:
			dst = append(dst, "::"...)
		case n > 1 && i > from && i < from+n:
		default:
			if i > 0 && (n < 2 || i != from+n) {
				dst = append(dst, ':')
			}
			dst = appendHex(dst, group(i))
		}
	}
	return dst
}

func appendHex(dst []byte, v uint16) []byte {
	const digits = "0123456789abcdef"
	for shift := 12; shift >= 0; shift -= 4 {
		if d := v >> shift; d > 0 || shift == 0 {
			dst = append(dst, digits[d&15])
		}
	}
	return dst
}
