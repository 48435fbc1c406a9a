package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/vexfs/vexstream/bridge/outward"
)

// Limits of one message.
const (
	defaultTimeout = 30 * time.Second
	maxRecipients  = 100
	maxSubject     = 500 // bytes; longer ones are cut, at a character
	maxText        = 1 << 20
)

// Security is how a connection is protected.
type Security string

// What Security can be. Without a name it is StartTLS.
const (
	StartTLS Security = "starttls" // the connection is secured after the greeting, or the attempt fails; port 587
	TLS      Security = "tls"      // it is secured from the first byte; port 465
	Plain    Security = "none"     // for a relay on the same machine or network; port 25; passwords are not sent
)

// Target is a mail server with a sender and recipients.
type Target struct {
	Host     string
	Port     uint16 // that of Security if 0
	Security Security
	From     string   // an address, with or without a name: Node <node@example.com>
	To       []string // the same
	Username string   // nobody logs in if empty
	Password string
	Timeout  time.Duration // of the whole attempt; 30 s if 0
}

// Message is what a row gives.
type Message struct {
	ID      string // the same in every attempt
	Subject string // one line
	Text    string
}

// Check says what is wrong with a target, or nil.
func (t Target) Check() error {
	switch {
	case t.Host == "" || strings.ContainsAny(t.Host, " \t\r\n/@"):
		return fmt.Errorf("%q is no host", t.Host)
	case t.port() == 0:
		return fmt.Errorf("%q is no security: starttls, tls, or none", t.Security)
	case len(t.To) == 0:
		return errors.New("there are no recipients")
	case len(t.To) > maxRecipients:
		return fmt.Errorf("there are more than %d recipients", maxRecipients)
	case t.Username != "" && t.Security == Plain:
		return errors.New("a password is not sent without TLS")
	case t.Timeout < 0:
		return errors.New("a timeout is not negative")
	}
	for _, address := range append([]string{t.From}, t.To...) {
		if _, err := mail.ParseAddress(address); err != nil || strings.ContainsAny(address, "\r\n") {
			return fmt.Errorf("%q is no address", address)
		}
	}
	return nil
}

// port is 0 if the security is unknown.
func (t Target) port() uint16 {
	usual := map[Security]uint16{"": 587, StartTLS: 587, TLS: 465, Plain: 25}[t.Security]
	if usual == 0 {
		return 0
	}
	return cmp.Or(t.Port, usual)
}

// Client sends.
type Client struct {
	guard outward.Guard
	roots *x509.CertPool
	now   func() time.Time
}

// New is a client that dials what the guard allows. Servers prove their names by the given certificates, or by the system's if nil.
func New(guard outward.Guard, roots *x509.CertPool, now func() time.Time) *Client {
	return &Client{guard: guard, roots: roots, now: now}
}

// Send makes one attempt. Its error is an *outward.Failure.
func (c *Client) Send(ctx context.Context, t Target, m Message) error {
	if err := t.Check(); err != nil {
		return outward.Permanent(err)
	}
	msg, err := c.compose(t, m)
	if err != nil {
		return outward.Permanent(err)
	}
	timeout := cmp.Or(t.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, err := gomail.NewClient(t.Host, c.options(ctx, t, timeout)...)
	if err != nil {
		return outward.Permanent(err)
	}
	// A server that took the message and then failed to say goodbye has the message.
	if err := client.DialAndSendWithContext(ctx, msg); err != nil && !msg.IsDelivered() {
		return failed(t.Host, err)
	}
	return nil
}

func (c *Client) options(ctx context.Context, t Target, timeout time.Duration) []gomail.Option {
	secure := c.tls(t.Host)
	policy := gomail.TLSMandatory
	switch t.Security {
	case Plain:
		policy = gomail.NoTLS
	case TLS:
		policy = gomail.TLSOpportunistic // the connection is secure when the library gets it, which this lets it find out
	}
	options := []gomail.Option{
		gomail.WithPort(int(t.port())),
		gomail.WithTimeout(timeout),
		gomail.WithoutNoop(),
		gomail.WithTLSPolicy(policy),
		gomail.WithTLSConfig(secure),
		gomail.WithDialContextFunc(c.dial(ctx, t.Security == TLS, secure)),
	}
	if t.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(t.Username), gomail.WithPassword(t.Password))
	}
	return options
}

// failed tells what a server said for good from the rest: RFC 5321 gives 5xx to the former.
func failed(host string, err error) error {
	wrapped := fmt.Errorf("%s: %w", host, err)
	var answer *gomail.SendError
	if errors.As(err, &answer) && !answer.IsTemp() && answer.ErrorCode() >= 500 {
		return outward.Permanent(wrapped)
	}
	return outward.Temporary(wrapped)
}

// compose refuses what would be more than a subject and a text.
func (c *Client) compose(t Target, m Message) (*gomail.Msg, error) {
	if strings.ContainsAny(m.Subject, "\r\n\x00") {
		return nil, errors.New("a subject is one line")
	}
	if len(m.Text) > maxText {
		return nil, fmt.Errorf("the text has more than %d bytes", maxText)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(t.From); err != nil {
		return nil, err
	}
	if err := msg.To(t.To...); err != nil {
		return nil, err
	}
	msg.Subject(cut(m.Subject))
	msg.SetDateWithValue(c.now())
	msg.SetMessageIDWithValue(messageID(m.ID, t.From))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, strings.ToValidUTF8(m.Text, "\uFFFD"))
	return msg, nil
}

// messageID has only characters that RFC 5322 allows, whatever the id holds, and the sender's domain.
func messageID(id, from string) string {
	sum := sha256.Sum256([]byte(id))
	address, _ := mail.ParseAddress(from)
	_, domain, _ := strings.Cut(address.Address, "@")
	return hex.EncodeToString(sum[:16]) + "@" + domain
}

func cut(subject string) string {
	subject = strings.ToValidUTF8(subject, "\uFFFD")
	if len(subject) <= maxSubject {
		return subject
	}
	return strings.ToValidUTF8(subject[:maxSubject], "") + "…"
}
