package httpapi

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard answers requests that must get no further. A name that a web site resolves to this machine's address is not one
// of the machine's own names; a page of another origin says so in Origin.
func guard(cfg Config, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostname(r.Host)
		origin := r.Header.Get("Origin")
		token := cfg.Token
		asks := r.URL.Path == sqlPath || strings.HasPrefix(r.URL.Path, appendPath) // for rows
		switch {
		case asks:
			token = cfg.SQLToken
		case r.URL.Path == "/healthz", r.URL.Path == "/readyz":
			token = ""
		}
		switch {
		case !known(cfg.Names, host):
			answer(w, http.StatusMisdirectedRequest, "this server has another name than "+host)
		case origin != "" && !sameOrigin(origin, r.Host):
			answer(w, http.StatusForbidden, "requests from pages of other servers are not answered")
		case (token != "" || asks) && !bears(r, token):
			w.Header().Set("WWW-Authenticate", "Bearer")
			answer(w, http.StatusUnauthorized, "the token is missing or wrong: send Authorization: Bearer with the contents of http.token in the data folder")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.Trim(hostport, "[]")
}

func known(names []string, host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host) != nil ||
		slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) })
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, host)
}

func bears(r *http.Request, token string) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}
