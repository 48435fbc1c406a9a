package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bridge/outward"
	"github.com/vexfs/vexstream/bridge/webhook"
)

var noon = time.Unix(1764158400, 0)

func client(t *testing.T, allow ...string) *webhook.Client {
	t.Helper()
	guard, err := outward.NewGuard(allow, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := webhook.New(guard, func() time.Time { return noon })
	t.Cleanup(c.Close)
	return c
}

func failure(t *testing.T, err error) *outward.Failure {
	t.Helper()
	var f *outward.Failure
	if !errors.As(err, &f) {
		t.Fatalf("want a failure, got %v", err)
	}
	return f
}

func TestSendSignsAndIdentifies(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	target := webhook.Target{
		URL: server.URL + "/hook", Secret: []byte("key"), Headers: map[string]string{"Authorization": "Bearer x"},
	}
	if err := client(t, "127.0.0.1").Send(t.Context(), target, "7/12/4711/0", []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Idempotency-Key": "7/12/4711/0", "Webhook-Id": "7/12/4711/0", "Webhook-Timestamp": "1764158400",
		"Content-Type": "application/json", "Authorization": "Bearer x",
		// printf '%s' '7/12/4711/0.1764158400.{"a":1}' | openssl dgst -sha256 -hmac key -binary | base64
		"Webhook-Signature": "v1,Ebp6plEnv2nWlofFZfnz8lPiCLZmVnJJ1vg27XLaH5c=",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if got.Method != "POST" || got.URL.Path != "/hook" || string(body) != `{"a":1}` {
		t.Errorf("%s %s %s", got.Method, got.URL, body)
	}
}

func TestAnswersAreJudged(t *testing.T) {
	for _, c := range []struct {
		status    int
		after     string
		ok        bool
		permanent bool
		patience  time.Duration
	}{
		{status: 200, ok: true},
		{status: 204, ok: true},
		{status: 400, permanent: true},
		{status: 404, permanent: true},
		{status: 302, permanent: true},
		{status: 408},
		{status: 429, after: "17", patience: 17 * time.Second},
		{status: 503, after: noon.Add(time.Minute).UTC().Format(http.TimeFormat), patience: time.Minute},
		{status: 503, after: noon.Add(-time.Minute).UTC().Format(http.TimeFormat)},
		{status: 503, after: "999999", patience: time.Hour},
		{status: 500, after: "soon"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			if c.after != "" {
				w.Header().Set("Retry-After", c.after)
			}
			w.WriteHeader(c.status)
			if c.status != 204 {
				_, _ = io.WriteString(w, "no such channel\nmore")
			}
		}))
		err := client(t, "127.0.0.1").Send(t.Context(), webhook.Target{URL: server.URL + "/T0KEN"}, "1", nil)
		server.Close()
		if c.ok {
			if err != nil {
				t.Errorf("%d: %v", c.status, err)
			}
			continue
		}
		f := failure(t, err)
		if f.Permanent != c.permanent || f.After != c.patience {
			t.Errorf("%d %s: permanent %v after %v", c.status, c.after, f.Permanent, f.After)
		}
		if strings.Contains(f.Error(), "T0KEN") || strings.Contains(f.Error(), "more") || !strings.Contains(f.Error(), "no such channel") {
			t.Errorf("%d: %v", c.status, f)
		}
	}
}

func TestRedirects(t *testing.T) {
	var seen []http.Header
	end := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || string(body) != "x" {
			t.Errorf("%s %q", r.Method, body)
		}
		seen = append(seen, r.Header)
	}))
	defer end.Close()
	var hops int
	start := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, end.URL, http.StatusTemporaryRedirect)
		case "/loop":
			hops++
			http.Redirect(w, r, "/loop", http.StatusPermanentRedirect)
		case "/inside":
			http.Redirect(w, r, "http://[::1]:9/", http.StatusTemporaryRedirect)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusTemporaryRedirect)
		}
	}))
	defer start.Close()
	c := client(t, "127.0.0.1")
	target := func(path string) webhook.Target {
		return webhook.Target{URL: start.URL + path, Secret: []byte("key"), Headers: map[string]string{"X-Token": "t"}}
	}
	if err := c.Send(t.Context(), target("/away"), "1", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || seen[0].Get("X-Token") != "" || seen[0].Get("webhook-signature") == "" {
		t.Errorf("another host sees the signature and not the target's headers: %v", seen)
	}
	if f := failure(t, c.Send(t.Context(), target("/loop"), "1", []byte("x"))); !f.Permanent || hops != 4 {
		t.Errorf("%v after %d hops", f, hops)
	}
	for _, path := range []string{"/inside", "/metadata"} {
		f := failure(t, c.Send(t.Context(), target(path), "1", []byte("x")))
		if !f.Permanent || !strings.Contains(f.Error(), "not an address of the public internet") {
			t.Errorf("%s: %v", path, f)
		}
	}
}

func TestClosedAddressesAreNotDialled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer server.Close()
	f := failure(t, client(t).Send(t.Context(), webhook.Target{URL: server.URL}, "1", nil))
	if !f.Permanent {
		t.Errorf("%+v", f)
	}
}

// asked counts what reaches the proxy that the environment names. net/http reads the environment once per process, so it
// is set before all tests.
var asked atomic.Int32

func TestMain(m *testing.M) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	os.Setenv("HTTP_PROXY", proxy.URL)
	os.Setenv("http_proxy", proxy.URL)
	code := m.Run()
	proxy.Close()
	os.Exit(code)
}

func TestEnvironmentsProxyIsIgnored(t *testing.T) {
	f := failure(t, client(t, "127.0.0.1").Send(t.Context(), webhook.Target{URL: "http://192.0.2.1:8080"}, "1", nil))
	if !f.Permanent || asked.Load() != 0 {
		t.Errorf("%v, and the proxy was asked %d times", f, asked.Load())
	}
}

func TestSlowReceiverIsLeft(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	f := failure(t, client(t, "127.0.0.1").Send(t.Context(), webhook.Target{URL: server.URL, Timeout: 50 * time.Millisecond}, "1", nil))
	if f.Permanent || !strings.Contains(f.Error(), "no answer within 50ms") {
		t.Errorf("%+v", f)
	}
}

func TestTargetsAreChecked(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://example.com/a?b=c": true, "http://example.com": true, "ftp://example.com": false, "https://": false,
		"https://u:p@example.com": false, "https://example.com/#x": false, "example.com": false, "https://a b": false,
	} {
		if err := (webhook.Target{URL: url}).Check(); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
	for name, value := range map[string]string{
		"X A": "v", "": "v", "X": "a\r\nB: c", "Host": "h", "Idempotency-Key": "1", "Content-Length": "3",
	} {
		if (webhook.Target{URL: "https://example.com", Headers: map[string]string{name: value}}).Check() == nil {
			t.Errorf("header %q: %q was taken", name, value)
		}
	}
}
