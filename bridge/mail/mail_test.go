package mail_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/vexfs/vexstream/bridge/outward"

	sender "github.com/vexfs/vexstream/bridge/mail"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestSend(t *testing.T) {
	for _, security := range []sender.Security{"", sender.StartTLS, sender.TLS, sender.Plain} {
		t.Run("security "+string(security), func(t *testing.T) {
			r := receive(t, security)
			target := r.target
			target.From, target.To = "The node <node@example.com>", []string{"a@example.org", "B <b@example.org>"}
			if security != sender.Plain {
				target.Username, target.Password = "node", "secret"
			}
			m := sender.Message{ID: "7/12/0", Subject: "Größe über 90 %", Text: "a\r\n.\r\nb: \xff\n"}
			if err := r.client.Send(t.Context(), target, m); err != nil {
				t.Fatal(err)
			}
			got := r.only(t)
			if got.from != "node@example.com" || strings.Join(got.to, ",") != "a@example.org,b@example.org" || got.user != target.Username {
				t.Errorf("envelope: %+v", got)
			}
			if got.secure != (security != sender.Plain) {
				t.Errorf("secured: %v", got.secure)
			}
			for name, want := range map[string]string{
				"Auto-Submitted": "auto-generated", "Date": "Thu, 26 Nov 2026 12:00:00 +0000", "From": `"The node" <node@example.com>`,
			} {
				if got.message.Header.Get(name) != want {
					t.Errorf("%s: %s, want %s", name, got.message.Header.Get(name), want)
				}
			}
			if id := got.message.Header.Get("Message-ID"); !strings.HasSuffix(id, "@example.com>") {
				t.Errorf("Message-ID: %s", id)
			}
			if subject := decoded(t, got.message.Header.Get("Subject")); subject != m.Subject {
				t.Errorf("subject %q", subject)
			}
			if text := body(t, got.message); text != "a\r\n.\r\nb: \uFFFD\r\n" {
				t.Errorf("text %q", text)
			}
		})
	}
}

// The same message has the same Message-ID in every attempt, another has another.
func TestMessagesHaveAnIdentity(t *testing.T) {
	r := receive(t, sender.Plain)
	for _, id := range []string{"1/1", "1/1", "1/2"} {
		if err := r.client.Send(t.Context(), r.target, sender.Message{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	all := r.all()
	id := func(i int) string { return all[i].message.Header.Get("Message-ID") }
	if len(all) != 3 || id(0) != id(1) || id(0) == id(2) {
		t.Errorf("%d messages: %s %s %s", len(all), id(0), id(1), id(2))
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	r := receive(t, sender.Plain)
	for _, m := range []sender.Message{
		{Subject: "a\r\nBcc: x@example.org"}, {Subject: "a\nb"}, {Subject: "a\rb"}, {Subject: "a\x00b"},
	} {
		var f *outward.Failure
		if err := r.client.Send(t.Context(), r.target, m); !errors.As(err, &f) || !f.Permanent {
			t.Errorf("%q: %v", m.Subject, err)
		}
	}
	if err := r.client.Send(t.Context(), r.target, sender.Message{Subject: strings.Repeat("ü", 5000), Text: "\r\n\r\nBcc: x@example.org\r\n"}); err != nil {
		t.Fatal(err)
	}
	got := r.only(t)
	if len(got.to) != 1 || got.message.Header.Get("Bcc") != "" {
		t.Errorf("%+v", got)
	}
	if subject := decoded(t, got.message.Header.Get("Subject")); subject != strings.Repeat("ü", 250)+"…" {
		t.Errorf("subject of %d bytes", len(subject))
	}
}

func TestAnswersAreJudged(t *testing.T) {
	for _, c := range []struct {
		name      string
		rcpt      *smtp.SMTPError
		data      *smtp.SMTPError
		permanent bool
	}{
		{"unknown recipient", &smtp.SMTPError{Code: 550, Message: "who"}, nil, true},
		{"mailbox busy", &smtp.SMTPError{Code: 450, Message: "later"}, nil, false},
		{"refused text", nil, &smtp.SMTPError{Code: 554, Message: "spam"}, true},
		{"full disk", nil, &smtp.SMTPError{Code: 452, Message: "later"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := receive(t, sender.Plain)
			r.rcpt, r.data = c.rcpt, c.data
			var f *outward.Failure
			if err := r.client.Send(t.Context(), r.target, sender.Message{}); !errors.As(err, &f) || f.Permanent != c.permanent {
				t.Errorf("permanent %v: %v", f != nil && f.Permanent, err)
			}
		})
	}
}

func TestServersThatCannotBeTrustedGetNothing(t *testing.T) {
	t.Run("no STARTTLS", func(t *testing.T) {
		r := receive(t, sender.Plain)
		r.target.Security, r.target.Username, r.target.Password = sender.StartTLS, "node", "secret"
		if err := r.client.Send(t.Context(), r.target, sender.Message{}); err == nil || len(r.all()) != 0 {
			t.Errorf("sent: %v", err)
		}
	})
	for _, security := range []sender.Security{sender.StartTLS, sender.TLS} {
		t.Run("unknown certificate, "+string(security), func(t *testing.T) {
			r := receive(t, security)
			guard, _ := outward.NewGuard([]string{"127.0.0.1"}, nil)
			stranger := sender.New(guard, nil, func() time.Time { return noon })
			if err := stranger.Send(t.Context(), r.target, sender.Message{}); err == nil || len(r.all()) != 0 {
				t.Errorf("sent: %v", err)
			}
		})
	}
	t.Run("address", func(t *testing.T) {
		r := receive(t, sender.Plain)
		closed := sender.New(outward.Guard{}, nil, time.Now)
		var f *outward.Failure
		if err := closed.Send(t.Context(), r.target, sender.Message{}); !errors.As(err, &f) || !f.Permanent {
			t.Errorf("%v", err)
		}
	})
}

// A server that accepts the connection and says nothing holds nobody up.
func TestSilentServerIsLeft(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := receive(t, sender.Plain)
	r.target.Port = uint16(l.Addr().(*net.TCPAddr).Port)
	r.target.Timeout = 50 * time.Millisecond
	var f *outward.Failure
	if err := r.client.Send(t.Context(), r.target, sender.Message{}); !errors.As(err, &f) || f.Permanent {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.target.Timeout = 0
	if err := r.client.Send(ctx, r.target, sender.Message{}); err == nil {
		t.Error("sent after the end")
	}
}

func TestTargetsAreChecked(t *testing.T) {
	good := sender.Target{Host: "mail.example.com", From: "a@example.com", To: []string{"b@example.com"}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*sender.Target){
		"host":           func(t *sender.Target) { t.Host = "" },
		"host with port": func(t *sender.Target) { t.Host = "a b" },
		"security":       func(t *sender.Target) { t.Security = "ssl" },
		"sender":         func(t *sender.Target) { t.From = "nobody" },
		"recipient":      func(t *sender.Target) { t.To = []string{"b@example.com\r\nRCPT TO:<c@example.com>"} },
		"no recipients":  func(t *sender.Target) { t.To = nil },
		"too many":       func(t *sender.Target) { t.To = make([]string, 101) },
		"plain password": func(t *sender.Target) { t.Security, t.Username = sender.Plain, "x" },
		"timeout":        func(t *sender.Target) { t.Timeout = -1 },
	} {
		target := good
		spoil(&target)
		if target.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func body(t *testing.T, m *mail.Message) string {
	t.Helper()
	text, err := io.ReadAll(unquoted(m))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
