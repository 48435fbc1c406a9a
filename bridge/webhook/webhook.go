package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/bridge/outward"
)

// Limits of one attempt.
const (
	maxRedirects      = 3
	maxAnswerBytes    = 1 << 20 // read so that the connection can serve again; the rest is cut off
	maxHeaderBytes    = 64 << 10
	maxIdle           = 4 // connections per host
	idleTimeout       = 90 * time.Second
	handshakeTimeout  = 5 * time.Second
	quoteBytes        = 200 // of an answer that refuses, in the error
	maxPatience       = time.Hour
	defaultTimeout    = 10 * time.Second
	defaultPayload    = "application/json"
	signatureIDHeader = "webhook-id"
)

// Target is where bodies go. Its URL comes from whoever made the target, never from a row.
type Target struct {
	URL         string
	Headers     map[string]string // added; they may hold tokens
	ContentType string            // application/json if empty
	Secret      []byte            // signs; nothing is signed if empty
	Timeout     time.Duration     // of the whole attempt; 10 s if 0
}

// Check says what is wrong with a target, or nil.
func (t Target) Check() error {
	u, err := url.Parse(t.URL)
	switch {
	case err != nil:
		return errors.New("the URL cannot be read")
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("a URL begins with https:// or http://, not with %q", u.Scheme)
	case u.Hostname() == "":
		return errors.New("the URL names no host")
	case u.User != nil:
		return errors.New("a URL holds no password: it belongs into a header, from a secret")
	case u.Fragment != "":
		return errors.New("a URL for requests has no fragment (#)")
	case t.Timeout < 0:
		return errors.New("a timeout is not negative")
	}
	for name, value := range t.Headers {
		switch {
		case !validToken(name) || strings.ContainsAny(value, "\r\n\x00"):
			return fmt.Errorf("%q is no header", name)
		case ours(name):
			return fmt.Errorf("the header %s is set for each message", http.CanonicalHeaderKey(name))
		}
	}
	return nil
}

func validToken(name string) bool {
	if name == "" {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return true
}

// ours tells the headers that a target cannot set.
func ours(name string) bool {
	switch strings.ToLower(name) {
	case signatureIDHeader, "webhook-timestamp", "webhook-signature", "idempotency-key",
		"content-type", "content-length", "host", "transfer-encoding", "connection":
		return true
	}
	return false
}

// Client sends.
type Client struct {
	http http.Client
	now  func() time.Time
}

// New is a client that dials what the guard allows. Its clock stamps signatures.
func New(guard outward.Guard, now func() time.Time) *Client {
	return &Client{
		now: now,
		http: http.Client{
			CheckRedirect: follow,
			Transport: &http.Transport{
				DialContext:            guard.DialContext,
				TLSHandshakeTimeout:    handshakeTimeout,
				MaxIdleConnsPerHost:    maxIdle,
				IdleConnTimeout:        idleTimeout,
				MaxResponseHeaderBytes: maxHeaderBytes,
				ForceAttemptHTTP2:      true,
			},
		},
	}
}

// Close closes the connections that idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Send makes one attempt to deliver a body under an id. Its error is an *outward.Failure.
func (c *Client) Send(ctx context.Context, t Target, id string, body []byte) error {
	if err := t.Check(); err != nil {
		return outward.Permanent(err)
	}
	timeout := t.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, targetKey{}, t), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return outward.Permanent(errors.New("the URL cannot be read"))
	}
	for name, value := range t.Headers {
		req.Header.Set(name, value)
	}
	sign(req.Header, t, id, body, c.now())
	answer, err := c.http.Do(req)
	if err != nil {
		return failed(req.URL.Host, timeout, err)
	}
	defer answer.Body.Close()
	return judge(answer, c.now())
}

// failed leaves the URL out, which net/http writes into its errors.
func failed(host string, timeout time.Duration, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", timeout)
	}
	return outward.Temporary(fmt.Errorf("%s: %w", host, err))
}

// judge is nil for an answer that accepts.
func judge(answer *http.Response, now time.Time) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes)) // what it says matters less than its status
	if answer.StatusCode/100 == 2 {
		return nil
	}
	f := &outward.Failure{Err: fmt.Errorf("%s answered %s%s", answer.Request.URL.Host, answer.Status, quote(text))}
	switch code := answer.StatusCode; {
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		f.After = patience(answer.Header.Get("Retry-After"), now)
	case code/100 == 3:
		f.Err = fmt.Errorf("%w; such a redirect would lose the body, so it is not followed", f.Err)
		f.Permanent = true
	default:
		f.Permanent = true
	}
	return f
}

func quote(text []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	if len(line) == 0 {
		return ""
	}
	return fmt.Sprintf(": %.*q", quoteBytes, line)
}

// patience reads Retry-After: seconds, or a date.
func patience(header string, now time.Time) time.Duration {
	if header == "" {
		return 0
	}
	if n, err := strconv.ParseUint(header, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxPatience)
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxPatience)
}
