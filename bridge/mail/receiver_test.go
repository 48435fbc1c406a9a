package mail_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	sender "github.com/vexfs/vexstream/bridge/mail"
	"github.com/vexfs/vexstream/bridge/outward"
)

// receiver is a mail server of one test, and a client that trusts it.
type receiver struct {
	target     sender.Target
	client     *sender.Client
	rcpt, data *smtp.SMTPError // answers, if not nil

	mu       sync.Mutex
	received []received
}

type received struct {
	user, from string
	to         []string
	secure     bool
	message    *mail.Message
}

func receive(t *testing.T, security sender.Security) *receiver {
	t.Helper()
	certificate, roots := selfSigned(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guard, err := outward.NewGuard([]string{"127.0.0.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{client: sender.New(guard, roots, func() time.Time { return noon })}
	r.target = sender.Target{
		Host: "127.0.0.1", Port: uint16(l.Addr().(*net.TCPAddr).Port), Security: security,
		From: "node@example.com", To: []string{"a@example.org"},
	}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{r: r, conn: c}, nil
	}))
	server.ErrorLog = quiet{}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	switch security {
	case sender.TLS:
		l = tls.NewListener(l, config)
	case sender.Plain:
		server.AllowInsecureAuth = true
	default:
		server.TLSConfig = config
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	t.Cleanup(func() {
		server.Close()
		l.Close() // a server that is closed before it serves does not know its listener
		<-done
	})
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.received
}

func (r *receiver) only(t *testing.T) received {
	t.Helper()
	all := r.all()
	if len(all) != 1 {
		t.Fatalf("%d messages came, want 1", len(all))
	}
	return all[0]
}

type session struct {
	r    *receiver
	conn *smtp.Conn
	got  received
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "secret" {
			return errors.New("wrong password")
		}
		s.got.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.got.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.r.rcpt != nil {
		return s.r.rcpt
	}
	s.got.to = append(s.got.to, to)
	return nil
}

func (s *session) Data(text io.Reader) error {
	all, err := io.ReadAll(text)
	if err != nil {
		return err
	}
	if s.r.data != nil {
		return s.r.data
	}
	s.got.message, err = mail.ReadMessage(bytes.NewReader(all))
	if err != nil {
		return err
	}
	_, s.got.secure = s.conn.TLSConnectionState()
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.received = append(s.r.received, s.got)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func decoded(t *testing.T, header string) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unquoted(m *mail.Message) io.Reader {
	switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		return quotedprintable.NewReader(m.Body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, m.Body)
	}
	return m.Body
}
