package node

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// maxClientCA is how many bytes the file may have that says whose certificates of clients count.
const maxClientCA = 1 << 20

// clientTLS is what the protocol of PostgreSQL is encrypted with: as everything else is, and with TLSClientCA a client may show a
// certificate. One that nobody in that file signed ends the handshake.
func (n *Node) clientTLS() (*tls.Config, error) {
	if n.tls == nil || n.set.TLSClientCA == "" {
		return n.tls, nil
	}
	hint := "It is a PEM file with the certificates of those who sign for clients."
	info, err := os.Stat(n.set.TLSClientCA)
	if err == nil && info.Size() > maxClientCA {
		return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "%s has %d bytes, at most %d are read", n.set.TLSClientCA, info.Size(), maxClientCA).WithHint("%s", hint)
	}
	raw, err := os.ReadFile(n.set.TLSClientCA)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "cannot read %s", n.set.TLSClientCA).WithHint("%s", hint)
	}
	c := n.tls.Clone()
	c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, x509.NewCertPool()
	if !c.ClientCAs.AppendCertsFromPEM(raw) {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "there is no certificate in %s", n.set.TLSClientCA).WithHint("%s", hint)
	}
	return c, nil
}
