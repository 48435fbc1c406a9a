package auth

import (
	"bufio"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
)

// Peer is what the kernel says of the process at the other end of a connection. The zero Peer is nobody known.
type Peer struct {
	UID   int
	Known bool
	Unix  bool // through a Unix socket
}

// Own says whether the process belongs to the user of this one, or to root. Either can read everything that this process
// keeps anyhow.
func (p Peer) Own() bool { return p.Known && (p.UID == 0 || p.UID == os.Getuid()) }

// Name is the name of the process's user; empty: none.
func (p Peer) Name() string {
	if !p.Known {
		return ""
	}
	u, err := user.LookupId(strconv.Itoa(p.UID))
	if err != nil {
		return ""
	}
	return u.Username
}

// A socket of the kernel's table that a process holds: only then its uid means something. One that was closed half-way
// through, or not accepted yet, stands there with uid 0.
const established = "01"

// ownerIn looks for the socket from local to remote in a table in the form of /proc/net/tcp.
func ownerIn(table io.Reader, local, remote netip.AddrPort) (uid int, ok bool) {
	lines := bufio.NewScanner(table)
	lines.Scan() // the heading
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 10 || f[3] != established || f[9] == "0" {
			continue
		}
		if a, ok := parseAddr(f[1]); !ok || a != local {
			continue
		}
		if a, ok := parseAddr(f[2]); !ok || a != remote {
			continue
		}
		uid, err := strconv.Atoi(f[7])
		return uid, err == nil
	}
	return 0, false
}

// parseAddr reads an address of the table: words of 32 bits in the machine's order (little-endian), and a port.
func parseAddr(text string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		slices.Reverse(raw[i : i+4])
	}
	addr, _ := netip.AddrFromSlice(raw)
	n, err := strconv.ParseUint(port, 16, 16)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), err == nil
}
