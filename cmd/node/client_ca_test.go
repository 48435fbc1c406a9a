package node_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	bignum "math/big"
	"os"
	command "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// signer signs certificates of clients, which it writes to dir as NAME.pem and NAME.key, its own among them.
type signer struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newSigner(t *testing.T, dir, name string) *signer {
	t.Helper()
	s := &signer{dir: dir}
	s.cert, s.key = s.sign(t, name, x509.ExtKeyUsageAny, true)
	return s
}

// sign makes a certificate under a common name, signed by s, or by itself if s has none.
func (s *signer) sign(t *testing.T, name string, use x509.ExtKeyUsage, signs bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	cert := &x509.Certificate{
		SerialNumber: bignum.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{use}, BasicConstraintsValid: true, IsCA: signs,
	}
	by, with := s.cert, s.key
	if by == nil {
		by, with = cert, key
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, by, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(filepath.Join(s.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out, key
}

// A certificate that the node's signer made for a role is as good as its password; one for another role is none.
func TestClientCertificates(t *testing.T) {
	dir := t.TempDir()
	ours, other := newSigner(t, dir, "ours"), newSigner(t, dir, "other")
	for _, name := range []string{"anna", "ben", "nobody"} {
		ours.sign(t, name, x509.ExtKeyUsageClientAuth, false)
	}
	ours.sign(t, "server", x509.ExtKeyUsageServerAuth, false)
	other.sign(t, "foreign", x509.ExtKeyUsageClientAuth, false)
	set := node.Settings{Data: filepath.Join(dir, "data"), PgAddr: "127.0.0.1:0", NoTrust: true, TLSClientCA: filepath.Join(dir, "ours.pem"), Journal: slog.New(slog.DiscardHandler)}
	n, err := node.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	for _, sql := range []string{"CREATE ROLE anna LOGIN PASSWORD 'pencil'", "CREATE ROLE ben", "CREATE ROLE foreign LOGIN", "CREATE ROLE server LOGIN"} {
		if err := n.Run(t.Context(), strings.ReplaceAll(sql, "ROLE foreign", `ROLE "foreign"`), nil); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	host, port, _ := strings.Cut(n.PgAddr(), ":")
	conn := func(user, cert string) string {
		text := "host=" + host + " port=" + port + " dbname=x user=" + user + " sslmode=verify-full sslrootcert=" + filepath.Join(dir, "data", "tls", "cert.pem")
		if cert != "" {
			text += " sslcert=" + filepath.Join(dir, cert+".pem") + " sslkey=" + filepath.Join(dir, cert+".key")
		}
		return text
	}
	for name, c := range map[string]struct{ conn, code string }{
		"its own":                        {conn(`anna`, "anna"), ""},
		"no password, no certificate":    {conn("anna", "") + " password=pen", "28P01"},
		"a password":                     {conn("anna", "") + " password=pencil", ""},
		"another's":                      {conn("anna", "ben") + " password=pen", "28P01"},
		"another's, and the password":    {conn("anna", "ben") + " password=pencil", ""},
		"of who may not log in":          {conn("ben", "ben"), "28000"},
		"of no role":                     {conn("nobody", "nobody"), "28000"},
		"without TLS it cannot be shown": {"host=" + host + " port=" + port + " user=anna password=pen sslmode=disable", "28P01"},
	} {
		p, err := pgx.Connect(t.Context(), c.conn)
		switch {
		case err == nil && c.code == "":
			var as string
			if err := p.QueryRow(t.Context(), "SELECT current_user").Scan(&as); err != nil || as != "anna" {
				t.Errorf("%s: as %s, %v", name, as, err)
			}
		case c.code != "":
			wantCode(t, err, c.code)
		default:
			t.Errorf("%s: %v", name, err)
		}
		if p != nil {
			p.Close(context.Background())
		}
	}
	for _, cert := range []string{"foreign", "server"} { // signed by somebody else, or for something else
		if p, err := pgx.Connect(t.Context(), conn(cert, cert)); err == nil {
			p.Close(context.Background())
			t.Errorf("%s is let in", cert)
		}
	}
	if psql, err := command.LookPath("psql"); err != nil {
		skipOrFail(t, "psql is not installed")
	} else if out, err := command.CommandContext(t.Context(), psql, conn("anna", "anna"), "-XAtwc", "SELECT current_user").CombinedOutput(); err != nil || string(out) != "anna\n" {
		t.Errorf("psql: %s, %v", out, err)
	}
}

// A file that names no signer is refused at the start.
func TestClientCAIsRead(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, filepath.Join(dir, "missing.pem")} {
		n, err := node.Open(t.Context(), node.Settings{Data: filepath.Join(dir, "data"), PgAddr: "127.0.0.1:0", TLSClientCA: file, Journal: slog.New(slog.DiscardHandler)})
		if err == nil {
			n.Close()
			t.Errorf("%s is taken", file)
		} else if !strings.Contains(err.Error(), file) {
			t.Error(err)
		}
	}
}
