package auth

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// PeerOf asks the kernel who is at the other end of a connection of this machine. Of one from elsewhere nothing is known.
func PeerOf(c net.Conn) Peer {
	switch c := c.(type) {
	case *net.UnixConn:
		raw, err := c.SyscallConn()
		if err != nil {
			return Peer{Unix: true}
		}
		p := Peer{Unix: true}
		err = raw.Control(func(fd uintptr) {
			if cred, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
				p.UID, p.Known = int(cred.Uid), true
			}
		})
		p.Known = p.Known && err == nil
		return p
	case *net.TCPConn:
		here, there := addrPort(c.LocalAddr()), addrPort(c.RemoteAddr())
		if !there.Addr().IsLoopback() || !here.Addr().IsLoopback() {
			return Peer{}
		}
		for range 2 { // the table moves while it is read: a socket that is missed once is there the next time
			for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
				f, err := os.Open(table)
				if err != nil {
					continue
				}
				uid, ok := ownerIn(f, there, here)
				_ = f.Close() // it was only read
				if ok {
					return Peer{UID: uid, Known: true}
				}
			}
		}
	}
	return Peer{}
}

func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := t.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
