package httpapi_test

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/vexfs/vexstream/sql/httpapi"
)

func TestGuard(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httpapi.Serve(l, httpapi.Config{
		Ready: func() error { return nil }, Token: "secret", Names: []string{"db.example"},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures") }),
	})
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	own := s.Addr()
	for name, c := range map[string]struct {
		path, host, origin, bearer string
		status                     int
	}{
		"health needs no token":     {path: "/healthz", status: 200},
		"readiness needs no token":  {path: "/readyz", status: 200},
		"figures need one":          {path: "/metrics", status: 401},
		"the wrong one":             {path: "/metrics", bearer: "Bearer secre", status: 401},
		"another scheme":            {path: "/metrics", bearer: "Basic secret", status: 401},
		"the right one":             {path: "/metrics", bearer: "Bearer secret", status: 200},
		"what is not there, too":    {path: "/nothing", status: 401},
		"a name of its own":         {path: "/healthz", host: "db.example:80", status: 200},
		"localhost":                 {path: "/healthz", host: "localhost", status: 200},
		"IPv6":                      {path: "/healthz", host: "[::1]:80", status: 200},
		"a name that a page uses":   {path: "/healthz", host: "evil.example", status: 421},
		"a page of another server":  {path: "/metrics", origin: "http://evil.example", bearer: "Bearer secret", status: 403},
		"a page of another port":    {path: "/metrics", origin: "http://127.0.0.1:1", bearer: "Bearer secret", status: 403},
		"a page that hides itself":  {path: "/metrics", origin: "null", bearer: "Bearer secret", status: 403},
		"a page of its own":         {path: "/metrics", origin: "http://" + own, bearer: "Bearer secret", status: 200},
		"a request before the page": {path: "/metrics", origin: "http://evil.example", status: 403},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+own+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.host != "" {
			req.Host = c.host
		}
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		if c.bearer != "" {
			req.Header.Set("Authorization", c.bearer)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if res.StatusCode != c.status || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: status %d, want %d; headers %v", name, res.StatusCode, c.status, res.Header)
		}
	}
}
