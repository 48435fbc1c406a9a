package node

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"
	bignum "math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Names in the data folder, and how long a certificate that the node makes is good for.
const (
	tlsFolder = "tls"
	certFile  = "cert.pem"
	keyFile   = "key.pem"
	tokenFile = "http.token"
	certYears = 10
)

// certificate gives what TLS is spoken with: the files that the settings name, or else those in the data folder, which
// are made when they are not there. A node in memory makes one for itself.
func (n *Node) certificate() (*tls.Config, error) {
	cert, key := n.set.TLSCert, n.set.TLSKey
	if cert == "" && n.set.Data == "" {
		certPEM, keyPEM, err := selfSigned(n.set.Host)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certPEM, keyPEM)
		return tlsConfig(pair), err
	}
	if cert == "" {
		dir := filepath.Join(n.set.Data, tlsFolder)
		cert, key = filepath.Join(dir, certFile), filepath.Join(dir, keyFile)
		if _, err := os.Stat(cert); errors.Is(err, fs.ErrNotExist) {
			if err := writeSelfSigned(dir, n.set.Host); err != nil {
				return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot store a certificate in %s", dir)
			}
		}
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "cannot use the certificate %s with the key %s", cert, key).
			WithHint("Both are PEM files; the certificate comes first in its file, those that signed it after it. One in the data folder is made again when its folder %s is removed.", tlsFolder)
	}
	return tlsConfig(pair), nil
}

func tlsConfig(pair tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
}

// writeSelfSigned makes a certificate and its key in dir. The certificate comes last, so that a start which was cut off
// is made up for by the next.
func writeSelfSigned(dir, host string) error {
	certPEM, keyPEM, err := selfSigned(host)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := writeDurable(filepath.Join(dir, keyFile), keyPEM); err != nil {
		return err
	}
	return writeDurable(filepath.Join(dir, certFile), certPEM)
}

// selfSigned makes a certificate for this machine: under its name, localhost, and the addresses of loopback.
func selfSigned(host string) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(bignum.Int).Lsh(bignum.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	cert := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "vexstream"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(certYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, // so that a client can name the certificate itself as the one to trust
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if host != "" {
		cert.DNSNames = append(cert.DNSNames, host)
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}

// token is what HTTP clients of other machines must know: the contents of a file in the data folder, which is made when
// it is not there.
func (n *Node) token() (string, error) {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails
	text := hex.EncodeToString(fresh)
	if n.set.Data == "" {
		return text, nil
	}
	path := filepath.Join(n.set.Data, tokenFile)
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = writeDurable(path, []byte(text+"\n"))
	case err == nil:
		text = strings.TrimSpace(string(raw))
	}
	if err != nil || text == "" {
		return "", sqlerr.Wrap(sqlerr.IOError, err, "cannot use the token in %s", path)
	}
	return text, nil
}
