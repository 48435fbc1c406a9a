package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// converse plays a client with a password against a verifier.
func converse(t *testing.T, verifier, mechanism string, server Binding, password string, client scram.ChannelBinding) error {
	t.Helper()
	c, err := scram.SHA256.NewClient("", password, "")
	if err != nil {
		t.Fatal(err)
	}
	talk := c.NewConversation()
	if client.IsSupported() {
		talk = c.NewConversationWithChannelBinding(client)
	}
	e, err := NewExchange(verifier, mechanism, server)
	if err != nil {
		return err
	}
	answer := ""
	for range 2 {
		say, err := talk.Step(answer)
		if err != nil {
			t.Fatal(err)
		}
		got, done, err := e.Step([]byte(say))
		if err != nil {
			return err
		}
		if answer = string(got); done {
			if _, err := talk.Step(answer); err != nil {
				t.Errorf("the client does not believe the server: %v", err)
			}
			return nil
		}
	}
	return errors.New("no end")
}

func TestExchange(t *testing.T) {
	verifier, err := Verifier("pencil")
	if err != nil {
		t.Fatal(err)
	}
	cert, other := certificate(t), certificate(t)
	bound, elsewhere := BindingTo(cert), BindingTo(other)
	for name, c := range map[string]struct {
		mechanism, password string
		server, client      Binding
		code                sqlerr.Code
		proof               bool
	}{
		"plain":             {mechanism: Scram, password: "pencil"},
		"wrong":             {mechanism: Scram, password: "pen", proof: true},
		"bound":             {mechanism: ScramPlus, password: "pencil", server: bound, client: bound},
		"bound and wrong":   {mechanism: ScramPlus, password: "pen", server: bound, client: bound, proof: true},
		"another server":    {mechanism: ScramPlus, password: "pencil", server: bound, client: elsewhere, code: sqlerr.InvalidAuthorization},
		"plain under TLS":   {mechanism: Scram, password: "pencil", server: bound},
		"plus without TLS":  {mechanism: ScramPlus, password: "pencil", code: sqlerr.ProtocolViolation},
		"another mechanism": {mechanism: "SCRAM-SHA-1", password: "pencil", code: sqlerr.ProtocolViolation},
		"bound but plain":   {mechanism: Scram, password: "pencil", server: bound, client: bound, code: sqlerr.ProtocolViolation},
	} {
		err := converse(t, verifier, c.mechanism, c.server, c.password, c.client.of)
		switch {
		case c.proof && !errors.Is(err, ErrProof), c.code != "" && sqlerr.CodeOf(err) != c.code, !c.proof && c.code == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A client that was told of no channel binding by somebody in between is refused.
func TestExchangeRefusesDowngrade(t *testing.T) {
	e, err := NewExchange(Nobody([]byte("s"), "a"), Scram, BindingTo(certificate(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Step([]byte("y,,n=,r=abc")); sqlerr.CodeOf(err) != sqlerr.InvalidAuthorization {
		t.Error(err)
	}
}

// A name that nobody has looks like one that somebody has: the same salt each time, and a proof that fails at its end.
func TestNobody(t *testing.T) {
	a, b := Nobody([]byte("secret"), "a"), Nobody([]byte("secret"), "b")
	if a == b || a != Nobody([]byte("secret"), "a") || !made.MatchString(a) {
		t.Errorf("%s and %s", a, b)
	}
	if err := converse(t, a, Scram, Binding{}, "", scram.ChannelBinding{}); !errors.Is(err, ErrProof) {
		t.Error(err)
	}
}

func TestOwnerIn(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000   100        0 111 1 0000000000000000 20 4 30 10 -1
   1: 0100007F:D2F0 0100007F:1538 01 00000000:00000000 00:00000000 00000000  1000        0 222 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:D2F1 0100007F:1538 04 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:D2F2 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 4 30 10 -1
   4: 00000000000000000000000001000000:D2F3 00000000000000000000000001000000:1538 01 00000000:00000000 00:00000000 00000000    33        0 333 1
   5: 0000000000000000FFFF00000100007F:D2F4 0000000000000000FFFF00000100007F:1538 01 00000000:00000000 00:00000000 00000000    34        0 444 1
`
	server := netip.MustParseAddrPort("127.0.0.1:5432")
	for from, want := range map[string]int{
		"127.0.0.1:54000": 1000, "127.0.0.1:54001": -1, "127.0.0.1:54002": -1, "127.0.0.1:54004": 34, "127.0.0.1:1": -1,
	} {
		uid, ok := ownerIn(strings.NewReader(table), netip.MustParseAddrPort(from), server)
		if ok != (want >= 0) || ok && uid != want {
			t.Errorf("%s belongs to %d, %v; want %d", from, uid, ok, want)
		}
	}
	if uid, ok := ownerIn(strings.NewReader(table), netip.MustParseAddrPort("[::1]:54003"), netip.MustParseAddrPort("[::1]:5432")); !ok || uid != 33 {
		t.Errorf("::1 belongs to %d, %v", uid, ok)
	}
}

// The kernel says that this test's own sockets are its own.
func TestPeerOf(t *testing.T) {
	for network, addr := range map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0", "unix": t.TempDir() + "/s"} {
		l, err := net.Listen(network, addr)
		if err != nil {
			t.Logf("%s: %v", network, err) // a machine without IPv6
			continue
		}
		c, err := net.Dial(network, l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if p := PeerOf(s); !p.Known || p.UID != os.Getuid() || !p.Own() || p.Unix != (network == "unix") {
			t.Errorf("%s: %+v", network, p)
		}
		c.Close()
		if p := PeerOf(s); network != "unix" && p.Known {
			t.Errorf("%s: a socket that was closed belongs to %+v", network, p)
		}
		s.Close()
		l.Close()
	}
}
