package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/vexfs/vexstream/bridge/outward"
)

// targetKey finds the target in the context of a request, for the redirects of it.
type targetKey struct{}

func sign(h http.Header, t Target, id string, body []byte, now time.Time) {
	kind := t.ContentType
	if kind == "" {
		kind = defaultPayload
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	h.Set("Content-Type", kind)
	h.Set("User-Agent", "vexstream")
	h.Set("Idempotency-Key", id)
	h.Set(signatureIDHeader, id)
	h.Set("webhook-timestamp", stamp)
	if len(t.Secret) > 0 {
		h.Set("webhook-signature", "v1,"+Signature(t.Secret, id, stamp, body))
	}
}

// Signature is base64 of HMAC-SHA256 over the id, the timestamp and the body with dots between.
func Signature(secret []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// follow judges a redirect before it is dialled, which judges its address.
func follow(req *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	switch code := req.Response.StatusCode; {
	case code != http.StatusTemporaryRedirect && code != http.StatusPermanentRedirect:
		return http.ErrUseLastResponse
	case len(via) > maxRedirects:
		return outward.Permanent(fmt.Errorf("more than %d redirects", maxRedirects))
	case last.URL.Scheme == "https" && req.URL.Scheme != "https":
		return outward.Permanent(errors.New("a redirect leaves https"))
	}
	if req.URL.Host != first.URL.Host {
		t, _ := req.Context().Value(targetKey{}).(Target)
		for name := range t.Headers {
			req.Header.Del(name)
		}
	}
	return nil
}
