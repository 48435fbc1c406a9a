package node

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/bridge/mail"
	"github.com/vexfs/vexstream/bridge/outward"
	"github.com/vexfs/vexstream/bridge/webhook"
	"github.com/vexfs/vexstream/engine/outbox"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// The kinds of targets, and the options that each has.
var targetOptions = map[string][]string{
	"webhook": {"url", "headers", "authorization", "content_type", "signing_secret", "timeout"},
	"http":    {"url", "headers", "authorization", "content_type", "signing_secret", "timeout"},
	"email":   {"host", "port", "security", "from", "to", "username", "password", "timeout"},
}

// mailPorts are those that mail servers of the public internet listen on.
var mailPorts = []uint16{25, 465, 587, 2525}

// maxTargetTimeout is how long a target may let one attempt take: as long as attempts may.
const maxTargetTimeout = outbox.AttemptTimeout

// targets sends to what CREATE TARGET names.
type targets struct {
	web  *webhook.Client
	mail *mail.Client
}

func newTargets(set Settings) (*targets, error) {
	web, err := outward.NewGuard(set.SendTo, nil)
	post, err2 := outward.NewGuard(set.SendTo, mailPorts)
	if err := cmp.Or(err, err2); err != nil {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "send-to: %s", err).WithHint("Write a range, such as 10.1.0.0/16, or one address.")
	}
	now := func() time.Time { return time.UnixMicro(int64(set.Clock())) }
	return &targets{web: webhook.New(web, now), mail: mail.New(post, nil, now)}, nil
}

func (t *targets) close() { t.web.Close() }

// Check says what is wrong with the options of a target. Values that are not known yet may turn out to be anything.
func (t *targets) Check(kind string, options map[string]string, pending []string) error {
	known, ok := targetOptions[kind]
	if !ok {
		return sqlerr.New(sqlerr.UndefinedObject, "there are no targets of type %q", kind).
			WithHint("There are: %s.", strings.Join(slices.Sorted(maps.Keys(targetOptions)), ", "))
	}
	for _, name := range slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(pending), maps.Keys(options)))) {
		if !slices.Contains(known, name) {
			return sqlerr.New(sqlerr.InvalidParameterValue, "a target of type %s has no option %q", kind, name).
				WithHint("There are: %s.", strings.Join(known, ", "))
		}
	}
	if len(pending) > 0 {
		return nil
	}
	var err error
	if kind == "email" {
		var m mail.Target
		if m, err = mailTarget(options); err == nil {
			err = m.Check()
		}
	} else {
		var w webhook.Target
		if w, err = webTarget(options); err == nil {
			err = w.Check()
		}
	}
	if err != nil {
		return sqlerr.New(sqlerr.InvalidParameterValue, "the target cannot be: %s", err)
	}
	return nil
}

// Send makes one attempt. The body of a mail is its subject, a line break, and the text.
func (t *targets) Send(ctx context.Context, kind string, options map[string]string, id, body string) error {
	if kind == "email" {
		to, err := mailTarget(options)
		if err != nil {
			return outward.Permanent(err)
		}
		subject, text, _ := strings.Cut(body, "\n")
		return t.mail.Send(ctx, to, mail.Message{ID: id, Subject: subject, Text: text})
	}
	to, err := webTarget(options)
	if err != nil {
		return outward.Permanent(err)
	}
	return t.web.Send(ctx, to, id, []byte(body))
}

func webTarget(options map[string]string) (webhook.Target, error) {
	t := webhook.Target{
		URL: options["url"], ContentType: options["content_type"], Secret: []byte(options["signing_secret"]), Headers: map[string]string{},
	}
	if text := options["headers"]; text != "" {
		if err := json.Unmarshal([]byte(text), &t.Headers); err != nil {
			return t, errors.New(`headers is not an object of texts, such as {"X-Team": "ops"}`)
		}
	}
	for name, value := range t.Headers {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			t.ContentType = cmp.Or(t.ContentType, value)
			delete(t.Headers, name)
		}
	}
	if text := options["authorization"]; text != "" {
		t.Headers["Authorization"] = text
	}
	var err error
	t.Timeout, err = attemptTimeout(options)
	return t, err
}

func mailTarget(options map[string]string) (mail.Target, error) {
	t := mail.Target{
		Host: options["host"], Security: mail.Security(options["security"]), From: options["from"],
		Username: options["username"], Password: options["password"],
	}
	for _, address := range strings.Split(options["to"], ",") {
		if address = strings.TrimSpace(address); address != "" {
			t.To = append(t.To, address)
		}
	}
	if text := options["port"]; text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return t, fmt.Errorf("%q is no port", text)
		}
		t.Port = uint16(n)
	}
	var err error
	t.Timeout, err = attemptTimeout(options)
	return t, err
}

func attemptTimeout(options map[string]string) (time.Duration, error) {
	text := options["timeout"]
	if text == "" {
		return 0, nil
	}
	iv, err := types.ParseInterval(text, nil)
	d := time.Duration(iv.Micros) * time.Microsecond
	if err != nil || iv.Months != 0 || iv.Days != 0 || d <= 0 || d > maxTargetTimeout {
		return 0, fmt.Errorf("timeout %q is not a span of time of at most %s", text, maxTargetTimeout)
	}
	return d, nil
}
