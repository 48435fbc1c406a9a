package auth

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Mechanisms of SASL, as clients name them.
const (
	Scram     = "SCRAM-SHA-256"
	ScramPlus = "SCRAM-SHA-256-PLUS"
)

// Binding is what a client's proof is tied to: the certificate that the server showed under TLS. The zero Binding ties
// it to nothing.
type Binding struct{ of scram.ChannelBinding }

// BindingTo gives the Binding to a certificate (tls-server-end-point, RFC 5929). Certificates whose signature has no
// hash of its own, as those of Ed25519, give the zero Binding.
func BindingTo(cert *x509.Certificate) Binding {
	b, err := scram.NewTLSServerEndpointBinding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}})
	if err != nil {
		return Binding{}
	}
	return Binding{b}
}

// Mechanisms are those that a client under this Binding may choose from, the better first.
func (b Binding) Mechanisms() []string {
	if b.of.IsSupported() {
		return []string{ScramPlus, Scram}
	}
	return []string{Scram}
}

// Exchange is one client's proof that it knows a password.
type Exchange struct {
	mechanism string
	conv      *scram.ServerConversation
	steps     int
}

// NewExchange begins a proof against verifier by the mechanism that the client chose.
func NewExchange(verifier, mechanism string, b Binding) (*Exchange, error) {
	if mechanism != Scram && (mechanism != ScramPlus || !b.of.IsSupported()) {
		return nil, sqlerr.New(sqlerr.ProtocolViolation, "client selected an invalid SASL authentication mechanism")
	}
	have, err := parseVerifier(verifier)
	if err != nil {
		return nil, err
	}
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return have, nil })
	if err != nil {
		return nil, err
	}
	return &Exchange{mechanism: mechanism, conv: server.NewConversationWithChannelBinding(b.of)}, nil
}

// Step takes a message of the client and gives the answer to it. After the second one without an error the client has
// proved what it knows.
func (e *Exchange) Step(from []byte) (to []byte, done bool, err error) {
	text := string(from)
	if e.steps++; e.steps == 1 {
		if bound := strings.HasPrefix(text, "p="); bound != (e.mechanism == ScramPlus) {
			return nil, false, sqlerr.New(sqlerr.ProtocolViolation, "malformed SCRAM message").
				WithDetail("The client selected %s, which does not go with the channel binding of its SCRAM message.", e.mechanism)
		}
	}
	answer, err := e.conv.Step(text)
	if err != nil {
		return nil, false, refusal(answer, err)
	}
	return []byte(answer), e.conv.Valid(), nil
}

// ErrProof says that the client does not know the password.
var ErrProof = errors.New("the proof of the password is wrong")

// refusal is what a client is told of a message that was not taken.
func refusal(answer string, err error) error {
	switch answer {
	case scram.ErrInvalidProof:
		return ErrProof
	case scram.ErrServerDoesSupportChannelBinding:
		return sqlerr.New(sqlerr.InvalidAuthorization, "SCRAM channel binding negotiation error").
			WithDetail("The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.")
	case scram.ErrChannelBindingsDontMatch:
		return sqlerr.New(sqlerr.InvalidAuthorization, "SCRAM channel binding check failed")
	}
	e := sqlerr.New(sqlerr.ProtocolViolation, "malformed SCRAM message")
	e.Cause = err
	return e
}

// Nobody gives the verifier of a password that nobody knows, always the same for one name. An exchange with it fails
// only at its end, so that a client cannot tell which names there are.
func Nobody(secret []byte, name string) string {
	b64 := base64.StdEncoding.EncodeToString
	return Scram + "$" + strconv.Itoa(iterations) + ":" + b64(mac(secret, "salt "+name)[:saltBytes]) +
		"$" + b64(mac(secret, "stored "+name)) + ":" + b64(mac(secret, "server "+name))
}

func parseVerifier(v string) (out scram.StoredCredentials, err error) {
	if !made.MatchString(v) {
		return out, sqlerr.New(sqlerr.DataCorrupted, "a stored password is not a SCRAM verifier")
	}
	parts := strings.FieldsFunc(strings.TrimPrefix(v, Scram+"$"), func(r rune) bool { return r == ':' || r == '$' })
	if out.Iters, err = strconv.Atoi(parts[0]); err != nil {
		return out, err
	}
	var raw [3][]byte
	for i := range raw {
		if raw[i], err = base64.StdEncoding.DecodeString(parts[i+1]); err != nil {
			return out, err
		}
	}
	out.Salt, out.StoredKey, out.ServerKey = string(raw[0]), raw[1], raw[2]
	return out, nil
}
